"""Fixtures: a private PostgreSQL, and the one that runs a test on both databases."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.database import migrate
from tests.books import url
from tests.postgres_cluster import Postgres, cluster
from tests.postgres_shelf import Shelf

__all__ = ["Postgres", "cluster"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The cluster of this run, started when the first test asks for it. Where there is none, the run fails."""
    with cluster() as started:
        yield started


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """The name of a database at the newest revision, to be copied by each test: quicker than making each anew."""
    postgres.sql("CREATE DATABASE migrated TEMPLATE template0")
    asyncio.run(migrate(postgres.url("migrated")))
    return "migrated"


@pytest.fixture(scope="session")
def shelf(postgres: Postgres, migrated: str) -> Shelf:
    """Where tests borrow their PostgreSQL database from."""
    return Shelf(postgres, migrated)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on SQLite: a file to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(migrate(url(folder)))
    return folder / "hotline.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database at the newest revision: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "hotline.db")
        yield url(tmp_path)
        return
    lender: Shelf = request.getfixturevalue("shelf")
    with lender.database() as lent:
        yield lent
