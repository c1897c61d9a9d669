"""What is waiting to be done, over HTTP: co-handlers' tasks, emergencies to be acknowledged; and dates explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Asked, Instant, Line, Shown, Stamp
from common.api.operation import operation
from tickets.api_register_shown import Code, Limit
from tickets.deadlines import Deadline
from tickets.store import TicketStore
from tickets.store.listing import awaited_acknowledgements, open_tasks
from tickets.ticket_deadlines import TITLES, Terms, ticket_deadlines

_TAG = "待办"


class WorkQuery(Asked):
    """Whose work."""

    unit: Annotated[Code | None, Field(description="单位编号；不写则为本单位，一级机构为全部。")] = None
    limit: Limit = 50


class TaskShown(Shown):
    """A co-handler's open task."""

    ticket: str
    unit: str
    named_at: Stamp
    due: Stamp | None


class TaskList(Shown):
    """Open tasks, the most pressing first."""

    tasks: list[TaskShown]


class AwaitedShown(Shown):
    """A unit that has not yet acknowledged an emergency ticket."""

    ticket: str
    unit: str
    asked_at: Stamp
    rank: Annotated[int, Field(description="已通知到：0 值班，1 分管负责人，2 主要负责人。")]


class AwaitedList(Shown):
    """The longest wait first."""

    acknowledgements: list[AwaitedShown]


class DatesQuery(Asked):
    """What dates are computed from."""

    received: Annotated[Instant, Field(description="送达承办单位的时间。")]
    category: Annotated[Line | None, Field(description="诉求类别；有法定时限的先适用法定时限。")] = None


class DateExplained(Shown):
    """One date of Article 22."""

    name: str
    title: str
    on: date
    at: Stamp
    provisional: Annotated[bool, Field(description="涉及尚未公布放假安排的日子，公布后可能变动。")]
    reasoning: list[str]


class DatesShown(Shown):
    """The dates of a ticket that is delivered then."""

    rules_version: str
    dates: list[DateExplained]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class WorkPages:
    """What waits. Acknowledging, finishing and waiving are moves of the ticket."""

    store: TicketStore

    @operation("GET", "/api/v1/tasks", summary="未完成的协办任务", tag=_TAG)
    async def list_tasks(self, ask: Ask, query: WorkQuery) -> TaskList:
        """Open tasks of the reader's unit and those below it (A10)."""
        units = await self._units(ask, query.unit)
        found = [] if units is None else await self.store.rows(open_tasks(units, limit=query.limit))
        return TaskList(
            tasks=[TaskShown(ticket=row.number, unit=row.unit, named_at=row.named_at, due=row.due) for row in found]
        )

    @operation("GET", "/api/v1/acknowledgements", summary="尚未确认的突发紧急工单", tag=_TAG)
    async def list_acknowledgements(self, ask: Ask, query: WorkQuery) -> AwaitedList:
        """Who still must say that they have an emergency ticket (R7.2)."""
        units = await self._units(ask, query.unit)
        found = [] if units is None else await self.store.rows(awaited_acknowledgements(units, limit=query.limit))
        shown = [AwaitedShown(ticket=row.number, unit=row.unit, asked_at=row.asked_at, rank=row.rank) for row in found]
        return AwaitedList(acknowledgements=shown)

    @operation("GET", "/api/v1/deadlines", summary="按第二十二条计算期限，并逐日说明", tag=_TAG)
    async def compute_deadlines(self, query: DatesQuery) -> DatesShown:
        """The dates of a ticket delivered at an instant, by the rules and days of the register (R22.3-6)."""
        register = await self.store.register()
        day = query.received.date()
        rules = register.rules(None, day)
        category = register.statutory(query.category or "", day)
        found = ticket_deadlines(Terms(query.received, category), register.calendar, rules)
        shown = [_explained(name, one) for name, one in found.named().items() if one]
        return DatesShown(rules_version=rules.version, dates=shown, notes=list(found.notes))

    async def _units(self, ask: Ask, unit: str | None) -> tuple[str, ...] | None:
        """The units asked for; none for all of them, None where the reader may not look."""
        tree = (await self.store.register()).tree
        mine = ask.caller.unit
        if unit is None:
            return () if mine == tree.root else (mine, *(one for one in tree.parents if mine in tree.above(one)))
        return (unit,) if unit in tree and mine in (unit, tree.root, *tree.above(unit)) else None


def _explained(name: str, one: Deadline) -> DateExplained:
    return DateExplained(
        name=name,
        title=TITLES[name],
        on=one.on,
        at=one.at,
        provisional=one.provisional,
        reasoning=list(one.explain()),
    )
