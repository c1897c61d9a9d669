"""The rows behind the sealing of files and calls: which tickets are still looked after, and what of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from tickets.desk.filing import refile
from tickets.model import Ticket
from tickets.store import TicketStore
from tickets.store.finding import ticket_index
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.sealing_work import looking_after
from tickets.store.tables import attachments, tickets
from tickets.store.tables_sealing import IN_FILES, sealings
from tickets.store.tables_work import notices
from tickets.store.work import Work

_c = sealings.c
_due = (
    sa.select(_c.ticket_id, _c.tries, _c.scrub)
    .where(_c.next_at <= sa.bindparam("now"))
    .order_by(_c.next_at, _c.ticket_id)
    .limit(sa.bindparam("most"))
)
_of = sealings.update().where(_c.ticket_id == sa.bindparam("b_ticket"))
_postpone = _of.values(next_at=sa.bindparam("again"), tries=_c.tries + 1)
_scrubbed = _of.values(scrub=_c.scrub.bitwise_and(sa.bindparam("done", type_=sa.Integer)))
_wants_scrub = _of.values(scrub=_c.scrub.bitwise_or(IN_FILES))
_done = sealings.delete().where(_c.ticket_id == sa.bindparam("b_ticket"), _c.scrub == 0)
_files = (
    sa.select(attachments.c.id, attachments.c.sha256, attachments.c.scan)
    .where(attachments.c.ticket_id == sa.bindparam("ticket"), attachments.c.sealed.is_(sa.false()))
    .order_by(attachments.c.id)
)
_seal_file = (
    attachments.update()
    .where(attachments.c.id == sa.bindparam("b_id"), attachments.c.sealed.is_(sa.false()))
    .values(sha256=sa.bindparam("new_hash"), sealed=sa.true())
)
_recent = sa.select(tickets.c.id).where(
    tickets.c.confidential.is_(sa.true()), tickets.c.opened_at >= sa.bindparam("since")
)
#: Recordings of calls that broke off may be closed as late as this.
_LATE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Looked:
    """A confidential ticket that is looked after: how often it was, and what of it is to be scrubbed (``sealings``)."""

    ticket_id: str
    tries: int
    scrub: int


@dataclass(frozen=True, slots=True)
class PlainFile:
    """An attachment that stands in the clear; ``waiting`` for the scanner, which must read it first."""

    id: str
    sha256: str
    waiting: bool


async def due(store: TicketStore, now: datetime, most: int = 50) -> list[Looked]:
    """What is to be looked at now."""
    rows = await store.rows(_due, {"now": now, "most": most})
    return [Looked(*row) for row in rows]


async def ticket(store: TicketStore, ticket_id: str) -> Ticket | None:
    """The ticket as it stands in its row, opened or not."""
    rows = await store.rows(sa.select(*TICKET_COLUMNS).where(tickets.c.id == ticket_id))
    return ticket_of(rows[0]) if rows else None


async def seal_marked(store: TicketStore, ticket_id: str) -> None:
    """Seal a ticket that was marked before there was sealing.

    Raises:
        SealedTicketError: it cannot be sealed.
        NotWritten: the database refused.
    """

    def seal(work: Work) -> None:
        found = work.ticket(ticket_id)
        if found.confidential and not found.sealed:
            work.seals.seal_whole(found)
            ticket_index.forget(work.connection, [ticket_id])
            refile(work, found)

    await store.run(seal, ticket_id)


async def plain_files(store: TicketStore, ticket_id: str) -> list[PlainFile]:
    """The attachments of a ticket that are not sealed yet."""
    rows = await store.rows(_files, {"ticket": ticket_id})
    return [PlainFile(row.id, row.sha256, row.scan == "waiting") for row in rows]


async def file_sealed(store: TicketStore, file: PlainFile, sha256: str) -> bool:
    """Note that a file is sealed; whether no ticket has the plain one any more.

    Raises:
        NotWritten: the database refused.
    """
    others = (
        sa.select(attachments.c.id).where(attachments.c.sha256 == file.sha256, attachments.c.id != file.id).limit(1)
    )

    def note(work: Work) -> bool:
        work.connection.execute(_seal_file, {"b_id": file.id, "new_hash": sha256})
        return work.connection.execute(others).first() is None

    return await store.run(note)


async def shown_notices(store: TicketStore, ticket_id: str) -> list[str]:
    """The ids of the notices to the caller: some may have been shown in a file before."""
    rows = await store.rows(
        sa.select(notices.c.id).where(notices.c.ticket_id == ticket_id, notices.c.audience == "caller")
    )
    return [row.id for row in rows]


async def postpone(store: TicketStore, looked: Looked, again: datetime) -> None:
    """It is looked at again then.

    Raises:
        NotWritten: the database refused.
    """
    await store.run(lambda work: work.change(_postpone, b_ticket=looked.ticket_id, again=again))


async def to_scrub(store: TicketStore, found: Sequence[Looked]) -> list[Looked]:
    """Those of which something is left in the clear in the database, as they are now."""
    rows = await store.rows(sa.select(_c.ticket_id, _c.tries, _c.scrub).where(_c.scrub != 0))
    known = {one.ticket_id for one in found}
    return [Looked(*row) for row in rows if row.ticket_id in known]


async def wants_scrub(store: TicketStore, looked: Looked) -> None:
    """Something of it stands in the clear in the database and is sealed next.

    Raises:
        NotWritten: the database refused.
    """
    await store.run(lambda work: work.change(_wants_scrub, b_ticket=looked.ticket_id))


async def scrubbed(store: TicketStore, found: Sequence[Looked], bits: int) -> None:
    """The database was scrubbed of what these had in the clear there.

    Raises:
        NotWritten: the database refused.
    """

    def note(work: Work) -> None:
        for one in found:
            work.change(_scrubbed, b_ticket=one.ticket_id, done=~bits)

    await store.run(note)


async def done(store: TicketStore, looked: Looked) -> None:
    """Nothing of it stands in the clear, and nothing more is to come; unless it is still to be scrubbed.

    Raises:
        NotWritten: the database refused.
    """
    await store.run(lambda work: work.change(_done, b_ticket=looked.ticket_id))


async def look_again(store: TicketStore, now: datetime) -> int:
    """Look once more after what became confidential lately: a recording may have been closed late. Gives how many.

    Raises:
        NotWritten: the database refused.
    """
    return await store.run(partial(_again, since=now - _LATE))


def _again(work: Work, since: datetime) -> int:
    found = list(work.connection.execute(_recent, {"since": since}).scalars())
    for ticket_id in found:
        statement, values = looking_after(work.connection, ticket_id)
        work.change(statement, **values)
    return len(found)
