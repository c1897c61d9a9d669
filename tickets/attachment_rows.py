"""The rows of attachments: which ticket has which file, and what the scanner said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.ids import new_id
from common.worded import Worded
from tickets.attachment_shelf import Stored
from tickets.store.sealing import Sealing
from tickets.store.sealing_work import looking_after
from tickets.store.tables import attachments
from tickets.store.work import Work

_of_ticket = (
    sa.select(attachments)
    .where(attachments.c.ticket_id == sa.bindparam("ticket"))
    .order_by(attachments.c.added_at, attachments.c.id)
)
_waiting = (
    sa.select(attachments.c.sha256, sa.func.min(attachments.c.id))
    .where(attachments.c.scan == sa.literal_column("'waiting'"))
    .group_by(attachments.c.sha256)
    .order_by(sa.func.min(attachments.c.id))
    .limit(50)
)
_judge = (
    attachments.update()
    .where(attachments.c.sha256 == sa.bindparam("hash"), attachments.c.scan == sa.literal_column("'waiting'"))
    .values(scan=sa.bindparam("verdict"), note=sa.bindparam("said"))
)
_known = sa.select(attachments.c.sha256).where(attachments.c.sha256.in_(sa.bindparam("hashes", expanding=True)))
_count = sa.select(sa.func.count()).where(
    attachments.c.ticket_id == sa.bindparam("ticket"), attachments.c.who == sa.bindparam("who")
)
_statement = sa.select(attachments.c.id).where(
    attachments.c.ticket_id == sa.bindparam("ticket"),
    attachments.c.id == sa.bindparam("name"),
    attachments.c.scan != sa.literal_column("'refused'"),
)
#: Who has brought a file, where it was no person of ours.
CALLER = "诉求人"
_BROUGHT_BY = 80


class Scan(Worded):
    """What the scanner said. Only what is clean is ever handed out."""

    WAITING = "waiting", "待扫描"
    CLEAN = "clean", "已扫描"
    REFUSED = "refused", "含有害内容"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a ticket."""

    id: str
    ticket_id: str
    sha256: str
    name: str = field(repr=False)
    media_type: str
    size: int
    added_at: datetime
    who: str
    scan: Scan
    note: str
    #: The file is sealed with its ticket's key; ``sha256`` is that of the sealed file.
    sealed: bool = False

    def of_unit_below(self, root: str) -> bool:
        """Whether people of a unit below ``root``, level 1, have brought it."""
        return self.who != CALLER and self.who.endswith("）") and not self.who.endswith(_of_unit(root))


def brought_by(person: str, unit: str) -> str:
    """How a file says which person of which unit has brought it."""
    unit = _of_unit(unit[: _BROUGHT_BY - 2])
    return f"{person[: _BROUGHT_BY - len(unit)]}{unit}"


def _of_unit(unit: str) -> str:
    return f"（{unit}）"


def attach(work: Work, ticket_id: str, files: Sequence[Stored], *, who: str, at: datetime) -> None:
    """Put files to a ticket; they wait for the scanner."""
    if files and work.ticket(ticket_id).confidential:
        statement, values = looking_after(work.connection, ticket_id)
        work.change(statement, **values)
    for file in files:
        work.insert(attachments, **_row(ticket_id, file, who, at))


def attach_once(work: Work, ticket_id: str, file: Stored, *, who: str, at: datetime) -> Attachment:
    """Put a file to a ticket unless the same person has put it there already; gives it as it stands.

    Written at once, so that of two that come together the second finds the first: do it last in a use case.
    """
    found = of_ticket(work.connection, ticket_id, work.seals.sealing)
    same = [one for one in found if (one.sha256, one.who) == (file.sha256, who)]
    if same:
        return same[0]
    row = _row(ticket_id, file, who, at)
    ticket = work.ticket(ticket_id)
    if ticket.confidential:
        work.connection.execute(*looking_after(work.connection, ticket_id))
    work.connection.execute(attachments.insert(), work.seals.row(attachments, row, ticket))
    return Attachment(**{**row, "scan": Scan.WAITING})


def _row(ticket_id: str, file: Stored, who: str, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "ticket_id": ticket_id,
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "added_at": at,
        "who": who,
        "scan": Scan.WAITING.value,
        "note": "",
        "sealed": False,
    }


def of_ticket(connection: Connection, ticket_id: str, sealing: Sealing) -> list[Attachment]:
    """The files of a ticket, oldest first; one whose name cannot be opened has none."""
    rows = connection.execute(_of_ticket, {"ticket": ticket_id}).all()
    return [_attachment(row) for row in sealing.opened_rows(connection, attachments, rows)]


def sealed_place(attachment_id: str) -> str:
    """What and where the sealed file of an attachment is."""
    return f"attachment|{attachment_id}"


def is_statement(connection: Connection, ticket_id: str, attachment_id: str) -> bool:
    """Whether a ticket has a file of this id that the scanner has not refused: what R23 asks to be there in writing."""
    return connection.execute(_statement, {"ticket": ticket_id, "name": attachment_id}).first() is not None


def count(connection: Connection, ticket_id: str) -> int:
    """How many files the caller has brought to a ticket; those of our people do not count."""
    return int(connection.execute(_count, {"ticket": ticket_id, "who": CALLER}).scalar_one())


def waiting(connection: Connection) -> list[str]:
    """The hashes of files that nobody has scanned, oldest first, each once."""
    return [row.sha256 for row in connection.execute(_waiting)]


def known(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these files belong to a ticket."""
    return set(connection.execute(_known, {"hashes": list(hashes)}).scalars())


def judge(work: Work, sha256: str, verdict: Scan, said: str) -> None:
    """What the scanner said of a file holds wherever it is attached and waits."""
    work.change(_judge, hash=sha256, verdict=verdict.value, said=said[:500])


def _attachment(told: Mapping[str, Any]) -> Attachment:
    return Attachment(**{**told, "scan": Scan.of(told["scan"])})
