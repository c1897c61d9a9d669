"""The database: readers on an async engine, one writer, and the migrations that bring it up to date.

SQLite and PostgreSQL by their URL. On SQLite the writer is a thread of its own with a plain connection: one hand-over
per transaction, where aiosqlite needs three per statement (3.1 ms of CPU a transaction against 0.6 ms).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hotline.migrations import HEAD

T = TypeVar("T")
_BUSY_SECONDS = 5
_CONNECT_SECONDS = 5
_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to do."""


class Database:
    """The open database of one process; ``opened`` makes it and closes it."""

    def __init__(self, url: str) -> None:
        self._url = _checked(url)
        self.reads: AsyncEngine = async_engine(url, read_only=True)
        self._writer: Engine | AsyncEngine
        if self._url.get_backend_name() == "sqlite":
            self._writer = create_engine(self._url.set(drivername="sqlite+pysqlite"), hide_parameters=True)
            _prepare_sqlite(self._writer, read_only=False)
        else:
            self._writer = async_engine(url, read_only=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction; it is on disk when this returns.

        Raises:
            SQLAlchemyError: the database refused; nothing was written.
            Exception: whatever ``work`` raised; nothing was written.
        """
        writer = self._writer
        if isinstance(writer, AsyncEngine):
            async with writer.begin() as connection:
                return await connection.run_sync(work)

        def transaction() -> T:
            with writer.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    async def scrub(self, tables: Sequence[str]) -> bool:
        """Leave as little as can be of what these tables held before: it was sealed or destroyed (R25.1, A15).

        SQLite: the write-ahead log goes into the file and is cut to nothing. PostgreSQL: dead rows are vacuumed. False
        where a reader of the old state was in the way: ask again later.

        Raises:
            SQLAlchemyError: the database refused.
        """
        writer = self._writer
        if isinstance(writer, AsyncEngine):
            await self.outside([f'VACUUM "{table}"' for table in tables])
            return True

        def cut() -> bool:
            with contextlib.closing(writer.raw_connection()) as connection:
                busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

        return await asyncio.get_running_loop().run_in_executor(self._thread, cut)

    async def outside(self, statements: Sequence[str]) -> None:
        """Run statements that no transaction may hold, such as VACUUM.

        Raises:
            SQLAlchemyError: the database refused.
        """
        writer = self._writer
        if isinstance(writer, AsyncEngine):
            async with writer.connect() as connection:
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in statements:
                    await plain.exec_driver_sql(statement)
            return

        def run() -> None:
            with contextlib.closing(writer.raw_connection()) as connection:
                for statement in statements:
                    connection.cursor().execute(statement)

        await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def ready(self) -> bool:
        """Whether the database answers at all, within two seconds."""
        try:
            async with asyncio.timeout(2), self.reads.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Give back all connections."""
        await self.reads.dispose()
        if isinstance(self._writer, AsyncEngine):
            await self._writer.dispose()
        else:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.dispose)
        self._thread.shutdown()


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at ``url``, brought up to date, closed at the end.

    Raises:
        DatabaseError: it cannot be opened or was made by a newer version.
    """
    await migrate(url)
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest revision; makes it where there is none.

    Raises:
        DatabaseError: it cannot be opened or was made by a newer version.
    """
    try:
        found = await _revision(url)
        if found != HEAD:
            await asyncio.to_thread(_upgrade, url, found)
    except (SQLAlchemyError, OSError) as error:
        where = make_url(url).render_as_string(hide_password=True)
        raise DatabaseError(f"The database {where} cannot be used: {error}. Check HOTLINE_DATABASE_URL.") from error


async def _revision(url: str) -> str:
    engine = async_engine(url, read_only=False)
    try:
        async with engine.connect() as connection:
            if not await connection.run_sync(lambda plain: inspect(plain).has_table("alembic_version")):
                return ""
            return await connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    finally:
        await engine.dispose()


def _upgrade(url: str, found: str) -> None:
    # Importing Alembic takes 0.3 s; a start that finds nothing to do must not pay for it.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.util import CommandError  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        message = f"The database is at revision {found!r}, which this version does not know: a newer version made it."
        raise DatabaseError(f"{message} Install that version, or point HOTLINE_DATABASE_URL elsewhere.") from error


def is_made(url: str) -> bool:
    """False where a file of SQLite is still to be made: opening it, even to read, would make it.

    Raises:
        DatabaseError: the URL is none.
    """
    parsed = _parsed(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return file is None or Path(file).exists()


def async_engine(url: str, *, read_only: bool) -> AsyncEngine:
    """An engine for ``url`` with our settings for its dialect; ``read_only`` connections cannot write.

    Raises:
        DatabaseError: the URL is none, or of a dialect that we do not know.
    """
    checked = _checked(url)
    # Parameters are numbers and names of citizens; errors go to the log without them.
    if checked.get_backend_name() == "sqlite":
        engine = create_async_engine(checked, hide_parameters=True)
        _prepare_sqlite(engine.sync_engine, read_only=read_only)
        return engine
    # Compiling costs more than the short statements of ours do.
    session = {"application_name": "hotline", "jit": "off", "default_transaction_read_only": str(read_only)}
    options = {"server_settings": session, "timeout": _CONNECT_SECONDS}
    return create_async_engine(checked, hide_parameters=True, pool_pre_ping=True, connect_args=options)


def _checked(url: str) -> URL:
    """The URL of a database whose file, where it has one, is there for its owner alone."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        _private_file(Path(parsed.database or ""))
    return parsed


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise DatabaseError("HOTLINE_DATABASE_URL is no database URL; try sqlite+aiosqlite:////path/to.db") from error
    if parsed.drivername not in _DRIVERS:
        raise DatabaseError(
            f"HOTLINE_DATABASE_URL: {parsed.drivername} is not known; sqlite+aiosqlite and postgresql+asyncpg are"
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise DatabaseError("HOTLINE_DATABASE_URL: SQLite needs a file; memory is lost with the process")
    return parsed


def _private_file(path: Path) -> None:
    # The file holds numbers and matters of citizens: for its owner alone. SQLite gives -wal and -shm the same rights.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise DatabaseError(f"The database {path} cannot be made: {error.strerror}") from error


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are ours, see begin(); the driver would open them too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # A number that a citizen has heard must outlive a power cut too, not only the process (NORMAL would do for
        # that); commits are shared, so it costs one fsync per 50 ms at most.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted or sealed is overwritten, not only forgotten (A23, R25.1).
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        cursor.close()

    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another process wrote in between, whatever
        # the busy timeout: writers queue up before they read.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)
