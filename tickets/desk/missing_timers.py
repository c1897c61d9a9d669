"""Timers for tickets that have none, though they should."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from tickets.register import NotRegisteredError
from tickets.store.tables import is_open, tickets
from tickets.store.tables_work import timers
from tickets.store.work import Work, sorted_, timer_row
from tickets.timer_rules import wanted

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_without = (
    sa.select(tickets.c.id)
    .where(is_open, tickets.c.id > sa.bindparam("after"))
    .where(~sa.exists().where(timers.c.ticket_id == tickets.c.id))
    .order_by(tickets.c.id)
    .limit(_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class Look:
    """How many tickets were given timers; ``last`` is where to go on, empty at the end."""

    set: int
    last: str


def set_missing(work: Work, after: str = "") -> Look:
    """Give the next open tickets without any timer those that they should have."""
    ids = list(work.connection.execute(_without, {"after": after}).scalars())
    work.prefetch(ids)
    given = 0
    for ticket_id in ids:
        try:
            found = sorted_(wanted(work.ticket(ticket_id), work.register))
        except NotRegisteredError:
            # Its rules are not in the register: nobody's start may fail for that.
            log.exception("no timers could be set", ticket=ticket_id)
            continue
        given += bool(found)
        for timer in found:
            work.insert(timers, **timer_row(ticket_id, timer))
    return Look(given, ids[-1] if len(ids) == _AT_ONCE else "")
