"""The audit's tables: entries are added to the end of one chain, and nothing else (R25.2)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, Text

from common.audit import AuditEntry
from common.store import Instant, Ledger, metadata
from hotline.audit_chain import NO_LINK, Link, entry_hash

tables = metadata()
_place = BigInteger().with_variant(Integer, "sqlite")

audit = Table(
    "audit",
    tables,
    #: The entry's place in the chain, from 1 on without gaps.
    Column("id", _place, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(40), nullable=False),
    #: Ids with a space before and after each.
    Column("objects", Text, nullable=False),
    Column("reason", String(200), nullable=False),
    #: The hash of the entry before it, and its own; see ``hotline.audit_chain``.
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "at"),
)

#: The ids of ``audit.objects`` one by one: who saw one case is found at once among millions of entries.
audit_objects = Table(
    "audit_objects",
    tables,
    Column("object", String(200), primary_key=True),
    Column("audit_id", _place, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: Where old entries were cut off (A23): the last that went, and a document that this installation signed. The
#: database lets entries go only up to the highest of these.
audit_cuts = Table(
    "audit_cuts",
    tables,
    Column("upto", _place, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
)

#: Ours among the advisory locks of a PostgreSQL database: the ASCII letters of "audit" as a number.
_LOCK = sa.text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'audit')})")
_LAST = sa.select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
_add = audit.insert()
_add_objects = audit_objects.insert()


class AuditStore:
    """Adds entries; triggers of the database refuse to change or delete them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def add(self, entry: AuditEntry) -> None:
        """Write one entry; it is on disk when this returns.

        Raises:
            NotWritten: the database did not take it; then the data must not be shown.
        """
        await self._ledger.write(add_entries, entry)


def add_entries(connection: Connection, entries: Sequence[AuditEntry]) -> Sequence[None]:
    """The kind of change that adds entries to the end of the chain, all that wait in one go.

    Until the transaction ends nobody else adds any, so that the order of ids is the order of the chain. Hence it comes
    last in its transaction (``hotline.group_commit``): who holds the end of the chain waits for nothing any more.
    """
    end = chain_end(connection)
    rows, pairs = [], []
    for entry in entries:
        objects = f" {' '.join(entry.objects)} "
        place = end.place + 1
        told = (entry.who, entry.action, objects, entry.reason)
        link = Link(place, entry_hash(place, end.hash, entry.at, told))
        rows.append(
            {
                "id": place,
                "at": entry.at,
                "who": entry.who,
                "action": entry.action,
                "objects": objects,
                "reason": entry.reason,
                "before": end.hash,
                "hash": link.hash,
            }
        )
        pairs += [{"object": one, "audit_id": place} for one in dict.fromkeys(objects.split())]
        end = link
    connection.execute(_add, rows)
    if pairs:
        connection.execute(_add_objects, pairs)
    return [None] * len(entries)


def chain_end(connection: Connection) -> Link:
    """The end of the chain, which stays the end until the caller's transaction does."""
    if connection.dialect.name == "postgresql":
        # A statement of its own: the next one must see what the one who held the lock has written.
        connection.execute(_LOCK)
    return seen_end(connection)


def seen_end(connection: Connection) -> Link:
    """The end of the chain as it is now; it may grow the next instant."""
    last = connection.execute(_LAST).one_or_none()
    return Link(*last) if last else NO_LINK
