"""The table of the archive: under which class and year each ended ticket is kept, and whose it was (R14.8)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from common.store import Instant
from tickets.store.tables import tables

filings = Table(
    "filings",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    #: Who was accountable when it ended.
    Column("unit", String(80), nullable=False),
    Column("archive_class", String(80), nullable=False),
    #: The civil year in which it ended.
    Column("year", Integer, nullable=False),
    Column("filed_at", Instant, nullable=False),
    #: From then on its class is settled; until then the ticket may still come back.
    Column("archived_at", Instant),
    Index(None, "unit", "archive_class", "year", "filed_at", "ticket_id"),
    Index(None, "archive_class", "year", "filed_at", "ticket_id"),
    sqlite_with_rowid=False,
)
unsettled = filings.c.archived_at.is_(None)
Index("ix_filings_unsettled", filings.c.filed_at, sqlite_where=unsettled, postgresql_where=unsettled)
