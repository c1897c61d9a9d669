"""How records stand in columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import Date, Dialect, Table, Text, type_coerce
from sqlalchemy.types import TypeDecorator

from common.store import Instant
from tickets.codec import packed, text_of, unpacked

Record = TypeVar("Record")


class Ready(str):
    """JSON that is text already."""

    __slots__ = ()


class Json(TypeDecorator[Any]):
    """JSON as text, with Chinese as it is read: nothing is ever looked for inside of it.

    What is given may be a record, or ``Ready``.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the database."""
        del dialect
        if value is None or isinstance(value, Ready):
            return value
        return text_of(value) if is_dataclass(value) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the database."""
        del dialect
        return None if value is None else json.loads(value)


def as_text(column: Any) -> Any:
    """A column of ``Json`` as the text that it holds, for ``from_text``."""
    return type_coerce(column, Text).label(column.name)


def row_of(table: Table, record: Any) -> dict[str, Any]:
    """A record whose fields are the columns of a table, as a row."""
    row: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        column = table.columns.get(one.name)
        if column is None:
            continue
        kept = isinstance(column.type, Date | Instant)
        row[one.name] = value if kept else value.value if isinstance(value, Enum) else packed(value)
    return row


def record_of(kind: type[Record], row: Mapping[str, Any] | Any) -> Record:
    """The record of a row whose columns are its fields."""
    return unpacked(kind, row._mapping if hasattr(row, "_mapping") else row)  # noqa: SLF001 - SQLAlchemy's public name


def columns_of(table: Table, kind: type[Any]) -> Sequence[Any]:
    """The columns of a table that are fields of a record."""
    return [table.columns[one.name] for one in fields(kind) if one.name in table.columns]
