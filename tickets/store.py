"""The rows of tickets and their history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningInsert

from common.clock import civil
from common.ids import new_id
from common.paging import Cursor, Page
from common.store import Instant, Ledger, appending, insert, metadata, upserting
from tickets.model import Channel, Kind, Opening, Status, StatusChange, Ticket, asked_again, opened

tables = metadata()

tickets = Table(
    "tickets",
    tables,
    Column("id", String(32), primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("status", String(30), nullable=False),
    Column("opened_at", Instant, nullable=False),
    #: No foreign key: calls and recordings expire before tickets do (A23).
    Column("call_id", String(80), nullable=False),
    Column("automatic", sa.Boolean, nullable=False),
    Column("caller_number", String(40), nullable=False),
    Column("recording_id", String(160), nullable=False),
    Column("confidential", sa.Boolean, nullable=False),
    Column("steps", Integer, nullable=False),
    Index(None, "opened_at", "id"),
    Index(None, "caller_number", "opened_at", "id"),
    # On SQLite every tree that a row stands in costs about as much as the row: the key's own tree holds the rows.
    sqlite_with_rowid=False,
)
#: Exactly one automatic ticket per call, whoever races.
_automatic = tickets.c.automatic.is_(sa.true())
Index("uq_tickets_automatic_call", tickets.c.call_id, unique=True, sqlite_where=_automatic, postgresql_where=_automatic)
_further = tickets.c.automatic.is_(sa.false())
Index("ix_tickets_further_call", tickets.c.call_id, sqlite_where=_further, postgresql_where=_further)

status_changes = Table(
    "status_changes",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("status", String(30), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("why", Text, nullable=False),
    sqlite_with_rowid=False,
)

ticket_numbers = Table(
    "ticket_numbers",
    tables,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
    sqlite_with_rowid=False,
)

_TICKET_FIELDS = tuple(field.name for field in fields(Ticket))
_STEP_FIELDS = tuple(field.name for field in fields(StatusChange))
_columns = [tickets.c[name] for name in _TICKET_FIELDS]
_save = upserting(tickets)
_append = appending(status_changes)
_automatic_of = sa.select(*_columns).where(tickets.c.call_id.in_(sa.bindparam("calls", expanding=True)), _automatic)


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets a list shows: all conditions that are set; ``since`` counts in, ``until`` does not."""

    kind: Kind | None = None
    status: Status | None = None
    number: str = ""
    call_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


class TicketStore:
    """The books of the desk. Writes go through the ledger, reads straight to the database."""

    def __init__(self, reads: AsyncEngine, ledger: Ledger) -> None:
        self._reads = reads
        self._ledger = ledger

    async def open(self, opening: Opening) -> Ticket:
        """Open a ticket, or find (and raise) the call's automatic one; on disk when this returns.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(_open, opening)

    async def by_number(self, number: str) -> Ticket | None:
        """One ticket, or None where there is none of that number."""
        found = await self._rows(sa.select(*_columns).where(tickets.c.number == number))
        return _ticket(found[0]) if found else None

    async def of_call(self, call_id: str) -> list[Ticket]:
        """The tickets of one call, the automatic one first."""
        query = sa.select(*_columns).where(tickets.c.call_id == call_id)
        found = [*await self._rows(query.where(_automatic)), *await self._rows(query.where(_further))]
        return sorted(map(_ticket, found), key=lambda ticket: (not ticket.automatic, ticket.id))

    async def history(self, ticket_id: str) -> list[StatusChange]:
        """The steps of one ticket, the first one first."""
        query = sa.select(*(status_changes.c[name] for name in _STEP_FIELDS)).order_by(status_changes.c.seq)
        return [_step(row) for row in await self._rows(query.where(status_changes.c.ticket_id == ticket_id))]

    async def page(self, shown: TicketFilter, *, limit: int, after: Cursor | None = None) -> Page[Ticket]:
        """Some tickets, newest first, from behind the cursor on. Confidential ones are never in it (R25.1)."""
        query = sa.select(*_columns).where(tickets.c.confidential.is_(sa.false()))
        query = query.order_by(tickets.c.opened_at.desc(), tickets.c.id.desc()).limit(limit + 1)
        if shown.kind:
            query = query.where(tickets.c.kind == shown.kind.value)
        if shown.status:
            query = query.where(tickets.c.status == shown.status.value)
        if shown.number:
            query = query.where(tickets.c.caller_number == shown.number)
        if shown.call_id:
            query = query.where(tickets.c.call_id == shown.call_id)
        if shown.since:
            query = query.where(tickets.c.opened_at >= shown.since)
        if shown.until:
            query = query.where(tickets.c.opened_at < shown.until)
        if after:
            query = query.where(sa.tuple_(tickets.c.opened_at, tickets.c.id) < sa.tuple_(after.at, after.id))
        found = [_ticket(row) for row in await self._rows(query)]
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        return Page(found[:limit], Cursor(last.opened_at, last.id))

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
        async with self._reads.connect() as connection:
            return (await connection.execute(query)).all()


def _open(connection: Connection, openings: Sequence[Opening]) -> Sequence[Ticket]:
    asked = {opening.call_id for opening in openings if opening.automatic}
    known = map(_ticket, connection.execute(_automatic_of, {"calls": list(asked)}).all())
    automatic = {ticket.call_id: ticket for ticket in known}
    numbers = _numbers(connection, [o for o in openings if not (o.automatic and o.call_id in automatic)])
    changed: dict[str, Ticket] = {}
    steps: list[StatusChange] = []
    answers: list[Ticket] = []
    for opening in openings:
        standing = automatic.get(opening.call_id) if opening.automatic else None
        step: StatusChange | None
        if standing is None:
            ticket, step = opened(opening, ticket_id=new_id(), number=next(numbers[_day(opening)]))
        else:
            ticket, step = asked_again(standing, opening)
        if opening.automatic:
            automatic[opening.call_id] = ticket
        if step:
            changed[ticket.id] = ticket
            steps.append(step)
        answers.append(ticket)
    if steps:
        # Two processes that change one ticket write the same step of its history: the second is refused and tries anew.
        _save(connection, [_row(ticket, _TICKET_FIELDS) for ticket in changed.values()])
        _append(connection, [_row(step, _STEP_FIELDS) for step in steps])
    return answers


def _numbers(connection: Connection, openings: Sequence[Opening]) -> dict[str, Iterator[str]]:
    """As many numbers of each civil day as may be needed; what is left over is never used."""
    numbers: dict[str, Iterator[str]] = {}
    statement = _count_on(connection.dialect.name)
    for day, wanted in Counter(map(_day, openings)).items():
        last = connection.execute(statement, {"day": day, "last": wanted}).scalar_one()
        numbers[day] = (f"{day}-{n:06d}" for n in range(last - wanted + 1, last + 1))
    return numbers


@cache
def _count_on(dialect: str) -> ReturningInsert[int]:
    fresh = insert(ticket_numbers, dialect)
    onward = {"last": ticket_numbers.c.last + fresh.excluded.last}
    return fresh.on_conflict_do_update(index_elements=["day"], set_=onward).returning(ticket_numbers.c.last)


def _day(opening: Opening) -> str:
    return f"{civil(opening.opened_at):%Y%m%d}"


def _row(record: Ticket | StatusChange, names: Sequence[str]) -> dict[str, object]:
    values = ((name, getattr(record, name)) for name in names)
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values}


def _ticket(row: sa.Row[Any]) -> Ticket:
    values = dict(zip(_TICKET_FIELDS, row, strict=True))
    kinds = {"kind": Kind(values["kind"]), "channel": Channel(values["channel"]), "status": Status(values["status"])}
    return Ticket(**{**values, **kinds})


def _step(row: sa.Row[Any]) -> StatusChange:
    values = dict(zip(_STEP_FIELDS, row, strict=True))
    return StatusChange(**{**values, "status": Status(values["status"]), "kind": Kind(values["kind"])})
