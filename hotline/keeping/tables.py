"""The tables of keeping: what was deleted when its time was over, and what must not be (A23)."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from common.store import Instant, metadata

tables = metadata()

#: What is no more. No personal data: ids and numbers of tickets, which say nothing of anybody by themselves. Written
#: before anything is deleted; triggers let steps of a ticket go only once its tombstone stands.
tombstones = Table(
    "tombstones",
    tables,
    #: ticket, call or recording.
    Column("kind", String(20), primary_key=True),
    Column("object", String(160), primary_key=True),
    #: A ticket's number, a recording's call.
    Column("label", String(160), nullable=False),
    Column("at", Instant, nullable=False),
    #: Why: ``A23 recordings 3 years``.
    Column("rule", String(80), nullable=False),
    Column("who", String(80), nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

#: What must not be deleted, whatever its age.
holds = Table(
    "holds",
    tables,
    Column("id", String(32), primary_key=True),
    #: ticket (its number or id), number (a citizen's) or call.
    Column("kind", String(10), nullable=False),
    Column("object", String(160), nullable=False),
    #: A number as the blind index has it, so that what is confidential of it is held too; empty otherwise.
    Column("blind", String(32), nullable=False, server_default=""),
    Column("who", String(80), nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Instant, nullable=False),
    #: It ends by itself then; without, it is lifted by a person.
    Column("until", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", String(80), nullable=False),
    Column("lifted_why", Text, nullable=False),
)
