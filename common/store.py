"""What the stores of every package share: how rows are written, and how an instant stands in a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, DateTime, Delete, Dialect, Insert, MetaData, Table, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler
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


def execute_many(connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Row]) -> None:
    """Run a statement for each row, all of the same keys.

    As ``Connection.execute`` does, which takes three times as long for a row as SQLite itself; keep the statement, for
    it is compiled once.
    """
    if not rows:
        return
    plain = _compiled(statement, connection.dialect, tuple(rows[0]))
    if plain is None:
        connection.execute(statement, rows)
        return
    sql, values_of = plain
    connection.exec_driver_sql(sql, [values_of(row) for row in rows])


@lru_cache(maxsize=256)
def _compiled(
    statement: Insert | Update | Delete, dialect: Dialect, keys: tuple[str, ...]
) -> tuple[str, Callable[[Row], tuple[Any, ...]]] | None:
    """The SQL of a statement, and what makes a row into the values that the driver takes.

    None where the SQL depends on the values, as that of ``IN`` does.
    """
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - says what DML is compiled by
    if compiled.post_compile_params:
        return None
    binds = [compiled.binds[name] for name in compiled.positiontup or ()]
    fixed = {bind.key: bind.value for bind in binds if not bind.required and bind.key not in keys}
    plan = [(bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect)) for bind in binds]

    def values_of(row: Row) -> tuple[Any, ...]:
        told = {**fixed, **row} if fixed else row
        return tuple([ready(told[name]) if ready else told[name] for name, ready in plan])

    return str(compiled), values_of


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
        execute_many(connection, statement(connection.dialect.name), list(latest.values()))
        return [None] * len(rows)

    return apply


def appending(table: Table) -> Kind[Row, None]:
    """The kind of change that only ever adds rows."""
    statement = table.insert()

    def apply(connection: Connection, rows: Sequence[Row]) -> Sequence[None]:
        execute_many(connection, statement, rows)
        return [None] * len(rows)

    return apply
