"""The rows of attachments: which ticket has which file, and what the scanner said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.ids import new_id
from common.worded import Worded
from tickets.attachment_shelf import Stored
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
_count = sa.select(sa.func.count()).where(attachments.c.ticket_id == sa.bindparam("ticket"))


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
    name: str
    media_type: str
    size: int
    added_at: datetime
    who: str
    scan: Scan
    note: str


def attach(work: Work, ticket_id: str, files: Sequence[Stored], *, who: str, at: datetime) -> None:
    """Put files to a ticket; they wait for the scanner."""
    for file in files:
        work.insert(
            attachments,
            id=new_id(),
            ticket_id=ticket_id,
            sha256=file.sha256,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            added_at=at,
            who=who,
            scan=Scan.WAITING.value,
            note="",
        )


def of_ticket(connection: Connection, ticket_id: str) -> list[Attachment]:
    """The files of a ticket, oldest first."""
    return [_attachment(row) for row in connection.execute(_of_ticket, {"ticket": ticket_id})]


def count(connection: Connection, ticket_id: str) -> int:
    """How many files a ticket has."""
    return int(connection.execute(_count, {"ticket": ticket_id}).scalar_one())


def waiting(connection: Connection) -> list[str]:
    """The hashes of files that nobody has scanned, oldest first, each once."""
    return [row.sha256 for row in connection.execute(_waiting)]


def known(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these files belong to a ticket."""
    return set(connection.execute(_known, {"hashes": list(hashes)}).scalars())


def judge(work: Work, sha256: str, verdict: Scan, said: str) -> None:
    """What the scanner said of a file holds wherever it is attached and waits."""
    work.change(_judge, hash=sha256, verdict=verdict.value, said=said[:500])


def _attachment(row: Any) -> Attachment:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Attachment(**{**told, "scan": Scan.of(told["scan"])})
