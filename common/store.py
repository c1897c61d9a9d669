"""What the stores of every package share: how rows are written, and how an instant stands in a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Protocol, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Insert, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

Item = TypeVar("Item")
Result = TypeVar("Result")
Row = Mapping[str, object]

#: A kind of change: applies all changes of this kind that wait, in their order, and gives one result for each. It runs
#: within a transaction that is not its own, may be run again after a rollback, and must not commit.
Kind = Callable[[Connection, Sequence[Item]], Sequence[Result]]


class NotWritten(Exception):  # noqa: N818 - says what happened to the change
    """The database did not take a change; the cause says why. Nothing of this change is in the books."""


class Ledger(Protocol):
    """Where stores write. Two exist: ``hotline.group_commit.GroupCommit`` and the immediate one of the tests."""

    async def write(self, kind: Kind[Item, Result], item: Item) -> Result:
        """Apply one change; when this returns, it is on disk.

        Raises:
            NotWritten: the database refused, or the ledger is closed.
            Exception: whatever ``kind`` itself raised for this item.
        """


def metadata() -> MetaData:
    """A package's own set of tables, with constraint names that migrations can rely on."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """An aware instant: ``timestamptz`` where there is one; on SQLite text in UTC that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; a naive time is refused, since nobody could say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone; pass an aware datetime")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, aware, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def insert(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of that name.

    Building a statement costs more than running it: build each once per dialect and keep it.
    """
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def upserting(table: Table) -> Kind[Row, None]:
    """The kind of change that writes whole rows; of two states of one key only the later reaches the database."""
    keys = [column.name for column in table.primary_key]

    @cache
    def statement(dialect: str) -> Insert:
        plain = insert(table, dialect)
        fresh = {column.name: plain.excluded[column.name] for column in table.columns if column.name not in keys}
        return plain.on_conflict_do_update(index_elements=keys, set_=fresh)

    def apply(connection: Connection, rows: Sequence[Row]) -> Sequence[None]:
        latest = {tuple(row[key] for key in keys): row for row in rows}
        connection.execute(statement(connection.dialect.name), list(latest.values()))
        return [None] * len(rows)

    return apply


def appending(table: Table) -> Kind[Row, None]:
    """The kind of change that only ever adds rows."""
    statement = table.insert()

    def apply(connection: Connection, rows: Sequence[Row]) -> Sequence[None]:
        connection.execute(statement, list(rows))
        return [None] * len(rows)

    return apply
