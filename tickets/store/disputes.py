"""The disputes that wait for a ruling, each before the body of its level (R21.3). Never confidential ones (R25.1)."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from common.paging import Cursor, Page
from tickets.model import Status, Ticket
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import is_open, tickets

_c = tickets.c


def disputes(
    connection: Connection, body: str | None, *, limit: int, after: Cursor | None = None, apart: Collection[str] = ()
) -> Page[Ticket]:
    """What waits for one body, or for any (None), the longest wait first. Few wait at once: a page may be short.

    Complaints about the units of ``apart`` are left out (A16).
    """
    query = sa.select(*TICKET_COLUMNS).where(
        is_open, _c.status == Status.ADJUDICATION.value, _c.confidential.is_(sa.false()), *apart_from(apart)
    )
    if after:
        query = query.where(sa.tuple_(_c.since, _c.id) > sa.tuple_(after.at, after.id))
    found = [ticket_of(row) for row in connection.execute(query.order_by(_c.since, _c.id).limit(limit + 1))]
    rows = found[:limit]
    waiting = [one for one in rows if not one.case.ruled and body in (None, one.case.adjudicator)]
    return Page(waiting, Cursor(rows[-1].since, rows[-1].id) if len(found) > limit else None)
