"""The tables behind confidential tickets: numbers as they are looked for, what is to be sealed, what was destroyed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, String, Table

from common.store import Instant
from tickets.store.columns import Json
from tickets.store.tables import tables

#: The numbers of a confidential ticket, by which it is found and which cannot be read (``IndexKey.blind``).
blind_numbers = Table(
    "blind_numbers",
    tables,
    Column("blind", String(32), primary_key=True),
    Column("ticket_id", String(32), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

#: Bits of ``sealings.scrub``.
IN_FILES, IN_WORDS = 1, 2

#: Confidential tickets whose files, recordings and calls are still looked after.
sealings = Table(
    "sealings",
    tables,
    Column("ticket_id", String(32), primary_key=True),
    Column("next_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    #: What the database has left of it in the clear and is to be scrubbed: 1 in its files, 2 in the index of words.
    Column("scrub", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: Who asked for a ticket's content to be destroyed, who else approved it, and what was done (A15). No foreign key: this
#: stays whatever becomes of the ticket.
destructions = Table(
    "destructions",
    tables,
    Column("id", String(32), primary_key=True),
    Column("ticket_id", String(32), nullable=False),
    Column("number", String(20), nullable=False),
    #: A code of ``tickets.destroying.Reason``; never a text, which could tell what was destroyed.
    Column("reason", String(30), nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("approved_by", String(80), nullable=False),
    Column("approved_at", Instant),
    Column("declined_by", String(80), nullable=False),
    Column("declined_at", Instant),
    Column("done_at", Instant),
    #: What was destroyed, in counts.
    Column("report", Json, nullable=False),
)
standing = destructions.c.declined_at.is_(None)
Index("uq_destructions_ticket", destructions.c.ticket_id, unique=True, sqlite_where=standing, postgresql_where=standing)
unfinished = sa.text("approved_at IS NOT NULL AND done_at IS NULL")
Index("ix_destructions_unfinished", destructions.c.id, sqlite_where=unfinished, postgresql_where=unfinished)
