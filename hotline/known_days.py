"""The working days as they are known here: those of the database where there is one, else those that are shipped."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from hotline.database import DatabaseError, async_engine
from tickets.calendar_library import library_years
from tickets.register import Register
from tickets.store.registering import RegisterShelf
from tickets.workdays import CalendarYear, LocalDay


def known_days(database_url: str) -> tuple[list[CalendarYear], list[LocalDay]]:
    """Years and local days, of two for one year or date the later holds. Nothing is written, made or migrated.

    Raises:
        DatabaseError: there is a database, but it cannot be read: then nobody knows what the city has changed.
    """
    shipped = list(library_years())
    # Looked for first: to open a database on SQLite makes it.
    if not _is_there(database_url):
        return shipped, []
    register = asyncio.run(_register(database_url))
    return [*shipped, *register.years], list(register.local_days)


def _is_there(database_url: str) -> bool:
    try:
        url = make_url(database_url)
    except SQLAlchemyError:
        # Whoever opens it says what is wrong with it.
        return True
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


async def _register(database_url: str) -> Register:
    engine = async_engine(database_url, read_only=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(RegisterShelf().current)
    except (SQLAlchemyError, OSError) as error:
        raise DatabaseError(
            "数据库中的工作日历无法读取,因此不能计算;请确认数据库可用并已升级(启动一次服务即升级)"
        ) from error
    finally:
        await engine.dispose()
