"""Roles, as the security administrator gives them, and the second person who confirms the weighty ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from access.errors import NotFitError, NotYoursError
from access.granting import GUESTS, WEIGHTY, Doer, fits
from access.keeping import Keeping, held_by_anybody
from access.people import Grant, GrantState
from access.rows import account_of, grant_of, grants_of, live_sessions
from access.store import AccessStore
from common import clock
from common.audit import Audit, AuditEntry
from common.ids import new_id
from common.roles import Role

#: The longest that a role for one session may last.
LONGEST_GUEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class RoleDesk:
    """Gives, confirms and takes roles."""

    store: AccessStore
    audit: Audit
    keeping: Keeping

    async def grant(
        self,
        doer: Doer,
        account: str,
        role: Role,
        *,
        reason: str,
        since: date | None = None,
        until: date | None = None,
        now: datetime | None = None,
    ) -> Grant:
        """Give a role. A weighty one waits for a second person; at the machine itself the very first needs none.

        Raises:
            NotYoursError, NotFoundError, NotFitError: not the security administrator, or for oneself; no such account;
                the role does not fit.
        """
        doer.needs(Role.SECURITY_ADMIN)
        doer.not_self(account)
        at = now or clock.now()
        today = clock.civil(at).date()

        def save(connection: Connection) -> Grant:
            known = account_of(connection, account, lock=True)
            waits = role in WEIGHTY and not (doer.console and not held_by_anybody(connection, role, at))
            state = GrantState.PROPOSED if waits else GrantState.HELD
            one = Grant(new_id(), account, role, since or today, doer.account, at, reason, until, state=state)
            return self.keeping.give(connection, known, one, at)

        one = await self.store.run(save)
        action = "grant.proposed" if one.state is GrantState.PROPOSED else "grant.made"
        await self._say(action, doer, at, account, one.id, reason=f"{role.value} {reason}")
        return one

    async def grant_session(
        self, doer: Doer, account: str, role: Role, *, ends_at: datetime, reason: str, now: datetime | None = None
    ) -> Grant:
        """Give a role to somebody for the session that they are in, until an instant at the latest (R15.1).

        Raises:
            NotYoursError, NotFoundError, NotFitError: for whom it is to do; no such account; nobody is signed in there.
        """
        doer.needs(Role.SHIFT_SUPERVISOR, Role.LEADER, Role.SECURITY_ADMIN)
        doer.not_self(account)
        at = now or clock.now()
        if role not in GUESTS:
            raise NotFitError(f"仅本次登录有效的身份只有：{'、'.join(one.words for one in GUESTS)}。")
        if not at < ends_at <= at + LONGEST_GUEST:
            raise NotFitError("截止时间应在 12 小时以内。")

        def save(connection: Connection) -> Grant:
            known = account_of(connection, account, lock=True)
            live = live_sessions(connection, account, at)
            if not live:
                raise NotFitError("此人现在没有登录。请其登录后再授予。")
            today = clock.civil(at).date()
            one = Grant(new_id(), account, role, today, doer.account, at, reason, ends_at=ends_at, session=live[0].id)
            return self.keeping.give(connection, known, one, at, ends=False)

        one = await self.store.run(save)
        await self._say("grant.session", doer, at, account, one.id, reason=f"{role.value} {reason}")
        return one

    async def decide(self, doer: Doer, grant: str, *, confirm: bool, now: datetime | None = None) -> Grant:
        """The second person's word on a weighty role.

        Raises:
            NotYoursError, NotFoundError, NotFitError: it must be another security administrator or a leader, and not
                the one whom it concerns; no such grant; it does not wait.
        """
        doer.needs(Role.SECURITY_ADMIN, Role.LEADER)
        at = now or clock.now()

        def save(connection: Connection) -> Grant:
            one = grant_of(connection, grant)
            doer.not_self(one.account)
            if one.by == doer.account:
                raise NotYoursError("须由提出者以外的第二人确认。")
            if one.state is not GrantState.PROPOSED:
                raise NotFitError("这项授予不在等待确认。")
            known = account_of(connection, one.account, lock=True)
            rest = [other for other in grants_of(connection, known.id) if other.id != one.id]
            if confirm:
                fits(one.role, known, rest, self.keeping.root, at)
            state = GrantState.HELD if confirm else GrantState.REFUSED
            return self.keeping.decided(connection, known, one, state=state, doer=doer, now=at)

        one = await self.store.run(save)
        action = "grant.confirmed" if confirm else "grant.refused"
        await self._say(action, doer, at, one.account, one.id, reason=one.role.value)
        return one

    async def revoke(self, doer: Doer, grant: str, reason: str, now: datetime | None = None) -> Grant:
        """Take a role back; sessions end.

        Raises:
            NotYoursError, NotFoundError, NotFitError: for the security administrator to do, a session's role also for
                who may give it; no such grant; it is over.
        """
        doer.needs(Role.SHIFT_SUPERVISOR, Role.LEADER, Role.SECURITY_ADMIN)
        at = now or clock.now()

        def save(connection: Connection) -> Grant:
            one = grant_of(connection, grant)
            if not one.session:
                doer.needs(Role.SECURITY_ADMIN)
            if one.over(at):
                raise NotFitError("这项授予已经失效。")
            return self.keeping.decided(
                connection, account_of(connection, one.account), one, state=GrantState.REVOKED, doer=doer, now=at
            )

        one = await self.store.run(save)
        await self._say("grant.revoked", doer, at, one.account, one.id, reason=f"{one.role.value} {reason}")
        return one

    async def _say(self, action: str, doer: Doer, now: datetime, *objects: str, reason: str = "") -> None:
        await self.audit(AuditEntry(now, doer.who, action, objects, reason[:200]))
