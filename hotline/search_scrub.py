"""SQLite's index of words keeps what was deleted until its parts are merged: here they are (R25.1)."""

from __future__ import annotations

from sqlalchemy import Connection

from hotline.database import Database

_WORDS = "ticket_words"
#: Pages a step, and the most steps: an index of a million tickets is merged in parts, between other writes.
_PAGES = 500
_STEPS = 2000


async def forget_deleted_words(database: Database) -> None:
    """Merge the index of words, in small transactions, until nothing of what was deleted is left in it.

    PostgreSQL does this by VACUUM.

    Raises:
        SQLAlchemyError: the database refused.
    """
    if database.reads.dialect.name != "sqlite":
        return
    pages = -_PAGES
    for _ in range(_STEPS):
        if not await database.write(lambda connection, most=pages: _merged(connection, most)):  # type: ignore[misc]  # a default is bound
            return
        pages = _PAGES


def _merged(connection: Connection, pages: int) -> bool:
    """One step; whether there may be more. FTS5 says so by how much it has changed."""
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql(f"INSERT INTO {_WORDS}({_WORDS}, rank) VALUES ('merge', {pages})")  # noqa: S608 - names of ours
    after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return bool(after - before >= 2)  # noqa: PLR2004 - as FTS5's documentation has it
