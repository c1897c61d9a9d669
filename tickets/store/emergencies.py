"""Emergency tickets and who has acknowledged them, as they are listed (R7.2). Never confidential ones (R25.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.paging import Cursor, Page
from tickets.model import Ticket
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import is_emergency, is_open, tickets
from tickets.store.tables_work import acknowledgements

_c, _a = tickets.c, acknowledgements.c
_asked = (
    sa.select(acknowledgements)
    .where(_a.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_a.asked_at, _a.seq, _a.unit)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A unit that was asked to acknowledge: see ``tables_work.acknowledgements``."""

    ticket_id: str
    seq: int
    unit: str
    asked_at: datetime
    rank: int
    acknowledged_at: datetime | None
    who: str
    channel: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency ticket, and whom it concerned, in the order in which they were asked."""

    ticket: Ticket
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class EmergencyFilter:
    """Which are listed: those that concern ``units`` (None for all); open or ended; still waiting for somebody.

    Complaints about the units of ``apart`` are left out (A16).
    """

    units: Sequence[str] | None = None
    apart: Sequence[str] = ()
    open: bool | None = None
    waiting: bool = False


def emergencies(
    connection: Connection, shown: EmergencyFilter, *, limit: int, after: Cursor | None = None
) -> Page[Emergency]:
    """Emergency tickets, the newest first, from behind the cursor on."""
    found = [ticket_of(row) for row in connection.execute(emergencies_query(shown, limit=limit, after=after))]
    rows = _with_asked(connection, found[:limit])
    if len(found) <= limit:
        return Page(rows)
    return Page(rows, Cursor(rows[-1].ticket.opened_at, rows[-1].ticket.id))


def emergencies_query(
    shown: EmergencyFilter, *, limit: int, after: Cursor | None = None
) -> sa.Select[*tuple[Any, ...]]:
    """The same, one more than the page has."""
    query = sa.select(*TICKET_COLUMNS).where(is_emergency, _c.confidential.is_(sa.false()), *apart_from(shown.apart))
    if shown.units is not None:
        # From the few that concern the unit, not through all tickets until a page of its own is full.
        asked = sa.select(_a.ticket_id).where(_a.unit.in_(shown.units))
        has = sa.select(_c.id).where(
            is_open, is_emergency, sa.or_(*(one.in_(shown.units) for one in (_c.unit, _c.offered_to)))
        )
        query = query.where(_c.id.in_(asked.union(has)))
    if shown.open is not None:
        query = query.where(is_open if shown.open else _c.open.is_(sa.false()))
    if shown.waiting:
        query = query.where(_c.id.in_(sa.select(_a.ticket_id).where(_a.acknowledged_at.is_(None))))
    if after:
        query = query.where(sa.tuple_(_c.opened_at, _c.id) < sa.tuple_(after.at, after.id))
    return query.order_by(_c.opened_at.desc(), _c.id.desc()).limit(limit + 1)


def _with_asked(connection: Connection, found: Sequence[Ticket]) -> list[Emergency]:
    asked: dict[str, list[Asked]] = {one.id: [] for one in found}
    if asked:
        for row in connection.execute(_asked, {"ids": list(asked)}):
            asked[row.ticket_id].append(Asked(**row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
    return [Emergency(one, tuple(asked[one.id])) for one in found]
