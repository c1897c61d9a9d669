"""The desk: every use case of a ticket, one transaction each."""

from __future__ import annotations

from datetime import datetime

from tickets.desk import intake
from tickets.desk.acting import Acting
from tickets.desk.moving import move_ticket
from tickets.details import Details
from tickets.errors import NoSuchTicketError
from tickets.model import Kind, Opening, Ticket
from tickets.store import TicketStore
from tickets.workflow import Possible, possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role


class TicketDesk:
    """Opens and moves tickets. Whatever it refuses has changed nothing, and says why in Chinese."""

    def __init__(self, store: TicketStore) -> None:
        self._store = store

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
        return await self._store.run(lambda work: move_ticket(work, ticket_id, move, acting, told), *touched)

    async def possible(self, ticket_id: str, actor: Actor, now: datetime) -> tuple[Possible, ...]:
        """Every move that somebody may make now, with the fields it requires and its articles.

        Raises:
            NoSuchTicketError: there is none.
        """
        ticket = await self._store.get(ticket_id)
        if ticket is None:
            raise NoSuchTicketError(ticket_id)
        register = await self._store.register()
        return possible(ticket.case, actor, register.surroundings(ticket.turn, now))


def _named(call_id: str) -> str:
    if not call_id:
        raise ValueError("a ticket from a call needs the call's id")
    return call_id
