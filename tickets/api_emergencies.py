"""Emergency tickets over HTTP: which units have acknowledged each, which have not, and since when (R7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.fields import Next, Paged, Revealing, Shown, Stamp
from common.api.operation import Reply, operation
from tickets.api_own import ROWS, units_of
from tickets.api_register_shown import Code
from tickets.api_shown import TicketShown, ticket_shown
from tickets.register import Register
from tickets.seeing import may_see, unknown_to
from tickets.store import TicketStore
from tickets.store.emergencies import Asked, Emergency, EmergencyFilter, emergencies


class EmergenciesQuery(Paged, Revealing):
    """Which emergency tickets."""

    unit: Annotated[Code | None, Field(description="涉及的单位；不写则为本单位及其下级，一级机构为全部。")] = None
    open: Annotated[bool | None, Field(description="true 未办结，false 已办结。")] = None
    waiting: Annotated[bool, Field(description="true 只看还有单位未确认的。")] = False


class Heard(StrEnum):
    """Whether a unit has said that it has an emergency ticket."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    VOID = "void"


class AskedShown(Shown):
    """A unit that was asked to acknowledge."""

    unit: str
    unit_name: str
    state: Annotated[Heard, Field(description="waiting 未确认，acknowledged 已确认，void 工单其后不再由其办理。")]
    asked_at: Stamp
    waited_minutes: Annotated[int, Field(description="从通知到确认（未确认的到现在）的分钟数。")]
    rank: Annotated[int, Field(description="已通知到：0 值班，1 分管负责人，2 主要负责人。")]
    acknowledged_at: Stamp | None
    who: Annotated[str, Field(description="确认的人；未确认为空。")]
    channel: Annotated[str, Field(description="确认的途径：screen 系统，telephone 电话。")]


class EmergencyShown(Shown):
    """An emergency ticket and whom it concerns."""

    ticket: TicketShown
    declared_at: Annotated[Stamp | None, Field(description="认定为突发紧急工单的时间。")]
    reported_at: Annotated[Stamp | None, Field(description="最近一次报告的时间。")]
    waiting: Annotated[int, Field(description="尚未确认的单位数。")]
    acknowledgements: Annotated[list[AskedShown], Field(description="各单位，先通知的在前；尚未派单的为空。")]


class EmergencyList(Shown):
    """Emergency tickets, newest first."""

    emergencies: Annotated[list[EmergencyShown], Field(description=ROWS)]
    next: Next


@dataclass(frozen=True, slots=True)
class EmergencyPages:
    """What level 1 and every unit concerned keep their eyes on."""

    store: TicketStore

    @operation(
        "GET",
        "/api/v1/emergencies",
        summary="突发紧急工单及各单位的确认情况，新的在前",
        tag="待办",
        audit="emergencies.list",
    )
    async def list_emergencies(self, ask: Ask, query: EmergenciesQuery) -> Reply[EmergencyList]:
        """Emergency tickets that the reader may see: level 1 all, a unit those that concern it (R7.2, R14.8)."""
        register = await self.store.register()
        units = units_of(ask, query.unit, register.tree)
        shown = EmergencyFilter(units, unknown_to(ask, register.tree), query.open, query.waiting)
        page = await self.store.read(partial(emergencies, shown=shown, limit=query.limit, after=query.cursor))
        tree, now = register.tree, clock.now()
        rows = [
            _shown(one, ticket_shown(one.ticket, ask, tree), register, now)
            for one in page.rows
            if may_see(one.ticket, ask, tree)
        ]
        body = EmergencyList(emergencies=rows, next=str(page.next) if page.next else None)
        return Reply(body, [one.ticket.number for one in rows])


def _shown(one: Emergency, ticket: TicketShown, register: Register, now: datetime) -> EmergencyShown:
    asked = [_asked(row, register, now) for row in one.asked]
    return EmergencyShown(
        ticket=ticket,
        declared_at=one.ticket.emergency_at,
        reported_at=one.ticket.reported_at,
        waiting=sum(row.state is Heard.WAITING for row in asked),
        acknowledgements=asked,
    )


def _asked(row: Asked, register: Register, now: datetime) -> AskedShown:
    if row.acknowledged_at is None:
        state = Heard.WAITING
    else:
        state = Heard.VOID if row.channel == "void" else Heard.ACKNOWLEDGED
    waited = max((row.acknowledged_at or now) - row.asked_at, timedelta(0))
    return AskedShown(
        unit=row.unit,
        unit_name=register.name(row.unit),
        state=state,
        asked_at=row.asked_at,
        waited_minutes=waited // timedelta(minutes=1),
        rank=row.rank,
        acknowledged_at=row.acknowledged_at if state is Heard.ACKNOWLEDGED else None,
        who=row.who,
        channel="" if state is Heard.VOID else row.channel,
    )
