"""The database is made, brought up to date, and refused when it is not ours."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import IntegrityError

import hotline.migrations
from common.audit import AuditEntry
from hotline.database import Database, DatabaseError, async_engine, migrate
from hotline.migrations.tables import TABLES, declared_here
from tests.books import MORNING, books, call, url
from tests.postgres import Postgres
from tickets.model import Kind


async def test_the_revisions_make_what_the_stores_expect(database_url: str) -> None:
    """A database made by the revisions has exactly the tables, columns and indexes that the code declares."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_object": declared_here})
        return list(compare_metadata(context, TABLES))  # type: ignore[arg-type]  # a list is allowed

    engine = async_engine(database_url, read_only=True)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_head_is_the_newest_revision() -> None:
    """The revision that a fast start compares with is the one that Alembic would bring the database to."""
    config = Config()
    config.set_main_option("script_location", str(Path(hotline.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [hotline.migrations.HEAD]


async def test_an_up_to_date_database_needs_no_alembic(database_url: str) -> None:
    """A second start does not even import Alembic, which alone takes longer than all the rest."""
    script = (
        "import asyncio, sys\n"
        "from hotline.database import migrate\n"
        f"asyncio.run(migrate({database_url!r}))\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: ASYNC221 - nothing else runs


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """A revision that this version does not know is refused with what to do, and nothing is changed."""
    await migrate(url(tmp_path))
    with sqlite3.connect(tmp_path / "hotline.db") as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    with pytest.raises(DatabaseError, match=r"9999.*newer version.*HOTLINE_DATABASE_URL"):
        await migrate(url(tmp_path))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nonsense", "no database URL"),
        ("mysql+aiomysql://host/db", "not known"),
        ("sqlite+aiosqlite://", "needs a file"),
        ("sqlite+aiosqlite:////proc/no/such/place.db", "cannot be made"),
    ],
)
async def test_a_wrong_url_is_said_in_one_line(wrong: str, said: str) -> None:
    """A URL that cannot work is refused with the reason before anything is opened."""
    with pytest.raises(DatabaseError, match=said):
        await migrate(wrong)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Some other file under that name is not overwritten; the message names it."""
    (tmp_path / "hotline.db").write_text("not a database, whatever its name says\n" * 100)
    with pytest.raises(DatabaseError, match=r"hotline\.db"):
        await migrate(url(tmp_path))
    assert (tmp_path / "hotline.db").read_text().startswith("not a database")


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Neither the database nor its write-ahead log can be read by other users of the machine."""
    async with books(tmp_path / "data") as at:
        await at.calls.save(call())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert modes == {"hotline.db": 0o600, "hotline.db-wal": 0o600, "hotline.db-shm": 0o600}


async def test_history_and_audit_cannot_be_changed(database_url: str) -> None:
    """The database itself refuses to change or delete a step of a history or a line of the audit."""
    async with books(database_url) as at:
        await at.audit.add(AuditEntry(MORNING, "somebody", "tickets.read", ("t",)))
        await at.desk.open_from_call("node-1.1", "", Kind.MATTER, MORNING)
        for statement in (
            "UPDATE audit SET who = 'x'",
            "DELETE FROM audit",
            "UPDATE steps SET who = 'x'",
            "DELETE FROM steps",
        ):
            with pytest.raises(IntegrityError, match="append-only"):
                await at.database.write(partial(run, statement))


def run(statement: str, connection: Connection) -> None:
    """Run one statement in a transaction of the writer."""
    connection.exec_driver_sql(statement)


async def test_postgresql_refuses_to_empty_the_history_too(postgres: Postgres, migrated: str) -> None:
    """TRUNCATE, which fires no trigger of rows, is refused as well."""
    with postgres.database(migrated) as made, pytest.raises(subprocess.CalledProcessError) as refused:
        postgres.sql("TRUNCATE audit", make_url(made).database or "")
    assert "append-only" in refused.value.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_two_services_that_start_at_once_migrate_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Four starts on one empty database: all of them come up, and one made the tables."""
    with contextlib.ExitStack() as stack:
        where = url(tmp_path)
        if kind == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            where = stack.enter_context(server.database())
        script = f"import asyncio; from hotline.database import migrate; asyncio.run(migrate({where!r}))"
        starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", script) for _ in range(4)]
        assert [await start.wait() for start in starts] == [0] * 4
        async with books(where) as at:
            await at.calls.save(call())


async def test_a_postgresql_that_is_not_there_is_said(tmp_path: Path) -> None:
    """No server behind the URL, or no such database: one line that names the place but no password, and not ready."""
    where = f"postgresql+asyncpg://somebody:secret@/hotline?host={tmp_path}"
    with pytest.raises(DatabaseError, match="HOTLINE_DATABASE_URL") as said:
        await migrate(where)
    assert "secret" not in str(said.value)
    database = Database(where)
    assert not await database.ready()
    await database.close()


async def test_a_database_that_postgresql_does_not_have_is_said(postgres: Postgres) -> None:
    """The server is there and has no such database: said in one line, not in a traceback."""
    with pytest.raises(DatabaseError, match="nowhere"):
        await migrate(postgres.url("nowhere"))


async def test_ready_says_whether_the_database_answers(tmp_path: Path) -> None:
    """A database that is there is ready; one whose folder was taken away is not, and says so without an error."""
    async with books(tmp_path / "data") as at:
        assert await at.database.ready()
    database = Database(url(tmp_path / "data"))
    (tmp_path / "data").rename(tmp_path / "gone")
    assert not await database.ready()
    await database.close()
