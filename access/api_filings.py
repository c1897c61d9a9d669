"""Staff changes over HTTP: filed by the unit, confirmed by the one above, every one kept (R12.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from access.api_accounts import Login, Name, StaffPhone, UnitId, Within
from access.api_asking import Asking, doer
from access.api_own import OfId
from access.api_problems import OF_KEEPING, refusals
from access.filing_desk import FilingDesk, Wanted
from access.people import Change, Filing
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Id, Line, Nothing, Shown, Stamp, Told
from common.api.operation import operation
from common.reach import Reach
from common.roles import Role

_TAG = "账号"


class FilingTold(Told):
    """What a unit wants changed in its staff."""

    change: Annotated[Change, Field(description="join 新增人员，roles 变更身份，leave 离岗（报送时即停用）。")]
    unit: UnitId
    reason: Line
    account: Annotated[Id | None, Field(description="人员的账号编号；新增时不写。")] = None
    name: Name | None = None
    login: Login | None = None
    phone: StaffPhone = ""
    give: Annotated[tuple[Role, ...], Field(max_length=10, description="增加的身份。")] = ()
    take: Annotated[tuple[Role, ...], Field(max_length=10, description="取消的身份。")] = ()
    since: Annotated[date | None, Field(description="从哪天起；不写则自备案之日起。")] = None
    until: Annotated[date | None, Field(description="到哪天为止（当天不含）。")] = None


class DecisionTold(Told):
    """The upper unit's word."""

    why: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="意见。")] = ""


class FilingShown(Shown):
    """A filing as it stands."""

    id: str
    unit: str
    account: str
    change: str
    words: str
    told: dict[str, Any]
    reason: str
    by: str
    at: Stamp
    state: str
    decided_by: str
    decided_at: Stamp | None
    decided_why: str


class FilingList(Shown):
    """Filings, the newest first; 200 at most."""

    filings: list[FilingShown]


@dataclass(frozen=True, slots=True)
class FilingPages:
    """The log of who joined, changed and left."""

    asking: Asking
    desk: FilingDesk
    within: Within

    @operation("GET", "/api/v1/staff-filings", summary="人员变动备案", tag=_TAG, scope=Scope.ACCOUNT)
    async def list_filings(self, ask: Ask, query: Nothing) -> FilingList:
        """Those of one's own unit and below it; all of them for level 1 and who keeps the house."""
        del query
        units = None if ask.reach is Reach.ALL else sorted(await self.within(ask.caller.unit))
        return FilingList(filings=[_shown(one) for one in await self.desk.list(units)])

    @operation(
        "POST",
        "/api/v1/staff-filings",
        summary="报送人员变动",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        status=201,
        problems=OF_KEEPING,
    )
    async def file_staff(self, ask: Ask, body: FilingTold) -> FilingShown:
        """A unit reports a change; it takes effect once it was confirmed, leaving takes effect at once."""
        await self.asking.proven()
        wanted = Wanted(
            body.change,
            body.unit,
            body.reason,
            account=body.account or "",
            name=body.name or "",
            login=body.login or "",
            phone=body.phone,
            give=tuple(dict.fromkeys(body.give)),
            take=tuple(dict.fromkeys(body.take)),
            since=body.since,
            until=body.until,
        )
        with refusals():
            return _shown(await self.desk.file(doer(ask), wanted))

    @operation(
        "POST",
        "/api/v1/staff-filings/{id}/confirm",
        summary="予以备案，变动即生效",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def confirm_filing(self, ask: Ask, ids: OfId, body: DecisionTold) -> FilingShown:
        """The upper unit agrees."""
        return await self._decided(ask, ids.id, body.why, confirm=True)

    @operation(
        "POST",
        "/api/v1/staff-filings/{id}/refuse",
        summary="不予备案",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def refuse_filing(self, ask: Ask, ids: OfId, body: DecisionTold) -> FilingShown:
        """The upper unit does not agree."""
        return await self._decided(ask, ids.id, body.why, confirm=False)

    async def _decided(self, ask: Ask, filing: str, why: str, *, confirm: bool) -> FilingShown:
        await self.asking.proven()
        with refusals():
            return _shown(await self.desk.decide(doer(ask), filing, confirm=confirm, why=why))


def _shown(one: Filing) -> FilingShown:
    return FilingShown(
        id=one.id,
        unit=one.unit,
        account=one.account,
        change=one.change.value,
        words=one.change.words,
        told=dict(one.told),
        reason=one.reason,
        by=one.by,
        at=one.at,
        state=one.state.value,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        decided_why=one.decided_why,
    )
