"""What is read of tickets outside of any use case. Confidential ones stand in no list (R25.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from common.paging import Cursor
from tickets.model import Kind, Status
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS
from tickets.store.tables import has_category, has_news, is_open, tickets


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets a list shows: all conditions that are set; ``since`` counts in, ``until`` does not.

    ``unit`` is the accountable one, ``units`` are several of which it is one; None stands for all. ``apart_from`` are
    units complained of, of which whoever reads must not know (A16). ``overdue_at`` shows open tickets whose due
    instant is over then, ``news`` those whose caller has come back unseen (A25).
    """

    kind: Kind | None = None
    status: Status | None = None
    number: str = ""
    call_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    unit: str = ""
    units: tuple[str, ...] | None = None
    apart_from: tuple[str, ...] = ()
    category: str = ""
    open: bool | None = None
    overdue_at: datetime | None = None
    news: bool = False


def page_query(shown: TicketFilter, *, limit: int, after: Cursor | None) -> sa.Select[*tuple[Any, ...]]:
    """Newest first, one more than the page has, from behind the cursor on."""
    c = tickets.c
    where = [c.confidential.is_(sa.false()), *_conditions(shown)]
    if after:
        where.append(sa.tuple_(c.opened_at, c.id) < sa.tuple_(after.at, after.id))

    def newest(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
        return query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit + 1)

    units = shown.units
    if units is None:
        return newest(sa.select(*TICKET_COLUMNS).where(*where))
    if not 1 < len(units) <= _MOST_BRANCHES:
        of_units = c.unit == units[0] if len(units) == 1 else c.unit.in_(units)
        return newest(sa.select(*TICKET_COLUMNS).where(*where, of_units))
    # Of each unit the newest, by its own index: to sort all that a large branch ever had costs every page its time.
    each = [newest(sa.select(c.id).where(*where, c.unit == unit)).subquery() for unit in units]
    ids = sa.union_all(*(sa.select(one.c.id) for one in each))
    return newest(sa.select(*TICKET_COLUMNS).where(c.id.in_(ids)))


#: A compound query has its limit in SQLite.
_MOST_BRANCHES = 200


def _conditions(shown: TicketFilter) -> list[sa.ColumnElement[bool]]:
    c = tickets.c
    equal = {
        c.kind: shown.kind and shown.kind.value,
        c.status: shown.status and shown.status.value,
        c.caller_number: shown.number,
        c.call_id: shown.call_id,
        c.unit: shown.unit,
        c.category: shown.category,
    }
    found: list[sa.ColumnElement[bool]] = [column == value for column, value in equal.items() if value]
    found += apart_from(shown.apart_from)
    if shown.category:
        found.append(has_category)
    if shown.since:
        found.append(c.opened_at >= shown.since)
    if shown.until:
        found.append(c.opened_at < shown.until)
    if shown.open is not None:
        found.append(is_open if shown.open else c.open.is_(sa.false()))
    if shown.overdue_at:
        found += [is_open, c.due <= shown.overdue_at]
    if shown.news:
        found.append(has_news)
    return found
