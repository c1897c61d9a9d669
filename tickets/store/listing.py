"""What is listed beside tickets: links, tasks, acknowledgements, returns, rulings. Never of confidential ones (R25.1).

Each row comes with its ticket, so that whoever shows it can judge who may see that. ``apart`` are units complained of:
rows of such tickets are left out (A16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Integer, String, Table

from common.paging import Cursor, Page
from common.store import Instant
from tickets.model import Ticket
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import is_emergency, is_linked, tickets
from tickets.store.tables_register import rulings
from tickets.store.tables_work import acknowledgements, returns, tasks

Rows = sa.Select[*tuple[Any, ...]]

_shown = tickets.c.confidential.is_(sa.false())
#: A task without a limit comes after all that have one.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_MOST_STEPS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list by its columns' names, and the ticket that it belongs to."""

    ticket: Ticket
    row: Mapping[str, Any]


def linked_to(ticket_id: str) -> Rows:
    """The tickets that wait for this one, the first first (A13)."""
    query = sa.select(*TICKET_COLUMNS).where(is_linked, tickets.c.handling_ticket == ticket_id, _shown)
    return query.order_by(tickets.c.number).limit(1000)


def open_tasks(
    connection: Connection,
    units: Sequence[str] | None,
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Sequence[str] = (),
) -> Page[Listed]:
    """The open tasks of these co-handlers, the most pressing first (A10); None stands for all units.

    Raises:
        ValueError: the cursor is another list's.
    """
    c = tasks.c
    due = sa.func.coalesce(c.due, sa.literal(_NEVER, Instant))
    query = _beside(tasks, apart).where(c.ended_at.is_(None), *_of(c.unit, units))
    key = (due, c.ticket_id, c.seq, c.unit)
    if after:
        query = query.where(sa.tuple_(*key) > _step(after))
    return _page(connection, query.order_by(*key), limit, lambda row: Cursor(row["due"] or _NEVER, _step_id(row)))


def awaited_acknowledgements(
    connection: Connection,
    units: Sequence[str] | None,
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Sequence[str] = (),
) -> Page[Listed]:
    """Which of these units have not yet said that they have an emergency ticket, the longest wait first (R7.2).

    Raises:
        ValueError: the cursor is another list's.
    """
    c = acknowledgements.c
    # Who was asked while it was an emergency is asked no more once it is none.
    query = _beside(acknowledgements, apart).where(c.acknowledged_at.is_(None), is_emergency, *_of(c.unit, units))
    key = (c.asked_at, c.ticket_id, c.seq, c.unit)
    if after:
        query = query.where(sa.tuple_(*key) > _step(after))
    return _page(connection, query.order_by(*key), limit, lambda row: Cursor(row["asked_at"], _step_id(row)))


def returns_of(
    connection: Connection,
    units: Sequence[str] | None,
    category: str = "",
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Sequence[str] = (),
) -> Page[Listed]:
    """The returns that these units have asked for, of one category or of any, the latest first (R22.6).

    Raises:
        ValueError: the cursor is another list's.
    """
    c = returns.c
    query = _beside(returns, apart).where(*_of(c.unit, units), *([c.category == category] if category else []))
    key = (c.at, c.ticket_id, c.seq, c.unit)
    if after:
        query = query.where(sa.tuple_(*key) < _step(after))
    query = query.order_by(*(one.desc() for one in key))
    return _page(connection, query, limit, lambda row: Cursor(row["at"], _step_id(row)))


def rulings_on(
    connection: Connection,
    units: Sequence[str] | None,
    category: str = "",
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Sequence[str] = (),
) -> Page[Listed]:
    """The rulings that concern these units, on one category or on any, the latest first (R21.3)."""
    c = rulings.c
    query = _beside(rulings, apart).where(*([c.category == category] if category else []))
    if units is not None:
        query = query.where(sa.or_(*(column.in_(units) for column in (c.unit, tickets.c.unit, tickets.c.upper))))
    if after:
        query = query.where(sa.tuple_(c.on, c.id) < sa.tuple_(after.at.date(), after.id))
    query = query.order_by(c.on.desc(), c.id.desc())
    return _page(connection, query, limit, lambda row: Cursor(datetime.combine(row["on"], time(0), UTC), row["id"]))


def _beside(table: Table, apart: Sequence[str]) -> Rows:
    """The rows of a table with their tickets; those of confidential tickets are not among them, nor ``apart``."""
    columns = (column.label(f"its_{column.name}") for column in table.c)
    return (
        sa.select(*TICKET_COLUMNS, *columns)
        .join_from(table, tickets, tickets.c.id == table.c.ticket_id)
        .where(_shown, *apart_from(apart))
    )


def _of(column: sa.Column[Any], units: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    return [] if units is None else [column.in_(units)]


def _step_id(row: Mapping[str, Any]) -> str:
    return f"{row['ticket_id']} {row['seq']} {row['unit']}"


def _step(after: Cursor) -> sa.Tuple:
    ticket, seq, unit = after.parts(3)
    if not seq.isdecimal() or int(seq) > _MOST_STEPS:
        raise ValueError("not a cursor of this list")
    return sa.tuple_(
        sa.literal(after.at, Instant),
        sa.literal(ticket, String),
        sa.literal(int(seq), Integer),
        sa.literal(unit, String),
    )


def _page(
    connection: Connection, query: Rows, limit: int, place: Callable[[Mapping[str, Any]], Cursor]
) -> Page[Listed]:
    rows = [_listed(row) for row in connection.execute(query.limit(limit + 1))]
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], place(rows[limit - 1].row))


def _listed(row: sa.Row[Any]) -> Listed:
    told = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    its = {name.removeprefix("its_"): value for name, value in told.items() if name.startswith("its_")}
    return Listed(ticket_of(row), its)
