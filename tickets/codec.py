"""Records as JSON and back: only what differs from the defaults is written, and a record reads back as it was.

It knows what our records are made of: text, numbers, instants, dates, enums, tuples, mappings by name and records.
``text_of`` and ``from_text`` are for the records that every move reads and writes: Pydantic's core does both in a
quarter of the time.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

Record = TypeVar("Record")


def packed(record: Any) -> Any:
    """A record (or one of the values in it) as JSON can hold it."""
    if record is None or type(record) in (str, int, float, bool):
        return record
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, datetime | date | time):
        return record.isoformat()
    if isinstance(record, tuple | list):
        return [packed(item) for item in record]
    if isinstance(record, Mapping):
        return {packed(name): packed(item) for name, item in record.items()}
    shown = {}
    for name, default in _defaults(type(record)):  # type: ignore[arg-type]  # classes are hashable
        value = getattr(record, name)
        if value is not default and value != default:
            shown[name] = packed(value)
    return shown


def unpacked(kind: type[Record], data: Mapping[str, Any]) -> Record:
    """The record of that kind; names that it no longer has are left out.

    Raises:
        ValueError: a value cannot be what it should.
        TypeError: a value without a default is missing.
    """
    readers = _readers(kind)  # type: ignore[arg-type]  # classes are hashable
    return kind(**{name: readers[name](value) for name, value in data.items() if name in readers})


def text_of(record: Any) -> str:
    """A record without mappings as JSON text."""
    adapter = _adapter(type(record))  # type: ignore[arg-type]  # classes are hashable
    return adapter.dump_json(record, exclude_defaults=True).decode()


def from_text(kind: type[Record], text: str) -> Record:
    """The record of that kind that a JSON text holds; names that it no longer has are left out.

    Raises:
        ValueError: a value is missing, or cannot be what it should.
    """
    found: Record = _adapter(kind).validate_json(text)  # type: ignore[arg-type]  # classes are hashable
    return found


_ABSENT = object()


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _default(one: Field[Any]) -> object:
    if one.default is not MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not MISSING else _ABSENT


@cache
def _defaults(kind: type[Any]) -> tuple[tuple[str, object], ...]:
    return tuple((one.name, _default(one)) for one in fields(kind) if one.init)


@cache
def _readers(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind)
    return {one.name: _reader(hints[one.name]) for one in fields(kind) if one.init}


def _reader(hint: Any) -> Callable[[Any], Any]:  # noqa: PLR0911 - one answer for each kind of type
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(part for part in parts if part is not types.NoneType))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        if len(parts) == 2 and parts[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
            each = _reader(parts[0])
            return lambda value: tuple(each(item) for item in value)
        several = [_reader(part) for part in parts]
        return lambda value: tuple(read(item) for read, item in zip(several, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, item = _reader(parts[0]), _reader(parts[1])
        return lambda value: {key(name): item(inner) for name, inner in value.items()}
    if is_dataclass(hint):
        return lambda value: unpacked(hint, value)  # type: ignore[arg-type]  # a class, as fields have them
    if hint in (datetime, date, time):
        # A row of the database holds dates as they are; only JSON holds them as text.
        return lambda value: hint.fromisoformat(value) if isinstance(value, str) else value
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else lambda value: value
