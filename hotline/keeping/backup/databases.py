"""The database as one file, as of one instant, while others write; and back into an empty place."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from hotline.keeping.backup.errors import BackupError

SQLITE_FILE = "database.sqlite"
POSTGRESQL_FILE = "database.pgdump"
_VERSION = re.compile(r"\b(\d+)(?:\.\d+)*")


def dump(url: str, folder: Path) -> Path:
    """Write the database into ``folder``, as of one instant; gives the file.

    SQLite copies without what was deleted (``VACUUM INTO``), PostgreSQL by ``pg_dump`` of its own version, in custom
    format. Neither holds up those who write.

    Raises:
        BackupError: the database cannot be read, or there is no pg_dump that knows it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        target = folder / SQLITE_FILE
        # VACUUM writes into an empty file that is there: so it is for its owner alone from the beginning.
        target.touch(mode=0o600)
        _sqlite(parsed, "VACUUM INTO ?", (str(target),))
        return target
    target = folder / POSTGRESQL_FILE
    command = [_program("pg_dump", parsed), "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run([*command, _address(parsed)], parsed)
    target.chmod(0o600)
    return target


def load(file: Path, url: str) -> None:
    """Put a dumped database into its empty place.

    Raises:
        BackupError: it is of the other kind of database, or does not go in.
    """
    parsed = make_url(url)
    wanted = SQLITE_FILE if parsed.get_backend_name() == "sqlite" else POSTGRESQL_FILE
    if file.name != wanted:
        raise BackupError(f"备份中的数据库是 {file.name}，与 HOTLINE_DATABASE_URL 的种类不符：请设为同一种数据库")
    if wanted == SQLITE_FILE:
        target = _place(parsed)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.restoring")
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        with draft.open("rb") as copied:
            os.fsync(copied.fileno())
        draft.replace(target)
        return
    command = [_program("pg_restore", parsed), "--single-transaction", "--exit-on-error", "--no-owner"]
    _run([*command, "--no-privileges", f"--dbname={_address(parsed)}", str(file)], parsed)


def is_empty(url: str) -> bool:
    """Whether there is no database, or one without tables.

    Raises:
        BackupError: it cannot be found out.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        place = _place(parsed)
        return not place.exists() or not _sqlite(parsed, "SELECT 1 FROM sqlite_master LIMIT 1")
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    return _run([_program("psql", parsed), "-XAtq", "-c", tables, _address(parsed)], parsed).strip() == "0"


def revision(url: str) -> str:
    """The revision that the database is at; empty where it has none.

    Raises:
        BackupError: it cannot be read.
    """
    parsed = make_url(url)
    asked = "SELECT version_num FROM alembic_version"
    if parsed.get_backend_name() == "sqlite":
        has = _sqlite(parsed, "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        return str(_sqlite(parsed, asked)[0][0]) if has else ""
    return _run([_program("psql", parsed), "-XAtq", "-c", asked, _address(parsed)], parsed).strip()


def _place(parsed: URL) -> Path:
    return Path(parsed.database or "")


def _sqlite(parsed: URL, statement: str, values: tuple[str, ...] = ()) -> list[Any]:
    if not _place(parsed).exists():
        raise BackupError(f"没有数据库文件 {_place(parsed)}：请检查 HOTLINE_DATABASE_URL")
    try:
        with closing(sqlite3.connect(_place(parsed), timeout=30, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise BackupError(f"数据库 {_place(parsed)} 读取失败：{error}") from error


def _program(name: str, parsed: URL) -> str:
    """A program of PostgreSQL's that is as new as the server: older ones refuse to dump it."""
    places = [Path("/usr/lib/postgresql"), *Path("/usr").glob("pgsql-*")]
    found = [path for place in places for path in (*place.glob(f"*/bin/{name}"), *place.glob(f"bin/{name}"))]
    if on_path := shutil.which(name):
        found.append(Path(on_path))
    versions = sorted((_major([str(path), "--version"]), str(path)) for path in found)
    if not versions:
        raise BackupError(f"没有找到 {name}：请安装与服务器同版本的 postgresql-client")
    if name == "psql":
        return versions[-1][1]
    shown = _run([versions[-1][1].replace(name, "psql"), "-XAtqc", "SHOW server_version", _address(parsed)], parsed)
    server = int(match[1]) if (match := _VERSION.search(shown)) else 0
    fitting = [path for major, path in versions if major >= server]
    if not fitting:
        raise BackupError(f"{name} 的版本低于服务器（{server}）：请安装 postgresql-client-{server}")
    return fitting[0]


def _major(command: list[str]) -> int:
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    match = _VERSION.search(told)
    return int(match[1]) if match else 0


def _address(parsed: URL) -> str:
    """As libpq takes it; without the password, which other users could see in the list of processes."""
    plain = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query)
    return plain.render_as_string()


def _run(command: list[str], parsed: URL) -> str:
    environment = {**os.environ, "PGPASSWORD": str(parsed.password)} if parsed.password else dict(os.environ)
    environment["PGAPPNAME"] = "hotline backup"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["没有说明原因"])[-1]
        raise BackupError(f"{Path(command[0]).name} 失败：{said}")
    return done.stdout
