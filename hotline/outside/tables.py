"""Tables of the public side: what must not come twice, who tries too often, tickets shared with partners."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, String, Table, Text

from common.store import Instant, metadata

tables = metadata()

#: A form's token or a signature's nonce, kept as long as it could be used again, with what came of it.
once = Table(
    "seen_once",
    tables,
    Column("scope", String(80), primary_key=True),
    Column("nonce", String(120), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("answer", String(120), nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

#: How often something was tried since an instant. Subjects are digests: no address and no number stands here.
tries = Table(
    "tries",
    tables,
    Column("subject", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    Index(None, "since"),
    sqlite_with_rowid=False,
)

#: Tickets that came from a partner or went to one (R16).
exchanges = Table(
    "exchanges",
    tables,
    Column("id", String(32), primary_key=True),
    Column("partner", String(40), nullable=False),
    #: in: they sent it to us; out: we to them.
    Column("direction", String(3), nullable=False),
    #: The sender's own name for it; with partner and direction it is one ticket, however often it is sent.
    Column("ref", String(80), nullable=False),
    #: No foreign key: another package's table.
    Column("ticket_id", String(32), nullable=False, index=True),
    #: The receiver's number for it, once known.
    Column("number", String(80), nullable=False),
    #: The last status that the other side was told (in), or told us (out).
    Column("status", String(40), nullable=False),
    Column("words", Text, nullable=False),
    #: waiting: something is to be sent; idle; failed: put aside, ``error`` says why; closed by a person.
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("uq_exchanges_ref", "partner", "direction", "ref", unique=True),
)
_waiting = sa.text("state = 'waiting'")
Index("ix_exchanges_waiting", exchanges.c.next_at, exchanges.c.id, sqlite_where=_waiting, postgresql_where=_waiting)
