"""Alembic's entry: runs the revisions on an async engine, in one transaction."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from hotline.database import async_engine
from hotline.migrations.tables import TABLES, declared_here
from hotline.settings import load

#: Ours among the advisory locks of a PostgreSQL database: the ASCII letters of "hotline" as a number.
_LOCK = int.from_bytes(b"hotline")


def _run(connection: Connection) -> None:
    # Two services that start at once: the second waits here until the first is done, and then finds nothing to do. On
    # SQLite the transaction itself is the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context.configure(connection=connection, target_metadata=TABLES, render_as_batch=True, include_object=declared_here)
    with context.begin_transaction():
        context.run_migrations()


async def _upgrade(url: str) -> None:
    engine = async_engine(url, read_only=False)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


# ``hotline.database.migrate`` names the URL; from Alembic's own command line it is the one in the settings.
asyncio.run(_upgrade(context.config.attributes.get("url") or load().database))
