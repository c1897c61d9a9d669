"""The index that tickets are found by. Whoever writes a ticket keeps it up to date in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy import Connection

from common.search_store import SearchIndex
from tickets.model import Ticket
from tickets.protecting import shut_out
from tickets.register import Register
from tickets.search import document, same_words
from tickets.store.rows import ENDED, TICKET_COLUMNS, ticket_of
from tickets.store.tables import tables, tickets

#: ``TicketStore.search`` searches it.
ticket_index = SearchIndex("ticket", tables)


def keep_found(
    connection: Connection,
    register: Register,
    changed: Iterable[Ticket],
    before: Mapping[str, Ticket] = MappingProxyType({}),
) -> None:
    """Let each of these tickets be found as it is now, or no more (R25.1), within the caller's transaction.

    Where it is known how it stood ``before``, nothing is looked at but what has changed.
    """
    gone, moved, found = [], {}, []
    for ticket in changed:
        was = before.get(ticket.id)
        if was is not None and same_words(was, ticket) and _open(was) == _open(ticket):
            if was.status is not ticket.status:
                moved[ticket.id] = ticket.status.value
            continue
        branch = register.category_path(ticket.details.category)
        shut = shut_out(ticket.details, register.tree)
        now = document(ticket, branch, is_open=_open(ticket), shut=shut)
        if now is None:
            gone.append(ticket.id)
        else:
            found.append(now)
    ticket_index.forget(connection, gone)
    ticket_index.restate(connection, moved)
    ticket_index.index(connection, found)


def _open(ticket: Ticket) -> bool:
    return ticket.status not in ENDED


def of_ids(connection: Connection, ids: Sequence[str]) -> dict[str, Ticket]:
    """Those of these tickets that there are, as they are now, by their ids."""
    query = sa.select(*TICKET_COLUMNS).where(tickets.c.id.in_(ids))
    return {ticket.id: ticket for ticket in map(ticket_of, connection.execute(query))}


def refill(connection: Connection, register: Register, after: str = "", *, at_once: int = 500) -> str:
    """Index the tickets whose ids come after this one, some at once; gives the last of them, empty at the end.

    For tickets that are older than the index, and for one that was emptied. Others may write tickets meanwhile.
    """
    query = sa.select(*TICKET_COLUMNS).where(tickets.c.id > after).order_by(tickets.c.id).limit(at_once)
    # Held, so that what becomes confidential meanwhile is forgotten after this and not before (R25.1).
    found = [ticket_of(row) for row in connection.execute(query.with_for_update())]
    keep_found(connection, register, found)
    return found[-1].id if found else ""
