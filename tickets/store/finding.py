"""The index that tickets are found by. Whoever writes a ticket keeps it up to date in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from common.search_store import SearchIndex
from tickets.model import Ticket
from tickets.register import Register
from tickets.search import document
from tickets.store.rows import ENDED
from tickets.store.tables import tables

#: ``common.search.Search(reads, ticket_index)`` searches it.
ticket_index = SearchIndex("ticket", tables)


def keep_found(connection: Connection, register: Register, changed: Iterable[Ticket]) -> None:
    """Let each of these tickets be found as it is now, or no more (R25.1), within the caller's transaction."""
    documents = {
        ticket.id: document(
            ticket, register.category_path(ticket.details.category), is_open=ticket.case.status not in ENDED
        )
        for ticket in changed
    }
    ticket_index.forget(connection, [name for name, found in documents.items() if found is None])
    ticket_index.index(connection, [found for found in documents.values() if found is not None])
