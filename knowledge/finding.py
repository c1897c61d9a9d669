"""The index that entries are found by: filled with each version, emptied of what has expired, filled anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from common.search_store import Document
from knowledge.model import Entry
from knowledge.rows import entry_of
from knowledge.tables import entries, knowledge_index

UNIT, CLASS = "unit", "class"


@dataclass(frozen=True, slots=True)
class Refilling:
    """One lot: the entries after this id, as they are to be found on this day."""

    after: str
    today: date
    at_once: int


def keep_found(connection: Connection, entry: Entry) -> None:
    """Let an entry be found as it is now, or no more, within the caller's transaction."""
    # Forgotten first: a new version is as new as it is, not as its entry was.
    knowledge_index.forget(connection, [entry.id])
    if not entry.withdrawn:
        knowledge_index.index(connection, [_document(entry)])


def retire(connection: Connection, days: Sequence[date]) -> Sequence[int]:
    """A kind of change (``common.store.Kind``): take what has expired by each day out of the index."""
    counts = []
    for day in days:
        indexed = knowledge_index.documents.c.id
        expired = (
            sa.select(entries.c.id)
            .where(entries.c.expires_on < day, entries.c.id == indexed)
            .order_by(entries.c.id)
            # Who publishes a new version holds the entry: it is looked at as that version leaves it, or not yet.
            .with_for_update(of=entries)
        )
        ids = list(connection.execute(expired).scalars())
        knowledge_index.forget(connection, ids)
        counts.append(len(ids))
    return counts


def refill(connection: Connection, lots: Sequence[Refilling]) -> Sequence[str]:
    """A kind of change: index the entries of each lot anew; gives the last id of each, empty at the end."""
    last = []
    for lot in lots:
        query = sa.select(entries).where(entries.c.id > lot.after).order_by(entries.c.id).limit(lot.at_once)
        # Held, so that what is published meanwhile is indexed after this and not before.
        found = [entry_of(row) for row in connection.execute(query.with_for_update())]
        knowledge_index.forget(connection, [entry.id for entry in found])
        knowledge_index.index(connection, [_document(entry) for entry in found if entry.valid_on(lot.today)])
        last.append(found[-1].id if found else "")
    return last


def _document(entry: Entry) -> Document:
    content = entry.content
    facets = {UNIT: (entry.owner,), CLASS: (content.entry_class.value,)}
    return Document(entry.id, entry.published_at, content.title, content.body, content.entry_class.value, facets)
