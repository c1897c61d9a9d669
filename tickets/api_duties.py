"""What is overdue with ourselves, and what a unit was reminded of, over HTTP (A24, A25, R12.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Next, Nothing, Shown, Stamp
from common.api.operation import Reply, operation
from common.reach import Reach
from tickets.api_own import ROWS, OfUnitQuery, units_of
from tickets.notice_texts import NoticeKind
from tickets.protecting import shut_out
from tickets.seeing import is_own, may_see, unknown_to
from tickets.store import TicketStore
from tickets.store.duties import overdue_duties, reminders
from tickets.timer_rules import TimerKind
from tickets.workflow_terms import Role, Status

_TAG = "待办"
_MOST = 500


class DutyShown(Shown):
    """Something of ours that is overdue."""

    ticket: str
    status: Status
    kind: TimerKind
    words: str
    unit: Annotated[str, Field(description="应由哪个机构办理。")]
    overdue_since: Stamp
    warning: Annotated[bool, Field(description="true 只是超过日间目标，时限未到，不升级。")]


class DutyList(Shown):
    """The longest overdue first."""

    duties: list[DutyShown]


class ReminderShown(Shown):
    """One message to a unit."""

    id: str
    ticket: str
    kind: NoticeKind
    unit: str
    roles: Annotated[list[Role], Field(description="发给哪些身份的人员。")]
    text: str
    at: Stamp


class ReminderList(Shown):
    """The latest first."""

    reminders: Annotated[list[ReminderShown], Field(description=ROWS)]
    next: Next


@dataclass(frozen=True, slots=True)
class DutyPages:
    """What nobody may overlook: level 1's own limits, and what was written to each unit's screen."""

    store: TicketStore

    @operation(
        "GET", "/api/v1/overdue-duties", summary="本级逾期未办的审核、审批、回访等", tag=_TAG, audit="duties.list"
    )
    async def list_overdue_duties(self, ask: Ask, query: Nothing) -> Reply[DutyList]:
        """What reviewers, deciders, adjudicators and the callback team should have done; an upper unit sees its own."""
        del query
        register = await self.store.register()
        found = await self.store.read(partial(overdue_duties, register=register, most=_MOST))
        mine = ask.caller.unit
        tree = register.tree
        shown = [
            one
            for one in found
            if (mine == one.unit or ask.reach is Reach.ALL) and mine not in shut_out(one.ticket.details, tree)
        ]
        rows = [
            DutyShown(
                ticket=one.ticket.number,
                status=one.ticket.status,
                kind=one.kind,
                words=one.kind.words,
                unit=one.unit,
                overdue_since=one.overdue_since,
                warning=one.warning,
            )
            for one in shown
        ]
        return Reply(DutyList(duties=rows), [one.ticket.number for one in shown])

    @operation("GET", "/api/v1/reminders", summary="发给单位的提醒，新的在前", tag=_TAG, audit="reminders.list")
    async def list_reminders(self, ask: Ask, query: OfUnitQuery) -> Reply[ReminderList]:
        """What the reader's unit was told: to sign, urged by the caller, cards, decisions, corrections."""
        tree = (await self.store.register()).tree
        units = (ask.caller.unit,) if query.unit is None else units_of(ask, query.unit, tree)
        if units is not None and not units:
            return Reply(ReminderList(reminders=[], next=None))
        page = await self.store.read(
            partial(reminders, units=units, limit=query.limit, after=query.cursor, apart=unknown_to(ask, tree))
        )
        own = ask.caller.unit
        seen = [one for one in page.rows if is_own(one.unit, own, tree) or may_see(one.ticket, ask, tree)]
        rows = [
            ReminderShown(
                id=one.id,
                ticket=one.ticket.number,
                kind=NoticeKind.of(one.kind),
                unit=one.unit,
                roles=[Role.of(role) for role in one.roles],
                text=one.text,
                at=one.at,
            )
            for one in seen
        ]
        body = ReminderList(reminders=rows, next=str(page.next) if page.next else None)
        return Reply(body, list(dict.fromkeys(one.ticket.number for one in seen)))
