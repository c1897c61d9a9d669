"""Opening many tickets in one transaction: one automatic ticket per call, whoever races (R3.1)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from common.clock import civil
from common.ids import new_id
from tickets.model import Entry, Opening, Ticket, asked_again, opened
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import automatic, tickets
from tickets.store.work import Work

_automatic_of = sa.select(*TICKET_COLUMNS).where(
    tickets.c.call_id.in_(sa.bindparam("calls", expanding=True)), automatic
)
_QUERY_DIGITS = 6


def open_all(work: Work, openings: Sequence[Opening]) -> Sequence[Ticket]:
    """A new ticket for each, or the call's automatic one, raised where the call weighs more now."""
    asked = {opening.call_id for opening in openings if opening.automatic}
    known = map(ticket_of, work.connection.execute(_automatic_of, {"calls": list(asked)}).all()) if asked else ()
    standing = {ticket.call_id: ticket for ticket in known}
    work.prefetch(ticket.id for ticket in standing.values())
    answers: list[Ticket] = []
    for opening in openings:
        found = standing.get(opening.call_id) if opening.automatic else None
        entry: Entry | None
        if found is None:
            ticket, entry = _opened(work, opening)
        else:
            ticket, entry = asked_again(work.ticket(found.id), opening)
        if opening.automatic:
            standing[opening.call_id] = ticket
        if entry:
            work.add(ticket, entry)
            work.keep()
        answers.append(ticket)
    return answers


def open_one(work: Work, opening: Opening) -> Ticket:
    """A new ticket, within a use case that does more."""
    ticket, entry = _opened(work, opening)
    work.add(ticket, entry)
    return ticket


def _opened(work: Work, opening: Opening) -> tuple[Ticket, Entry]:
    day = f"{civil(opening.opened_at):%Y%m%d}"
    number = f"{day}-{work.count_on(day):06d}"
    root = work.register.tree.root
    return opened(opening, ticket_id=new_id(), number=number, query_code=_query_code(), root=root)


def _query_code() -> str:
    """What a citizen gives beside the number to learn where it stands: digits, since it is spoken on the telephone."""
    return f"{secrets.randbelow(10**_QUERY_DIGITS):0{_QUERY_DIGITS}d}"
