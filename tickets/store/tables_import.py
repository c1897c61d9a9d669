"""The table of what came from another system, so that nothing of it is taken twice."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from common.store import Instant
from tickets.store.tables import tables

imports = Table(
    "imports",
    tables,
    #: What the other system is called, and the ticket's number there.
    Column("system", String(80), primary_key=True),
    Column("number", String(80), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
