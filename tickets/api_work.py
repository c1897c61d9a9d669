"""What is waiting to be done, over HTTP: co-handlers' tasks, emergencies to be acknowledged; and dates explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Asked, Instant, Line, Next, Shown, Stamp
from common.api.operation import Reply, operation
from common.clock import civil
from tickets.api_own import ROWS, OfUnitQuery, numbers, own_rows
from tickets.deadlines import Deadline
from tickets.store import TicketStore
from tickets.store.listing import Listed, awaited_acknowledgements, open_tasks
from tickets.ticket_deadlines import TITLES, Terms, ticket_deadlines

_TAG = "待办"


class TaskShown(Shown):
    """A co-handler's open task."""

    ticket: str
    unit: str
    named_at: Stamp
    due: Stamp | None


class TaskList(Shown):
    """Open tasks, the most pressing first."""

    tasks: Annotated[list[TaskShown], Field(description=ROWS)]
    next: Next


class AwaitedShown(Shown):
    """A unit that has not yet acknowledged an emergency ticket."""

    ticket: str
    unit: str
    asked_at: Stamp
    rank: Annotated[int, Field(description="已通知到：0 值班，1 分管负责人，2 主要负责人。")]


class AwaitedList(Shown):
    """The longest wait first."""

    acknowledgements: Annotated[list[AwaitedShown], Field(description=ROWS)]
    next: Next


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

    @operation("GET", "/api/v1/tasks", summary="未完成的协办任务，最急的在前", tag=_TAG, audit="tasks.list")
    async def list_tasks(self, ask: Ask, query: OfUnitQuery) -> Reply[TaskList]:
        """Open tasks of the reader's unit, and of those below it in tickets that came through it (A10)."""
        rows, after = await own_rows(self.store, ask, query, open_tasks, unit=query.unit)
        shown = [_task(one) for one in rows]
        return Reply(TaskList(tasks=shown, next=after), numbers(rows))

    @operation(
        "GET",
        "/api/v1/acknowledgements",
        summary="尚未确认的突发紧急工单，等得最久的在前",
        tag=_TAG,
        audit="acknowledgements.list",
    )
    async def list_acknowledgements(self, ask: Ask, query: OfUnitQuery) -> Reply[AwaitedList]:
        """Who still must say that they have an emergency ticket (R7.2)."""
        rows, after = await own_rows(self.store, ask, query, awaited_acknowledgements, unit=query.unit)
        shown = [_awaited(one) for one in rows]
        return Reply(AwaitedList(acknowledgements=shown, next=after), numbers(rows))

    @operation("GET", "/api/v1/deadlines", summary="按第二十二条计算期限，并逐日说明", tag=_TAG)
    async def compute_deadlines(self, query: DatesQuery) -> DatesShown:
        """The dates of a ticket delivered at an instant, by the rules and days of the register (R22.3-6)."""
        register = await self.store.register()
        day = civil(query.received).date()
        rules = register.rules(None, day)
        category = register.statutory(query.category or "", day)
        found = ticket_deadlines(Terms(query.received, category), register.calendar, rules)
        shown = [_explained(name, one) for name, one in found.named().items() if one]
        return DatesShown(rules_version=rules.version, dates=shown, notes=list(found.notes))


def _task(one: Listed) -> TaskShown:
    row = one.row
    return TaskShown(ticket=one.ticket.number, unit=row["unit"], named_at=row["named_at"], due=row["due"])


def _awaited(one: Listed) -> AwaitedShown:
    row = one.row
    return AwaitedShown(ticket=one.ticket.number, unit=row["unit"], asked_at=row["asked_at"], rank=row["rank"])


def _explained(name: str, one: Deadline) -> DateExplained:
    return DateExplained(
        name=name,
        title=TITLES[name],
        on=one.on,
        at=one.at,
        provisional=one.provisional,
        reasoning=list(one.explain()),
    )
