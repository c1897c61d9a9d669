"""Signing in: password, then a code where there is a second factor; and out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from access import lockout, totp
from access import tables as t
from access.door import Found, Stage, find
from access.errors import LockedError, NotFitError, WrongError
from access.passwords import Passwords
from access.people import Account, Session
from access.policy import Policy
from access.rows import account_by_login, account_of, add, change, end_sessions, session_of
from access.sealing import Seal
from access.store import AccessStore
from access.visit import Visit, digest_of, new_cookie
from common import clock
from common.audit import Audit, AuditEntry
from common.ids import new_id

_WRONG = "登录名或密码不对，或账号已停用。"
_AGENT_LETTERS = 200
#: What is known of old sessions is in the audit; their rows go after a while.
_KEPT = timedelta(days=90)
_forgotten = t.sessions.delete().where(
    t.sessions.c.account == sa.bindparam("b_account"), t.sessions.c.ends_at < sa.bindparam("oldest")
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody does to get in.

    Every try is in the audit, with the account if there is one, never with what was typed: people type their password
    into the wrong field.
    """

    store: AccessStore
    passwords: Passwords
    seal: Seal
    policy: Policy
    audit: Audit

    async def open(self, login: str, password: str, visit: Visit, now: datetime | None = None) -> Found:
        """Check the password, and begin a session; its cookie goes into ``visit.given``.

        The same is done, in the same order, whether or not there is such an account, or it is blocked.

        Raises:
            WrongError: not that password, or no such account; it is not said which.
            LockedError: too many tries for this name or from this address.
            BusyError: too many sign in at once.
        """
        at = now or clock.now()
        name = normal(login)
        subjects = {
            self.seal.subject("login", name): self.policy.free_failures,
            self.seal.subject("address", visit.address): self.policy.address_failures,
        }

        def begin(connection: Connection) -> tuple[timedelta, Account | None]:
            wait = lockout.charge(connection, subjects, at, self.policy)
            return wait, account_by_login(connection, name)

        wait, account = await self.store.run(begin)
        if wait:
            raise LockedError(wait)
        right = await self.passwords.verify(password, account.password if account else "")
        if not right or account is None or not account.active or self._lapsed(account, at):
            await self._failed(account, tuple(subjects), visit, at)
            raise WrongError(_WRONG)
        found = await self._begin(account, password, subjects, visit, at)
        await self._say("session.opened", visit, account.id, at, reason=found.stage.value, objects=(found.session.id,))
        return found

    async def code(self, found: Found, code: str, visit: Visit, now: datetime | None = None) -> Found:
        """Take the code of the second factor, or one of those on paper; the session goes on under a new cookie.

        Raises:
            WrongError: not the code, or one that was used.
            LockedError: too many tries.
            NotFitError: nothing asks for a code now.
        """
        at = now or clock.now()
        if found.stage is not Stage.CODE:
            raise NotFitError("现在不需要动态口令。")
        await self.check_code(found.account.id, code, visit, at)
        after = await self._renewed(found, visit, at, second_factor=True)
        await self._say("session.code", visit, found.account.id, at, objects=(found.session.id,))
        return after

    async def prove(self, found: Found, password: str, code: str, visit: Visit, now: datetime | None = None) -> Found:
        """Give password, and code where there is one, once more; the session goes on under a new cookie.

        Raises:
            WrongError: one of them is not right.
            LockedError: too many tries.
            BusyError: too many sign in at once.
        """
        at = now or clock.now()
        await self.check_password(found.account, password, visit, at)
        if found.account.totp:
            await self.check_code(found.account.id, code, visit, at)
        after = await self._renewed(found, visit, at, proved_at=at)
        await self._say("session.proved", visit, found.account.id, at, objects=(found.session.id,))
        return after

    async def close(self, found: Found, visit: Visit, now: datetime | None = None, *, everywhere: bool = False) -> int:
        """End this session, or all of this account; gives how many."""
        at = now or clock.now()

        def end(connection: Connection) -> int:
            if everywhere:
                return end_sessions(connection, found.account.id, at, "signed_out_everywhere")
            return change(connection, t.sessions, found.session.id, ended_at=at, ended_why="signed_out")

        count = await self.store.run(end)
        visit.given = ""
        await self._say("session.closed", visit, found.account.id, at, objects=(found.session.id,))
        return count

    async def close_other(self, found: Found, session: str, visit: Visit, now: datetime | None = None) -> None:
        """End one session of this account, from another.

        Raises:
            NotFitError: it is none of theirs, or has ended.
        """
        at = now or clock.now()

        def end(connection: Connection) -> int:
            mine = (t.sessions.c.account == found.account.id, t.sessions.c.ended_at.is_(None))
            query = t.sessions.update().where(t.sessions.c.id == session, *mine)
            return connection.execute(query.values(ended_at=at, ended_why="signed_out")).rowcount

        if not await self.store.run(end):
            raise NotFitError("没有这个登录会话，或它已经结束。")
        if session == found.session.id:
            visit.given = ""
        await self._say("session.closed", visit, found.account.id, at, objects=(session,))

    async def check_password(self, account: Account, password: str, visit: Visit, now: datetime) -> None:
        """Whether it is the password of somebody who is in already: tries are counted apart from those at the door.

        Raises:
            WrongError, LockedError, BusyError: see ``open``.
        """
        subject = self.seal.subject("password", account.id)
        await self._charged(subject, now)
        if not await self.passwords.verify(password, account.password):
            await self._failed(account, (subject,), visit, now)
            raise WrongError("密码不对。")
        await self.store.run(lambda connection: lockout.forgive(connection, subject))

    async def check_code(self, account: str, code: str, visit: Visit, now: datetime) -> None:
        """Take a code of the second factor, or one on paper: each works once, whoever is quicker.

        Raises:
            WrongError, LockedError: see ``open``.
        """
        subject = self.seal.subject("code", account)
        await self._charged(subject, now)

        def take(connection: Connection) -> bool:
            known = account_of(connection, account, lock=True)
            secret = self.seal.opened(known.totp, account) if known.totp else b""
            step = totp.matched(secret, code, now, known.totp_step) if secret else None
            if step is not None:
                change(connection, t.accounts, account, totp_step=step)
            elif not _take_recovery(connection, account, code, now):
                return False
            lockout.forgive(connection, subject)
            return True

        if not await self.store.run(take):
            await self._failed(await self.store.read(lambda one: account_of(one, account)), (subject,), visit, now)
            raise WrongError("动态口令不对，或已经用过。请等下一个口令再试。")

    def _lapsed(self, account: Account, now: datetime) -> bool:
        """Nobody has used the password that an administrator gave, for so long that it may be in other hands."""
        given = account.password_at
        return account.must_change and given is not None and now - given >= self.policy.first_password_holds

    async def _charged(self, subject: str, now: datetime) -> None:
        free = self.policy.free_failures
        wait = await self.store.run(lambda one: lockout.charge(one, {subject: free}, now, self.policy))
        if wait:
            raise LockedError(wait)

    async def _begin(
        self, account: Account, password: str, subjects: dict[str, int], visit: Visit, now: datetime
    ) -> Found:
        fresh = await self.passwords.hash(password) if self.passwords.outdated(account.password) else ""
        cookie = new_cookie()
        session = Session(
            new_id(),
            digest_of(cookie),
            account.id,
            made_at=now,
            proved_at=now,
            seen_at=now,
            ends_at=now + self.policy.session_longest,
            address=visit.address,
            agent=visit.agent[:_AGENT_LETTERS],
        )
        by_login, by_address = subjects

        def opened(connection: Connection) -> Found | None:
            known = account_of(connection, account.id, lock=True)
            if not known.active or known.password != account.password:
                return None
            if fresh:
                change(connection, t.accounts, account.id, password=fresh)
            lockout.forgive(connection, by_login)
            lockout.give_back(connection, by_address, subjects[by_address], self.policy)
            # What a browser brought along is none of this person's: it could be somebody else's trap.
            if visit.cookie and (before := session_of(connection, digest_of(visit.cookie))):
                change(connection, t.sessions, before.id, ended_at=now, ended_why="signed_in_anew")
            connection.execute(_forgotten, {"b_account": account.id, "oldest": now - _KEPT})
            add(connection, t.sessions, session)
            return find(connection, session.digest, now, self.policy)

        found = await self.store.run(opened)
        if found is None:
            raise WrongError(_WRONG)
        visit.given = cookie
        return found

    async def _renewed(self, found: Found, visit: Visit, now: datetime, **changed: object) -> Found:
        cookie = new_cookie()

        def renew(connection: Connection) -> Found | None:
            renew_cookie(connection, found.session, cookie, seen_at=now, **changed)
            return find(connection, digest_of(cookie), now, self.policy)

        after = await self.store.run(renew)
        if after is None:
            raise WrongError("登录会话已经结束，请重新登录。")
        visit.given = cookie
        return after

    async def _failed(self, account: Account | None, subjects: Sequence[str], visit: Visit, now: datetime) -> None:
        await self._say("session.failed", visit, account.id if account else "", now)

        def shut(connection: Connection) -> bool:
            return any(lockout.locked(connection, subject, now) for subject in subjects)

        if await self.store.read(shut):
            await self._say("session.locked", visit, account.id if account else "", now)

    async def _say(
        self, action: str, visit: Visit, account: str, now: datetime, *, reason: str = "", objects: tuple[str, ...] = ()
    ) -> None:
        who = f"{account or 'anyone'}@{visit.address or 'unknown'}"
        told = (account, *objects) if account else objects
        await self.audit(AuditEntry(now, who, action, told, reason))


def normal(login: str) -> str:
    """A login name as it is kept: nobody is another person by a capital letter."""
    return login.strip().casefold()


def renew_cookie(connection: Connection, session: Session, cookie: str, **changed: object) -> None:
    """From now on the session goes by another cookie; who had the old one has nothing.

    Raises:
        WrongError: it has ended meanwhile, or somebody else was quicker.
    """
    live = (t.sessions.c.id == session.id, t.sessions.c.digest == session.digest, t.sessions.c.ended_at.is_(None))
    told = {"digest": digest_of(cookie), **changed}
    if not connection.execute(t.sessions.update().where(*live).values(told)).rowcount:
        raise WrongError("登录会话已经结束，请重新登录。")


def _take_recovery(connection: Connection, account: str, code: str, now: datetime) -> bool:
    one = (t.recovery_codes.c.account == account, t.recovery_codes.c.digest == totp.digest(code))
    unused = t.recovery_codes.update().where(*one, t.recovery_codes.c.used_at.is_(None))
    return bool(connection.execute(unused.values(used_at=now)).rowcount)
