"""The books of the desk: writes go through the ledger, many use cases in one transaction; reads straight on."""

from __future__ import annotations

from tickets.store import (
    tables_archive,
    tables_import,
    tables_inspection,
    tables_links,
    tables_register,
    tables_sealing,
    tables_work,
)
from tickets.store.reading import TicketFilter
from tickets.store.tables import tables
from tickets.store.ticket_store import TicketStore

__all__ = [
    "TicketFilter",
    "TicketStore",
    "tables",
    "tables_archive",
    "tables_import",
    "tables_inspection",
    "tables_links",
    "tables_register",
    "tables_sealing",
    "tables_work",
]
