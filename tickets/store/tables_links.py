"""The table of one-time links by which callers bring material (R14.2). The link itself stands only in its notice."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from common.store import Instant
from tickets.store.tables import tables

upload_links = Table(
    "upload_links",
    tables,
    #: The digest of the link's token: who reads the table cannot use a link.
    Column("digest", String(64), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), nullable=False, index=True),
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("used_at", Instant),
    sqlite_with_rowid=False,
)
