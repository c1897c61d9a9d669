"""The rows of abuse: read, and added to in one transaction per use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from common.paging import Cursor, Page
from common.roles import Role
from common.use_cases import UseCases
from ivr.abuse import tables as t
from ivr.abuse.model import Abuse, Evidence, Mark, MarkState, NoMarkError, NotFitError, Step, StepKind
from ivr.abuse.rules import Earlier
from ivr.model import RecordingState
from ivr.store import calls, recordings

#: Ours among the advisory locks of a PostgreSQL database: restrictions of one number are approved one after another.
_LOCK = sa.text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'abuse')})")
_MARK = list(t.marks.c)
_DECISIONS = (StepKind.CONFIRMED.value, StepKind.DISMISSED.value)


@dataclass(frozen=True, slots=True)
class MarkFilter:
    """Which marks a list shows: all conditions that are set."""

    state: MarkState | None = None
    number: str = ""
    by: str = ""


class AbuseStore(UseCases):
    """Marks with their evidence and steps (``ivr.abuse.tables``)."""

    async def page(self, shown: MarkFilter, *, limit: int, after: Cursor | None = None) -> Page[Mark]:
        """Some marks, newest first, from behind the cursor on."""
        return await self.read(lambda connection: _page(connection, shown, limit, after))


def mark_of(connection: Connection, mark_id: str) -> Mark:
    """One mark with its evidence and steps.

    Raises:
        NoMarkError: there is none of that id.
    """
    row = connection.execute(sa.select(*_MARK).where(t.marks.c.id == mark_id)).one_or_none()
    if row is None:
        raise NoMarkError(mark_id)
    return _whole(connection, [row])[0]


def add_mark(connection: Connection, mark: Mark) -> None:
    """Write a new mark and its evidence."""
    row = {field.name: getattr(mark, field.name) for field in fields(Mark) if field.name not in {"evidence", "steps"}}
    connection.execute(t.marks.insert(), [{**row, "kind": mark.kind.value, "role": mark.role.value}])
    add_evidence(connection, mark, mark.evidence)


def add_evidence(connection: Connection, mark: Mark, named: Sequence[Evidence]) -> None:
    """Name more recordings of the call."""
    rows = [
        {
            "mark_id": mark.id,
            "call_id": mark.call_id,
            **{field.name: getattr(one, field.name) for field in fields(Evidence)},
        }
        for one in named
    ]
    if rows:
        connection.execute(t.evidence.insert(), rows)


def add_step(connection: Connection, mark: Mark, step: Step) -> Mark:
    """Write what was done; gives the mark with it.

    Raises:
        NotFitError: somebody else has done something meanwhile.
    """
    row: dict[str, Any] = {field.name: getattr(step, field.name) for field in fields(Step)}
    row |= {"kind": step.kind.value, "role": step.role.value, "handed": " ".join(step.handed)}
    try:
        connection.execute(t.steps.insert(), [{"mark_id": mark.id, "call_id": mark.call_id, **row}])
    except IntegrityError as error:
        raise NotFitError("刚由他人办理过，请重新查看。") from error
    return replace(mark, steps=(*mark.steps, step))


def closed_tracks(connection: Connection, call_id: str, by: str, at: datetime) -> list[Evidence]:
    """The recordings of a call that can be named as evidence: closed, with their hash."""
    c = recordings.c
    query = sa.select(c.id, c.sha256, c.track, c.seconds).where(
        c.call_id == call_id, c.state == RecordingState.CLOSED.value, c.sha256 != sa.literal_column("''")
    )
    rows = connection.execute(query.order_by(c.started_at, c.id))
    return [Evidence(row.id, row.sha256, row.track, row.seconds, by, at) for row in rows]


def number_of_call(connection: Connection, call_id: str) -> str | None:
    """The number of a call; None where there is no such call."""
    number: str | None = connection.execute(sa.select(calls.c.number).where(calls.c.id == call_id)).scalar()
    return number


def take_turns(connection: Connection) -> None:
    """Until the transaction ends nobody else proposes or approves a restriction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)


def earlier(connection: Connection, number: str, now: datetime) -> Earlier:
    """Whether a number was ever restricted, and whether it is now."""
    approved = (t.marks.c.number == number, t.steps.c.kind == StepKind.APPROVED.value)
    joined = sa.select(sa.func.count()).join_from(t.steps, t.marks, t.marks.c.id == t.steps.c.mark_id)
    ever = connection.execute(joined.where(*approved)).scalar_one()
    return Earlier(ever=bool(ever), now=number in standing(connection, now))


def standing(connection: Connection, now: datetime) -> Mapping[str, datetime]:
    """The numbers that are restricted now, and until when."""
    return {number: until for number, until, _ in _standing(connection, now)}


def standing_marks(connection: Connection, now: datetime) -> list[Mark]:
    """The marks from which the restrictions of now follow, the first to end first."""
    ids = [mark_id for _, _, mark_id in _standing(connection, now)]
    rows = {row.id: row for row in connection.execute(sa.select(*_MARK).where(t.marks.c.id.in_(ids)))}
    return _whole(connection, [rows[one] for one in ids])


def _standing(connection: Connection, now: datetime) -> Sequence[Any]:
    lifted = t.steps.alias()
    ended = sa.exists().where(lifted.c.mark_id == t.steps.c.mark_id, lifted.c.kind == StepKind.LIFTED.value)
    query = (
        sa.select(t.marks.c.number, t.steps.c.until, t.marks.c.id)
        .join_from(t.steps, t.marks, t.marks.c.id == t.steps.c.mark_id)
        .where(t.steps.c.until > now, t.steps.c.kind == StepKind.APPROVED.value, ~ended)
    )
    return connection.execute(query.order_by(t.steps.c.until, t.marks.c.id)).all()


def _page(connection: Connection, shown: MarkFilter, limit: int, after: Cursor | None) -> Page[Mark]:
    c = t.marks.c
    query = sa.select(*_MARK).order_by(c.at.desc(), c.id.desc()).limit(limit + 1)
    if shown.number:
        query = query.where(c.number == shown.number)
    if shown.by:
        query = query.where(c.by == shown.by)
    if shown.state:
        query = query.where(_is(shown.state))
    if after:
        query = query.where(sa.tuple_(c.at, c.id) < sa.tuple_(after.at, after.id))
    rows = connection.execute(query).all()
    found = _whole(connection, rows[:limit])
    return Page(found, Cursor(found[-1].at, found[-1].id) if len(rows) > limit else None)


def _is(state: MarkState) -> sa.ColumnElement[bool]:
    wanted = _DECISIONS if state is MarkState.WAITING else (state.value,)
    decided = sa.exists().where(t.steps.c.mark_id == t.marks.c.id, t.steps.c.kind.in_(wanted))
    return ~decided if state is MarkState.WAITING else decided


def _whole(connection: Connection, rows: Sequence[Any]) -> list[Mark]:
    ids = [row.id for row in rows]
    named: dict[str, list[Evidence]] = {}
    of_marks = sa.select(t.evidence).where(t.evidence.c.mark_id.in_(ids))
    for row in connection.execute(of_marks.order_by(t.evidence.c.at, t.evidence.c.recording_id)):
        one = Evidence(**{field.name: getattr(row, field.name) for field in fields(Evidence)})
        named.setdefault(row.mark_id, []).append(one)
    done: dict[str, list[Step]] = {}
    for row in connection.execute(sa.select(t.steps).where(t.steps.c.mark_id.in_(ids)).order_by(t.steps.c.seq)):
        done.setdefault(row.mark_id, []).append(_step(row))
    return [_mark(row, named.get(row.id, ()), done.get(row.id, ())) for row in rows]


def _mark(row: Any, named: Sequence[Evidence], done: Sequence[Step]) -> Mark:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    told |= {"kind": Abuse.of(row.kind), "role": Role.of(row.role)}
    return Mark(**told, evidence=tuple(named), steps=tuple(done))


def _step(row: Any) -> Step:
    told = {field.name: getattr(row, field.name) for field in fields(Step)}
    told |= {"kind": StepKind.of(row.kind), "role": Role.of(row.role), "handed": tuple(row.handed.split())}
    return Step(**told)
