"""The database is made, brought up to date, and refused when it is not ours."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine

import hotline.audit
import hotline.migrations
import ivr.store
import tickets.store
from hotline.database import Database, DatabaseError, migrate
from tests.books import books, call, url


async def test_the_revisions_make_what_the_stores_expect(tmp_path: Path) -> None:
    """A database made by the revisions has exactly the tables, columns and indexes that the code declares."""
    await migrate(url(tmp_path))
    engine = create_engine(f"sqlite:///{tmp_path / 'hotline.db'}")
    tables: list[MetaData] = [ivr.store.tables, tickets.store.tables, hotline.audit.tables]

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables))  # type: ignore[arg-type]  # a list is allowed

    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_head_is_the_newest_revision() -> None:
    """The revision that a fast start compares with is the one that Alembic would bring the database to."""
    config = Config()
    config.set_main_option("script_location", str(Path(hotline.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [hotline.migrations.HEAD]


async def test_an_up_to_date_database_needs_no_alembic(tmp_path: Path) -> None:
    """A second start does not even import Alembic, which alone takes longer than all the rest."""
    await migrate(url(tmp_path))
    script = (
        "import asyncio, sys\n"
        "from hotline.database import migrate\n"
        f"asyncio.run(migrate({url(tmp_path)!r}))\n"
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


async def test_history_and_audit_cannot_be_changed(tmp_path: Path) -> None:
    """The database itself refuses to change or delete a step of a history or a line of the audit."""
    await migrate(url(tmp_path))
    file = sqlite3.connect(tmp_path / "hotline.db")
    file.execute("INSERT INTO audit (at, who, action, objects, reason) VALUES ('2026-11-24', 'a', 'b', ' c ', '')")
    file.execute("INSERT INTO status_changes VALUES ('t', 1, '2026-11-24', 'a', 'u', 's', 'k', 'w')")
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit", "DELETE FROM status_changes"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            file.execute(statement)
    file.close()


async def test_ready_says_whether_the_database_answers(tmp_path: Path) -> None:
    """A database that is there is ready; one whose folder was taken away is not, and says so without an error."""
    async with books(tmp_path / "data") as at:
        assert await at.database.ready()
    database = Database(url(tmp_path / "data"))
    (tmp_path / "data").rename(tmp_path / "gone")
    assert not await database.ready()
    await database.close()
