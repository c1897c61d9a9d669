"""Records of knowledge as rows, and back."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from knowledge.model import Content, Entry, EntryClass, Proposal, Stage, Step, Task, TaskKind, Version

_CONTENT = tuple(field.name for field in fields(Content))


def row_of(record: Entry | Proposal | Version | Step | Task) -> dict[str, Any]:
    """The whole row of a record."""
    values: dict[str, Any] = {field.name: getattr(record, field.name) for field in fields(record)}
    content = values.pop("content", None)
    if isinstance(content, Content):
        values.update((name, getattr(content, name)) for name in _CONTENT)
    if isinstance(record, Proposal):
        values["consent_of"] = "\n".join(record.consent_of)
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}


def entry_of(row: Row[Any]) -> Entry:
    """An entry from its row; so the others."""
    return Entry(**_with_content(row))


def version_of(row: Row[Any]) -> Version:
    """A version from its row."""
    return Version(**_with_content(row))


def proposal_of(row: Row[Any]) -> Proposal:
    """A proposal from its row."""
    values = _with_content(row)
    units = tuple(values["consent_of"].splitlines())
    return Proposal(**{**values, "stage": Stage(values["stage"]), "consent_of": units})


def step_of(row: Row[Any]) -> Step:
    """A step from its row."""
    return Step(**_values(row))


def task_of(row: Row[Any]) -> Task:
    """A task from its row."""
    values = _values(row)
    return Task(**{**values, "kind": TaskKind(values["kind"])})


def _values(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def _with_content(row: Row[Any]) -> dict[str, Any]:
    values = _values(row)
    content = {name: values.pop(name) for name in _CONTENT}
    return {**values, "content": Content(**{**content, "entry_class": EntryClass(content["entry_class"])})}
