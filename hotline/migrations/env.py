"""Alembic's entry: runs the revisions on an async engine, in one transaction."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

import hotline.audit
import ivr.store
import tickets.store
from hotline.database import async_engine
from hotline.settings import load

TABLES = [ivr.store.tables, tickets.store.tables, hotline.audit.tables]


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=TABLES, render_as_batch=True)
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
