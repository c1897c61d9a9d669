"""The desk: every use case of a ticket, one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from tickets.alike import alike, text_of
from tickets.desk import intake
from tickets.desk.acting import Acting
from tickets.desk.advising import LIKE, Advice, advise
from tickets.desk.moving import move_ticket
from tickets.desk.recomputing import DateChange, apply_changes, changes_of, open_turns
from tickets.desk.telling import notice_sent
from tickets.details import Details
from tickets.errors import NoSuchTicketError
from tickets.model import Kind, Opening, Ticket
from tickets.store import TicketStore
from tickets.store.work import Work
from tickets.turns import reasoning
from tickets.workflow import Possible, possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

#: What follows, outside of tickets, from an answer given at once: called within the transaction of the answer (A19).
Answered = Callable[[Work, Ticket, Facts, datetime], None]

#: So many tickets are recomputed in one transaction.
_AT_ONCE = 200


class TicketDesk:
    """Opens and moves tickets. Whatever it refuses has changed nothing, and says why in Chinese."""

    def __init__(self, store: TicketStore, *, answered: Answered | None = None) -> None:
        self._store = store
        self._answered = answered

    async def open_from_call(
        self, call_id: str, number: str, kind: Kind, opened_at: datetime, recording_id: str = ""
    ) -> Ticket:
        """The one automatic ticket of a call (R14.1): opened at the first asking, the same at every other.

        Asked again with a weightier kind (an answered call becomes an emergency) it is raised, with a step in its
        history. ``number`` is the caller's, normalised; it may be empty. On disk when this returns.

        Raises:
            NotWritten: the database refused.
            ValueError: the call has no id.
        """
        return await self._store.open(Opening(_named(call_id), number, kind, opened_at, recording_id))

    async def open_further(self, call_id: str, number: str, opened_at: datetime, *, who: str, unit: str) -> Ticket:
        """Another ticket for a further matter that came up in the same call, opened by ``who`` of ``unit``.

        Raises:
            NotWritten: the database refused.
            ValueError: the call has no id.
        """
        opening = Opening(
            _named(call_id), number, Kind.MATTER, opened_at, automatic=False, who=who, unit=unit, role=Role.AGENT
        )
        return await self._store.open(opening)

    async def open(self, opening: Opening) -> Ticket:
        """A ticket through any channel: an agent's draft, the mailbox, the intake API, an import (R3.1, R4.1).

        Raises:
            NotReadyError: its details cannot be.
            NotWritten: the database refused.
        """
        return await self._store.run(lambda work: intake.open_ticket(work, opening))

    async def describe(
        self, ticket_id: str, acting: Acting, details: Details, *, confidential: bool | None = None
    ) -> Ticket:
        """Category, nature, place and all else that is known of the matter, as a whole, from now on (R14.1).

        Raises:
            NotReadyError: not theirs to do, or not like this.
            NoSuchTicketError: there is none.
            Conflict: somebody else acted meanwhile.
            NotWritten: the database refused.
        """
        return await self._store.run(
            lambda work: intake.describe(work, ticket_id, acting, details, confidential), ticket_id
        )

    async def name_readers(self, ticket_id: str, acting: Acting, readers: tuple[str, ...], reason: str) -> Ticket:
        """Who may read a confidential ticket from now on, by the ids of their accounts (R25.1).

        Raises:
            NotReadyError, NoSuchTicketError, NotWritten: see ``describe``.
        """
        return await self._store.run(
            lambda work: intake.name_readers(work, ticket_id, acting, readers, reason), ticket_id
        )

    async def confirm_for_units(
        self, ticket_id: str, acting: Acting, text: str, released: tuple[str, ...] = ()
    ) -> Ticket:
        """What units get of a matter whose reporter is protected, and which of its files (A16).

        Raises:
            NotForUnitsError: it still tells who it was.
            NotReadyError, NoSuchTicketError, Conflict, NotWritten: see ``describe``.
        """
        return await self._store.run(
            lambda work: intake.confirm_for_units(work, ticket_id, acting, text, released), ticket_id
        )

    async def move(self, ticket_id: str, move: Move, acting: Acting, facts: Facts | None = None) -> Ticket:
        """One move of the workflow. Dates are computed here; ``facts`` tell the rest (``possible`` says what).

        Raises:
            IllegalMoveError: the table does not allow it; says why, and what is possible.
            NotReadyError: something must be done or told first.
            NoSuchTicketError: there is none.
            Conflict: somebody else acted meanwhile; says who did what.
            NotWritten: the database refused.
        """
        told = facts or Facts()
        touched = (ticket_id, told.handling_ticket)

        def use_case(work: Work) -> Ticket:
            after = move_ticket(work, ticket_id, move, acting, told)
            if self._answered and move is Move.ANSWER_AT_ONCE:
                self._answered(work, after, told, acting.now)
            return after

        return await self._store.run(use_case, *touched)

    async def possible(self, ticket_id: str, actor: Actor, now: datetime) -> tuple[Possible, ...]:
        """Every move that somebody may make now, with the fields it requires and its articles.

        Raises:
            NoSuchTicketError: there is none.
        """
        ticket = await self._ticket(ticket_id)
        register = await self._store.register()
        return possible(ticket.case, actor, register.surroundings(ticket.turn, now))

    async def advice(self, ticket_id: str, now: datetime) -> Advice:
        """What a clerk sees before the ticket is sent (R21.0).

        Raises:
            NoSuchTicketError: there is none.
        """
        ticket = await self._ticket(ticket_id)
        register = await self._store.register()
        like = await alike(self._store, text_of(ticket), limit=LIKE, is_open=False)
        return await self._store.read(partial(advise, register=register, ticket=ticket, now=now, like=like))

    async def reasoning(self, ticket_id: str, now: datetime) -> tuple[str, ...]:
        """Why the due day is what it is, day by day, by the calendar that it was computed with; empty with no due day.

        Raises:
            NoSuchTicketError: there is none.
            NotRegisteredError: the calendar of then is no longer there.
        """
        ticket = await self._ticket(ticket_id)
        if ticket.turn is None:
            return ()
        register = await self._store.register()
        calendar = register.calendar_of(ticket.turn.calendar_version)
        rules = register.rules(ticket.turn, ticket.turn.received.date())
        return reasoning(ticket.turn, calendar, rules, ticket.pauses, now)

    async def notice_sent(self, notice_id: str, proof: Mapping[str, str], now: datetime) -> Ticket:
        """A notice has been sent, with what proves it; an extension counts from then on (A18).

        Raises:
            NotReadyError: there is no such notice.
            NotWritten: the database refused.
        """
        return await self._store.run(lambda work: notice_sent(work, notice_id, proof, now))

    async def changes_by_calendar(self) -> list[DateChange]:
        """What the calendar of now would change in the dates of open tickets; nothing is stored."""
        register = await self._store.register()
        running = await self._store.read(partial(open_turns, sealing=self._store.sealing))
        return [change for ticket in running for change in changes_of(ticket, register)[1]]

    async def recompute(self, now: datetime) -> list[DateChange]:
        """Compute the dates of open tickets under the calendar of now, and write down what changes.

        Raises:
            NotWritten: the database refused; some tickets may be done already, and are found done the next time.
        """
        ids = list(dict.fromkeys(change.ticket_id for change in await self.changes_by_calendar()))
        done: list[DateChange] = []
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            done += await self._store.run(partial(apply_changes, ticket_ids=some, now=now), *some)
        return done

    async def _ticket(self, ticket_id: str) -> Ticket:
        ticket = await self._store.get(ticket_id)
        if ticket is None:
            raise NoSuchTicketError(ticket_id)
        await self._store.require(ticket)
        return ticket


def _named(call_id: str) -> str:
    if not call_id:
        raise ValueError("a ticket from a call needs the call's id")
    return call_id
