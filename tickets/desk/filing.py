"""The classified archive: what has ended is filed under its class and year, and settled some time later (R14.8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy import Insert

from common.clock import civil
from common.store import insert
from tickets.model import Entry, Status, Ticket
from tickets.register import Register
from tickets.store.rows import ENDED
from tickets.store.tables_archive import filings, unsettled
from tickets.store.work import Work

#: The class of a ticket that was never given a category.
UNCLASSED = "未分类"
#: Under which all confidential tickets stand, so that no class tells what one is about (R25.1).
CONFIDENTIAL = "保密"
_withdraw = filings.delete().where(filings.c.ticket_id == sa.bindparam("b_ticket"))
_reclass = (
    filings.update()
    .where(filings.c.ticket_id == sa.bindparam("b_ticket"))
    .values(archive_class=sa.bindparam("kept_under"))
)
_old = (
    sa.select(filings.c.ticket_id)
    .where(unsettled, filings.c.filed_at <= sa.bindparam("before"))
    .order_by(filings.c.filed_at, filings.c.ticket_id)
    .limit(sa.bindparam("most"))
)


def archive_class(register: Register, category: str) -> str:
    """Under which class a category is kept: its own, else the nearest above it, else the category itself."""
    path = register.category_path(category)
    return next((found for one in path if (found := register.categories[one].archive_class)), category or UNCLASSED)


def file_away(work: Work, before: Ticket, after: Ticket, entry: Entry) -> None:
    """File what has ended; take out what is taken up again (R6.1); settle what is archived."""
    if after.status is Status.ARCHIVED:
        _file(work, after, entry, entry.facts.archive_class)
    elif after.status in ENDED and before.status not in ENDED:
        _file(work, after, entry, archive_class(work.register, after.details.category))
    elif before.status in ENDED and after.status not in ENDED:
        work.change(_withdraw, b_ticket=after.id)


def refile(work: Work, ticket: Ticket) -> None:
    """Put what has ended under another class, where it became confidential or is so no more."""
    kept_under = CONFIDENTIAL if ticket.confidential else archive_class(work.register, ticket.details.category)
    work.change(_reclass, b_ticket=ticket.id, kept_under=kept_under)


def ended_before(work: Work, now: datetime, *, days: int, most: int = 200) -> list[str]:
    """Tickets that ended so many days ago and are not archived yet, the oldest first."""
    found = work.connection.execute(_old, {"before": now - timedelta(days=days), "most": most})
    return list(found.scalars())


def _file(work: Work, ticket: Ticket, entry: Entry, kept_under: str) -> None:
    settled = ticket.status is Status.ARCHIVED
    work.change(
        _filing(work.connection.dialect.name, settled=settled),
        ticket_id=ticket.id,
        unit=ticket.unit,
        archive_class=CONFIDENTIAL if ticket.confidential else kept_under,
        year=civil(entry.at).year,
        filed_at=entry.at,
        archived_at=entry.at if settled else None,
    )


@cache
def _filing(dialect: str, *, settled: bool) -> Insert:
    plain = insert(filings, dialect)
    # What is settled later stays under the year in which it ended.
    changed = ("archive_class", "archived_at") if settled else ("unit", "archive_class", "year", "filed_at")
    return plain.on_conflict_do_update(
        index_elements=["ticket_id"], set_={name: plain.excluded[name] for name in changed}
    )
