"""What is read of the archive: its classes, and what stands in one; of its own, never what is confidential (R14.8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from common.paging import Cursor, Page
from tickets.model import Ticket
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import tickets
from tickets.store.tables_archive import filings

_c = filings.c
#: Marked confidential later, a ticket is out of every list from then on (R25.1).
_shown = tickets.c.confidential.is_(sa.false())


@dataclass(frozen=True, slots=True)
class Shelf:
    """One class of one year, and how many tickets of those who ask stand in it."""

    archive_class: str
    year: int
    count: int


def shelves(connection: Connection, units: Collection[str] | None = None, apart: Collection[str] = ()) -> list[Shelf]:
    """The classes in which these units have tickets, the latest year first; None stands for level 1, which sees all.

    Complaints about the units of ``apart`` are not counted (A16).
    """
    query = sa.select(_c.archive_class, _c.year, sa.func.count())
    query = query.join_from(filings, tickets).where(_shown, *apart_from(apart)).group_by(_c.archive_class, _c.year)
    if units is not None:
        query = query.where(_c.unit.in_(sorted(units)))
    # Sorted here: databases sort Chinese in different ways.
    return sorted((Shelf(*row) for row in connection.execute(query)), key=lambda one: (-one.year, one.archive_class))


def on_shelf(
    connection: Connection,
    archive_class: str,
    year: int,
    units: Collection[str] | None = None,
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Collection[str] = (),
) -> Page[Ticket]:
    """The tickets of these units in a class and year, the last ended first, from behind the cursor on."""
    query = sa.select(*TICKET_COLUMNS, _c.filed_at).join_from(filings, tickets)
    query = query.where(_shown, *apart_from(apart), _c.archive_class == archive_class, _c.year == year)
    if units is not None:
        query = query.where(_c.unit.in_(sorted(units)))
    if after:
        query = query.where(sa.tuple_(_c.filed_at, _c.ticket_id) < sa.tuple_(after.at, after.id))
    rows = connection.execute(query.order_by(_c.filed_at.desc(), _c.ticket_id.desc()).limit(limit + 1)).all()
    shown = [ticket_of(row) for row in rows[:limit]]
    more = Cursor(rows[limit - 1].filed_at, shown[-1].id) if len(rows) > limit else None
    return Page(shown, more)
