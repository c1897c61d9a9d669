"""The database that tests borrow: empty each time, and whole."""

from __future__ import annotations

from sqlalchemy import make_url

from common.audit import AuditEntry
from tests.books import MORNING, books
from tests.postgres import Postgres
from tests.postgres_shelf import Shelf


async def test_what_one_test_wrote_the_next_does_not_see(postgres: Postgres, migrated: str) -> None:
    """The same database comes back empty, append-only tables too, its counters at one, its triggers on."""
    shelf = Shelf(postgres, migrated)
    for _ in range(2):
        with shelf.database() as lent:
            async with books(lent) as at:
                await at.audit.add(AuditEntry(MORNING, "somebody", "tickets.read", ("t",)))
            name = make_url(lent).database or ""
            assert postgres.sql("SELECT id FROM audit", name) == "1"
    with shelf.database() as again:
        assert make_url(again).database == name
        assert postgres.sql("SELECT tgenabled FROM pg_trigger WHERE tgname = 'audit_no_update'", name) == "O"


def test_a_database_whose_tables_were_changed_is_thrown_away(postgres: Postgres, migrated: str) -> None:
    """A test that drops a table, an index or a trigger harms no other: the next gets a fresh copy."""
    shelf = Shelf(postgres, migrated)
    for harm in ("DROP TABLE audit", "DROP INDEX ix_audit_at", "DROP TRIGGER audit_no_update ON audit"):
        with shelf.database() as lent:
            postgres.sql(harm, make_url(lent).database or "")
        with shelf.database() as fresh:
            assert fresh != lent
            assert postgres.sql("SELECT count(*) FROM audit", make_url(fresh).database or "") == "0"
