"""Opening many tickets in one transaction: one automatic ticket per call, whoever races (R3.1)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningInsert

from common.clock import civil
from common.ids import new_id
from common.store import insert
from tickets.model import Entry, Opening, Ticket, asked_again, opened
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import automatic, ticket_numbers, tickets
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
    fresh = [one for one in openings if not (one.automatic and one.call_id in standing)]
    numbers = _numbers(work.connection, fresh)
    answers: list[Ticket] = []
    root = work.register.tree.root
    for opening in openings:
        found = standing.get(opening.call_id) if opening.automatic else None
        entry: Entry | None
        if found is None:
            ticket, entry = opened(
                opening, ticket_id=new_id(), number=next(numbers[_day(opening)]), query_code=_query_code(), root=root
            )
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
    root = work.register.tree.root
    number = next(_numbers(work.connection, [opening])[_day(opening)])
    ticket, entry = opened(opening, ticket_id=new_id(), number=number, query_code=_query_code(), root=root)
    work.add(ticket, entry)
    return ticket


def _query_code() -> str:
    """What a citizen gives beside the number to learn where it stands: digits, since it is spoken on the telephone."""
    return f"{secrets.randbelow(10**_QUERY_DIGITS):0{_QUERY_DIGITS}d}"


def _numbers(connection: Connection, openings: Sequence[Opening]) -> dict[str, Iterator[str]]:
    """As many numbers of each civil day as may be needed; what is left over is never used."""
    numbers: dict[str, Iterator[str]] = {}
    statement = _count_on(connection.dialect.name)
    for day, more in sorted(Counter(map(_day, openings)).items()):
        last = connection.execute(statement, {"day": day, "last": more}).scalar_one()
        numbers[day] = _of_day(day, range(last - more + 1, last + 1))
    return numbers


def _of_day(day: str, counts: range) -> Iterator[str]:
    return (f"{day}-{count:06d}" for count in counts)


@cache
def _count_on(dialect: str) -> ReturningInsert[int]:
    fresh = insert(ticket_numbers, dialect)
    onward = {"last": ticket_numbers.c.last + fresh.excluded.last}
    return fresh.on_conflict_do_update(index_elements=["day"], set_=onward).returning(ticket_numbers.c.last)


def _day(opening: Opening) -> str:
    return f"{civil(opening.opened_at):%Y%m%d}"
