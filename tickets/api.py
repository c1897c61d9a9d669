"""Tickets over HTTP: found, opened, described and moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Nothing, Revealing
from common.api.operation import Reply, operation
from common.api.problem import CONFLICT, STALE, missing
from tickets.api_acting import NO_ROLE, NOT_READY, OF_A_CHANGE, actor, options, refusals, role_for, roles_of
from tickets.api_moves import ANY_MOVE, MoveTold
from tickets.api_shown import (
    DeadlinesShown,
    DescriptionTold,
    LinksShown,
    OfTicket,
    Receipt,
    TicketList,
    TicketsQuery,
    TicketTold,
    TicketWhole,
    date_shown,
    receipt,
    ticket_shown,
    ticket_whole,
)
from tickets.api_waiting import wait_shown
from tickets.attachment_rows import is_statement
from tickets.desk import Acting, TicketDesk
from tickets.model import Channel, Kind, Opening, Ticket
from tickets.register import Register
from tickets.seeing import may_see, own_units, unknown_to
from tickets.store import TicketFilter, TicketStore
from tickets.store.listing import linked_to
from tickets.store.rows import ticket_of
from tickets.turns import reasoning
from tickets.workflow_moves import Move
from tickets.workflow_terms import Role

__all__ = ["OfTicket", "TicketPages"]

#: In which of their roles somebody acts who has several; who may at all stands in ``access.rights``.
_OPENERS = (Role.AGENT, Role.REVIEWER, Role.LEADER)
_DESCRIBERS = (Role.REVIEWER, Role.LEADER, Role.AGENT)
_TAG = "工单"


@dataclass(frozen=True, slots=True)
class TicketPages:
    """The desk's part of ``/api/v1``. ``store`` and ``desk`` write through a ledger that knows idempotency keys."""

    store: TicketStore
    desk: TicketDesk

    @operation("GET", "/api/v1/tickets", summary="工单列表，新的在前", tag=_TAG, audit="tickets.list")
    async def list_tickets(self, ask: Ask, query: TicketsQuery) -> Reply[TicketList]:
        """Tickets, newest first; confidential ones are never listed (R25.1); a unit is shown its own (R14.8)."""
        tree = (await self.store.register()).tree
        units = own_units(ask, tree)
        # Whether a number is that of a caller is told to nobody who may not know it (A16, R25.2).
        asks_who = units is not None and (query.number or query.call)
        if asks_who or (units is not None and query.unit and query.unit not in units):
            return Reply(TicketList(tickets=[], next=None))
        wanted = TicketFilter(
            kind=query.kind,
            status=query.status,
            number=query.number or "",
            call_id=query.call or "",
            since=query.since,
            until=query.until,
            unit=query.unit or "",
            units=None if query.unit else units,
            apart_from=unknown_to(ask, tree),
            category=query.category or "",
            open=query.open,
            overdue_at=clock.now() if query.overdue else None,
            news=query.news,
        )
        page = await self.store.page(wanted, limit=query.limit, after=query.cursor)
        rows = [ticket_shown(one, ask, tree) for one in page.rows]
        body = TicketList(tickets=rows, next=str(page.next) if page.next else None)
        return Reply(body, [one.number for one in page.rows])

    @operation(
        "POST",
        "/api/v1/tickets",
        summary="新建工单",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(NOT_READY,),
    )
    async def open_ticket(self, ask: Ask, body: TicketTold) -> Reply[Receipt]:
        """A ticket through the intake interface (R3.1, R4.1); an emergency is one by its urgency (R7.2)."""
        role = next(role for role in _OPENERS if role in roles_of(ask))
        opening = Opening(
            body.call or "",
            body.number or "",
            Kind.MATTER,
            clock.now(),
            automatic=False,
            who=ask.caller.person,
            unit=ask.caller.unit,
            role=role,
            channel=Channel.TELEPHONE if body.call else Channel.API,
            draft=body.draft,
            details=body.details.details(),
            confidential=body.confidential,
        )
        with refusals(), ask.once(lambda found: _changed(found, fresh=True)):
            return _reply(await self.desk.open(opening), fresh=True)

    @operation("GET", "/api/v1/tickets/{number}", summary="工单、办理过程和可办事项", tag=_TAG, audit="tickets.read")
    async def read_ticket(self, ask: Ask, ids: OfTicket, query: Revealing) -> Reply[TicketWhole]:
        """One ticket with its history and the moves that the reader may make."""
        del query  # the reason in it has reached ``ask``
        ticket, register = await self._seen(ask, ids.number)
        history = await self.store.history(ticket.id)
        now = clock.now()
        offered, waiting = options(ticket, ask, register, now), wait_shown(ticket, history, register, now)
        body = ticket_whole(ticket, ask, register.tree, history, offered, waiting=waiting)
        return Reply(body, [ticket.number], version=ticket.steps)

    @operation(
        "PUT",
        "/api/v1/tickets/{number}/details",
        summary="补全或更正诉求信息（整体替换）",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        versioned=True,
        problems=(NOT_READY, NO_ROLE, STALE),
    )
    async def describe_ticket(self, ask: Ask, ids: OfTicket, body: DescriptionTold) -> Reply[Receipt]:
        """What is known of the matter from now on; the old stays in the history (R14.1)."""
        ticket, _ = await self._seen(ask, ids.number)
        role = body.role or next(one for one in _DESCRIBERS if one in roles_of(ask))
        acting = Acting(actor(ask, role), clock.now(), ask.version)
        with refusals(), ask.once(_changed):
            details = body.details.details()
            return _reply(await self.desk.describe(ticket.id, acting, details, confidential=body.confidential))

    @operation(
        "POST",
        "/api/v1/tickets/{number}/moves",
        summary="办理：派单、签收、退回、延期、答复、回访、办结等",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        versioned=True,
        status=201,
        problems=(*OF_A_CHANGE, STALE),
        body=ANY_MOVE,
    )
    async def move_ticket(self, ask: Ask, ids: OfTicket, body: MoveTold) -> Reply[Receipt]:
        """One move of the workflow: who may make it and what it requires stands in the table."""
        ticket, register = await self._seen(ask, ids.number)
        now = clock.now()
        offered = list(options(ticket, ask, register, now))
        role = body.role or role_for(body.move, offered, ask)
        facts = body.facts()
        if body.move is Move.LINK:
            facts = replace(facts, handling_ticket=await self._id_of(ask, facts.handling_ticket, register))
        if facts.statement_id and not await self._is_statement(ticket, facts.statement_id):
            raise NOT_READY.problem(
                "书面说明（statement_id）应为本工单一个附件的编号，且附件不含有害内容。请先上传附件。"
            )
        acting = Acting(actor(ask, role), now, ask.version)
        with refusals(offered), ask.once(_changed):
            return _reply(await self.desk.move(ticket.id, body.move, acting, facts))

    @operation("GET", "/api/v1/tickets/{number}/deadlines", summary="期限及逐日说明", tag=_TAG, problems=(CONFLICT,))
    async def explain_deadlines(self, ask: Ask, ids: OfTicket) -> DeadlinesShown:
        """The dates of the accountable unit's turn, day by day in words (R22.3-6)."""
        ticket, register = await self._seen(ask, ids.number)
        turn = ticket.turn
        if turn is None:
            raise CONFLICT.problem("工单尚未派给承办单位，或已由一级机构收回，没有办理期限。")
        with refusals():
            calendar = register.calendar_of(turn.calendar_version)
            now = clock.now()
            lines = reasoning(turn, calendar, register.rules(turn, clock.civil(now).date()), ticket.pauses, now)
        due = date_shown(turn.due)
        if due is None:
            raise AssertionError("a turn without a due date")
        return DeadlinesShown(
            received=turn.received,
            rules_version=turn.rules_version,
            calendar_version=turn.calendar_version,
            return_by=date_shown(turn.return_by),
            apply_by=date_shown(turn.apply_by),
            due=due,
            latest=date_shown(turn.latest),
            reasoning=list(lines),
        )

    @operation("GET", "/api/v1/tickets/{number}/links", summary="同一事项的关联工单", tag=_TAG, audit="tickets.links")
    async def list_links(self, ask: Ask, ids: OfTicket, query: Nothing) -> Reply[LinksShown]:
        """The tickets of other callers with the same matter (A13), as far as they are the reader's to see."""
        del query
        ticket, register = await self._seen(ask, ids.number)
        other = await self.store.get(ticket.handling_ticket) if ticket.handling_ticket else None
        handling = [other.number] if other and may_see(other, ask, register.tree) else []
        linked = map(ticket_of, await self.store.rows(linked_to(ticket.id)))
        found = [one.number for one in linked if may_see(one, ask, register.tree)]
        body = LinksShown(handling=handling[0] if handling else None, linked=found)
        return Reply(body, [ticket.number, *handling, *found])

    async def _seen(self, ask: Ask, number: str) -> tuple[Ticket, Register]:
        ticket, register = await self.store.by_number(number), await self.store.register()
        if ticket is None or not may_see(ticket, ask, register.tree):
            raise missing("工单")
        await self.store.require(ticket)
        return ticket, register

    async def _is_statement(self, ticket: Ticket, attachment_id: str) -> bool:
        """Article 23 wants it in writing: what is named must be there (R23.1). Files of a ticket are never removed."""
        return await self.store.read(partial(is_statement, ticket_id=ticket.id, attachment_id=attachment_id))

    async def _id_of(self, ask: Ask, number: str, register: Register) -> str:
        found = await self.store.by_number(number)
        if found is None or not may_see(found, ask, register.tree):
            raise NOT_READY.problem("没有这件承办的工单，请核对 handling_ticket 中的工单编号。")
        return found.id


def _reply(ticket: Ticket, *, fresh: bool = False) -> Reply[Receipt]:
    body = receipt(ticket, fresh=fresh)
    return Reply(body, version=ticket.steps, location=f"/api/v1/tickets/{ticket.number}")


def _changed(found: object, *, fresh: bool = False) -> Reply[Receipt] | None:
    # What the store gives for a use case that was refused is no ticket: then no key is kept.
    return _reply(found, fresh=fresh) if isinstance(found, Ticket) else None
