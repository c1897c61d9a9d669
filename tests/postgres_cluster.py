"""A private PostgreSQL for one run of the tests.

The cluster lives in a temporary folder and listens on a socket in it alone: runs beside each other cannot meet, and a
cluster of the machine is never touched. It runs as its own user, since PostgreSQL refuses root, and dies with the run
even when that is killed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Whose database may be thrown away at a power cut need not wait for the disk.
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "10s",
}
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster; ``programs`` is where psql and the others are, ``folder`` holds its socket."""

    programs: Path
    folder: Path

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql+asyncpg://hotline@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement by psql; gives what it prints, without headings."""
        psql = [str(self.programs / "psql"), "-h", str(self.folder), "-U", "hotline", "-qAtX", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run([*psql, "-d", database, "-c", statement], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a database of one's own, a copy of ``template``; dropped at the end."""
        name = self.make(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def make(self, template: str) -> str:
        """Make a database, a copy of ``template``; gives its name."""
        name = f"t{time.monotonic_ns()}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path:
    """Where the newest PostgreSQL of this machine has its programs.

    Raises:
        FileNotFoundError: there is none.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise FileNotFoundError("PostgreSQL is not installed, and the tests need it; run: scripts/setup tests")


@contextlib.contextmanager
def cluster(**options: str) -> Iterator[Postgres]:
    """A cluster of one's own, stopped and removed at the end; ``options`` go before those of the tests.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
        RuntimeError: it does not start; the message holds its log.
    """
    found = programs()
    folder = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
    try:
        command = _as_its_user(folder)
        data = folder / "data"
        make = [str(found / "initdb"), "-D", str(data), "-U", "hotline", "--auth=trust", "--encoding=UTF8"]
        _run([*command, *make, "--locale=C.UTF-8", "--no-sync", "--no-instructions"])
        settings = [f"--{name}={value}" for name, value in {**_OPTIONS, **options}.items()]
        start = [str(found / "postgres"), "-D", str(data), "-k", str(folder), *settings]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([*command, *start], stdout=log, stderr=log, cwd=folder)
        try:
            _wait_until_ready(server, found, folder)
            yield Postgres(found, folder)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(_START_SECONDS)
    finally:
        shutil.rmtree(folder)


def _as_its_user(folder: Path) -> list[str]:
    # Killed with us: nobody stops it after a kill -9 of the run.
    command = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return command
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return [*command, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise RuntimeError("PostgreSQL refuses root, and there is neither a user postgres nor nobody")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed: {done.stdout}{done.stderr}")


def _wait_until_ready(server: subprocess.Popen[bytes], found: Path, folder: Path) -> None:
    ask = [str(found / "pg_isready"), "-q", "-h", str(folder), "-U", "hotline", "-d", "postgres"]
    deadline = time.monotonic() + _START_SECONDS
    while subprocess.run(ask, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text(errors='replace')}")
        time.sleep(0.05)
