"""Tickets over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.fields import Asked, Id, Instant, Next, Paged, Phone, Revealing, Shown, Stamp
from common.api.operation import Reply, operation
from common.api.problem import missing
from tickets.entry_words import words
from tickets.model import Channel, Entry, Kind, Status, Ticket
from tickets.store import TicketFilter, TicketStore


class OfTicket(Asked):
    """A ticket's number in an address."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}-[0-9]{6,9}$")]


class TicketsQuery(Paged, Revealing):
    """Which tickets a list shows."""

    kind: Annotated[Kind | None, Field(description="如何进来的。")] = None
    status: Annotated[Status | None, Field(description="办理状态。")] = None
    number: Phone | None = None
    call: Annotated[Id | None, Field(description="应为通话编号，可从通话列表中复制。")] = None
    since: Annotated[Instant | None, Field(description="自此时（含）。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）。")] = None


class TicketShown(Shown):
    """One ticket."""

    number: str
    kind: Kind
    channel: Channel
    status: Status
    opened_at: Stamp
    call_id: str
    automatic: bool
    caller_number: Annotated[str, Field(description="诉求人号码；未写明理由时隐去中间几位。")]
    recording_id: str


class TicketList(Shown):
    """Some tickets, newest first."""

    tickets: list[TicketShown]
    next: Next


class StepShown(Shown):
    """One step of a history."""

    seq: int
    at: Stamp
    who: str
    unit: str
    status: Status
    row: Annotated[
        str, Field(description="办理动作（工作流表的行名）；建单为 open，升级为 raise，补全信息为 describe。")
    ]
    why: str


class TicketWithHistory(TicketShown):
    """One ticket with its history."""

    history: list[StepShown]


@dataclass(frozen=True, slots=True)
class TicketPages:
    """The desk's part of ``/api/v1``."""

    store: TicketStore

    @operation("GET", "/api/v1/tickets", summary="工单列表，新的在前", tag="工单", audit="tickets.list")
    async def list_tickets(self, ask: Ask, query: TicketsQuery) -> Reply[TicketList]:
        """Tickets, newest first; confidential ones are never listed (R25.1)."""
        wanted = TicketFilter(
            kind=query.kind,
            status=query.status,
            number=query.number or "",
            call_id=query.call or "",
            since=query.since,
            until=query.until,
        )
        page = await self.store.page(wanted, limit=query.limit, after=query.cursor)
        rows = [TicketShown(**_ticket(one, ask)) for one in page.rows]
        body = TicketList(tickets=rows, next=str(page.next) if page.next else None)
        return Reply(body, [one.number for one in page.rows])

    @operation("GET", "/api/v1/tickets/{number}", summary="一件工单及其办理过程", tag="工单", audit="tickets.read")
    async def read_ticket(self, ask: Ask, ids: OfTicket, query: Revealing) -> Reply[TicketWithHistory]:
        """One ticket with its history."""
        del query  # the reason in it has reached ``ask``
        found = await self.store.by_number(ids.number)
        # Until there are rights to see them, a confidential ticket is nobody's to see here: not even that it exists.
        if found is None or found.confidential:
            raise missing("工单")
        history = [_step(step) for step in await self.store.history(found.id)]
        return Reply(TicketWithHistory(**_ticket(found, ask), history=history), [found.number], version=found.steps)


def _ticket(one: Ticket, ask: Ask) -> dict[str, object]:
    return {
        "number": one.number,
        "kind": one.kind,
        "channel": one.channel,
        "status": one.status,
        "opened_at": one.opened_at,
        "call_id": one.call_id,
        "automatic": one.automatic,
        "caller_number": ask.number(one.caller_number),
        "recording_id": one.recording_id,
    }


def _step(step: Entry) -> StepShown:
    return StepShown(
        seq=step.seq,
        at=step.at,
        who=step.actor.who,
        unit=step.actor.unit,
        status=step.status,
        row=step.row,
        why=words(step),
    )
