"""What the city's dates are computed by: the register of its database where there is one, else what is shipped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from hotline.database import DatabaseError, async_engine
from tickets.calendar_library import library_years
from tickets.register import Register
from tickets.store.registering import RegisterShelf
from tickets.store.tables_register import register_version


@dataclass(frozen=True, slots=True)
class Known:
    """Rules, days and categories; ``stored`` says that they are the database's."""

    register: Register
    stored: bool

    @property
    def words(self) -> str:
        """Where they come from, as a clerk reads it."""
        if self.stored:
            return "按本市数据库中的规则、工作日历和诉求类别计算"
        return "本市数据库尚未建立,按随软件提供的规则和工作日历计算"


def known_register(database_url: str) -> Known:
    """The register as it is now; of two notices for one year the database's holds. Nothing is written or migrated.

    Raises:
        DatabaseError: there is a database, but it cannot be read: then nobody knows what the city has changed.
    """
    shipped = list(library_years())
    # Looked for first: to open a database on SQLite makes it.
    register = asyncio.run(_register(database_url)) if _is_there(database_url) else None
    if register is None:
        return Known(Register(years=shipped), stored=False)
    return Known(replace(register, years=[*shipped, *register.years]), stored=True)


def _is_there(database_url: str) -> bool:
    try:
        url = make_url(database_url)
    except SQLAlchemyError:
        # Whoever opens it says what is wrong with it.
        return True
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


async def _register(database_url: str) -> Register | None:
    engine = async_engine(database_url, read_only=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_read)
    except (SQLAlchemyError, OSError, ValueError, KeyError, TypeError) as error:
        # The last three: a rule set or a notice that this version cannot read.
        raise DatabaseError(
            "数据库中的规则和工作日历无法读取,因此不能计算;请确认数据库可用并已升级(启动一次服务即升级)"
        ) from error
    finally:
        await engine.dispose()


def _read(connection: Connection) -> Register | None:
    if not inspect(connection).has_table(register_version.name):
        return None  # not migrated yet: nobody can have changed anything in it
    return RegisterShelf().current(connection)
