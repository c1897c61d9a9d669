"""What units file about their staff, and the upper unit's word on it; the rows are the log (R12.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from access import tables as t
from access.errors import NotFitError, NotYoursError
from access.granting import HEADS, Doer, fits, unit_may_have
from access.keeping import Keeping
from access.people import Account, Change, Filing, FilingState, Grant
from access.rows import account_by_login, account_of, add, change, filing_of, grants_of, read_filing
from access.signing_in import normal
from access.staff import Above, new_account
from access.store import AccessStore
from common import clock
from common.audit import Audit, AuditEntry
from common.ids import new_id
from common.roles import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a unit wants changed. ``account`` is empty where somebody joins; then name and login say who."""

    change: Change
    unit: str
    reason: str
    account: str = ""
    name: str = ""
    login: str = ""
    phone: str = ""
    give: tuple[Role, ...] = ()
    take: tuple[Role, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class FilingDesk:
    """A head of the unit files, a head of a unit above confirms. Who leaves is out at once, whatever is said later."""

    store: AccessStore
    audit: Audit
    above: Above
    keeping: Keeping

    async def file(self, doer: Doer, wanted: Wanted, now: datetime | None = None) -> Filing:
        """Write down what a unit wants; nothing changes until it is confirmed, except that who leaves is blocked.

        Raises:
            NotYoursError: it is for a head of this unit, or of one above it.
            NotFoundError, NotFitError: no such account there; what is wanted does not fit.
        """
        doer.needs(*sorted(HEADS))
        doer.not_self(wanted.account or "-")
        at = now or clock.now()
        upper = await self.above(wanted.unit)
        if upper is None:
            raise NotFitError(f"没有「{wanted.unit}」这个单位。")
        if not doer.console and doer.unit not in (wanted.unit, *upper):
            raise NotYoursError("只能报送本单位及下级单位的人员变动。")
        unit_may_have(wanted.give)
        _complete(wanted)

        def save(connection: Connection) -> Filing:
            self._check(connection, wanted, doer, at)
            one = Filing(
                new_id(),
                wanted.unit,
                wanted.account,
                wanted.change,
                _told(wanted),
                wanted.reason,
                doer.account,
                at,
            )
            add(connection, t.filings, one)
            if wanted.change is Change.LEAVE:
                self.keeping.shut(connection, wanted.account, doer, at)
            return one

        one = await self.store.run(save)
        await self._say("filing.made", doer, at, one, wanted.reason)
        return one

    async def decide(
        self, doer: Doer, filing: str, *, confirm: bool, why: str = "", now: datetime | None = None
    ) -> Filing:
        """The upper unit's word: confirmed, the change takes effect in the same transaction.

        Raises:
            NotYoursError: it is for a head of a unit above, at level 1 for a leader or the security administrator; and
                for neither who filed it nor whom it concerns.
            NotFoundError, NotFitError: no such filing; it was decided before, or does not fit any more.
        """
        at = now or clock.now()
        unit = (await self.store.read(lambda connection: filing_of(connection, filing))).unit
        upper = await self.above(unit) or ()
        if unit == self.keeping.root:
            doer.needs(Role.LEADER, Role.SECURITY_ADMIN)
        else:
            doer.needs(*sorted(HEADS))
            if not doer.console and doer.unit not in upper:
                raise NotYoursError("由上级单位的负责人备案。")

        def save(connection: Connection) -> Filing:
            one = filing_of(connection, filing, lock=True)
            doer.not_self(one.account)
            if one.by == doer.account:
                raise NotYoursError("报送人不能自行备案，请由他人办理。")
            if one.state is not FilingState.FILED:
                raise NotFitError("这项备案已经办结。")
            account = self._carry_out(connection, one, doer, at) if confirm else one.account
            state = FilingState.CONFIRMED if confirm else FilingState.REFUSED
            told = {"state": state, "decided_by": doer.account, "decided_at": at, "decided_why": why}
            change(connection, t.filings, one.id, account=account, **told)
            return replace(one, state=state, account=account, decided_by=doer.account, decided_at=at, decided_why=why)

        one = await self.store.run(save)
        await self._say("filing.confirmed" if confirm else "filing.refused", doer, at, one, why)
        return one

    async def list(self, units: Sequence[str] | None, *, limit: int = 200) -> list[Filing]:
        """What these units have filed, or all, the newest first."""
        query = sa.select(t.filings).order_by(t.filings.c.id.desc()).limit(limit)
        if units is not None:
            query = query.where(t.filings.c.unit.in_(list(units)))
        return await self.store.read(lambda connection: [read_filing(row) for row in connection.execute(query)])

    def _check(self, connection: Connection, wanted: Wanted, doer: Doer, now: datetime) -> None:
        """Whether it could be carried out as things stand; it is looked at again when it is."""
        if wanted.change is Change.JOIN:
            if account_by_login(connection, normal(wanted.login)) is not None:
                raise NotFitError("这个登录名已有人使用。")
            joining = new_account(doer, wanted.login, wanted.name, wanted.unit, now)
            for role in wanted.give:
                fits(role, joining, (), self.keeping.root, now)
            return
        known = account_of(connection, wanted.account)
        if known.unit != wanted.unit:
            raise NotFitError("此人不在该单位。")
        held = grants_of(connection, known.id)
        unit_may_have([one.role for one in held if one.role in wanted.take])
        for role in wanted.give:
            fits(role, known, [one for one in held if one.role not in wanted.take], self.keeping.root, now)

    def _carry_out(self, connection: Connection, one: Filing, doer: Doer, now: datetime) -> str:
        if one.change is Change.LEAVE:
            return one.account
        told = one.told
        if one.change is Change.JOIN:
            account = self.keeping.put(
                connection, new_account(doer, told["login"], told["name"], one.unit, now, phone=told["phone"])
            )
        else:
            account = account_of(connection, one.account, lock=True)
            for held in grants_of(connection, account.id):
                if held.role.value in told["take"] and not held.over(now):
                    self.keeping.take(connection, account, held, doer.account, now)
        self._give(connection, account, one, doer, now)
        return account.id

    def _give(self, connection: Connection, account: Account, one: Filing, doer: Doer, now: datetime) -> None:
        today = clock.civil(now).date()
        since = date.fromisoformat(one.told["since"]) if one.told["since"] else today
        until = date.fromisoformat(one.told["until"]) if one.told["until"] else None
        for name in one.told["give"]:
            grant = Grant(
                new_id(),
                account.id,
                Role.of(name),
                max(since, today),
                one.by,
                now,
                one.reason,
                until,
                decided_by=doer.account,
                decided_at=now,
                filing=one.id,
            )
            self.keeping.give(connection, account, grant, now)

    async def _say(self, action: str, doer: Doer, now: datetime, one: Filing, reason: str) -> None:
        objects = (one.id, *((one.account,) if one.account else ()))
        await self.audit(AuditEntry(now, doer.who, action, objects, f"{one.change.value} {reason}"[:200]))


def _complete(wanted: Wanted) -> None:
    joins = wanted.change is Change.JOIN
    if joins and not (wanted.name and wanted.login and wanted.give and not wanted.account and not wanted.take):
        raise NotFitError("新增人员须写明姓名、登录名和身份，不写账号编号。")
    if not joins and not wanted.account:
        raise NotFitError("须写明人员的账号编号。")
    if wanted.change is Change.ROLES and not (wanted.give or wanted.take):
        raise NotFitError("须写明增加或取消的身份。")
    if wanted.change is Change.LEAVE and (wanted.give or wanted.take):
        raise NotFitError("离岗不写身份。")
    if wanted.until is not None and wanted.since is not None and wanted.until <= wanted.since:
        raise NotFitError("截止日期应在开始日期之后。")


def _told(wanted: Wanted) -> Mapping[str, Any]:
    return {
        "name": wanted.name,
        "login": wanted.login,
        "phone": wanted.phone,
        "give": [role.value for role in wanted.give],
        "take": [role.value for role in wanted.take],
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
