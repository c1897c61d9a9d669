"""All tables that the code declares, for Alembic and for the test that holds the revisions against them."""

from __future__ import annotations

import access.tables
import common.vault.store
import hotline.audit
import hotline.idempotency
import hotline.keeping.tables
import hotline.outside.tables
import ivr.abuse.tables
import ivr.store
import knowledge.tables
import tickets.store

TABLES = [
    access.tables.tables,
    ivr.store.tables,
    ivr.abuse.tables.tables,
    tickets.store.tables,
    knowledge.tables.tables,
    hotline.audit.tables,
    hotline.idempotency.tables,
    hotline.keeping.tables.tables,
    hotline.outside.tables.tables,
    common.vault.store.tables,
]


def declared_here(_item: object, name: str | None, kind: str, reflected: bool, _twin: object) -> bool:
    """Leaves the tables of search indexes (``common.search_store``) to their own revisions.

    SQLAlchemy has no words for a full-text table, and SQLite shows the tables inside one as if they were ours.
    """
    return not (kind == "table" and reflected and "_words" in (name or ""))
