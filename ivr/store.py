"""The rows of calls, recordings, alarms and refusals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import day_bounds
from common.paging import Cursor, Page
from common.store import Instant, Ledger, Row, insert, metadata, upserting
from common.vault import Algorithm, DataKey, is_sealed
from common.vault.sealing import MARK
from ivr.model import Alarm, CallRecord, Figures, Outcome, Recording, RecordingState, Track

tables = metadata()

calls = Table(
    "calls",
    tables,
    Column("id", String(80), primary_key=True),
    Column("trunk", String(40), nullable=False),
    Column("dialled", Text, nullable=False),
    Column("claimed_number", Text, nullable=False),
    Column("number", String(40), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("shadowed", sa.Boolean, nullable=False),
    Column("rang_at", Instant, nullable=False),
    Column("greeted_at", Instant),
    Column("queued_at", Instant),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("seat", String(20), nullable=False),
    Column("emergency", String(20), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("cause", Integer, nullable=False),
    Column("degraded", sa.Boolean, nullable=False),
    #: ``answered_at - rang_at`` in milliseconds: the wait that GB/T 33358 limits, so that a day can be counted in SQL.
    Column("wait_ms", Integer),
    Index(None, "rang_at", "id"),
    Index(None, "number", "rang_at", "id"),
    # On SQLite every tree that a row stands in costs about as much as the row: the key's own tree holds the rows.
    sqlite_with_rowid=False,
)

recordings = Table(
    "recordings",
    tables,
    Column("id", String(160), primary_key=True),
    Column("call_id", String(80), nullable=False, index=True),
    Column("track", String(20), nullable=False),
    Column("who", String(40), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seconds", sa.Float, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", Text, nullable=False, index=True),
    Column("state", String(20), nullable=False),
    sqlite_with_rowid=False,
)

alarms = Table(
    "alarms",
    tables,
    Column("code", String(80), primary_key=True),
    Column("detail", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("times", Integer, nullable=False),
)

refusals = Table(
    "refusals",
    tables,
    Column("day", sa.Date, primary_key=True),
    Column("trunk", String(40), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: The calls that a restart must look after: a handful among millions.
_open = calls.c.ended_at.is_(None)
Index("ix_calls_open", calls.c.rang_at, sqlite_where=_open, postgresql_where=_open)
#: Looked for by outcome; most calls were answered, and those are found as fast without.
_scarce = calls.c.outcome.not_in(("live", "answered"))
Index("ix_calls_scarce", calls.c.outcome, calls.c.rang_at, calls.c.id, sqlite_where=_scarce, postgresql_where=_scarce)

_CALL_FIELDS = tuple(field.name for field in fields(CallRecord))
_RECORDING_FIELDS = tuple(field.name for field in fields(Recording))
_call_columns = [calls.c[name] for name in _CALL_FIELDS]
_recording_columns = [recordings.c[name] for name in _RECORDING_FIELDS]
#: Who called and what the network claimed, where a call belongs to a confidential ticket: sealed in one column (R25.1).
_NUMBERS = ("number", "claimed_number", "dialled")
_is_sealed = sa.func.substr(calls.c.claimed_number, 1, len(MARK)) == MARK
_save_recording = upserting(recordings)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls a list shows: all conditions that are set; ``since`` counts in, ``until`` does not."""

    outcome: Outcome | None = None
    number: str = ""
    since: datetime | None = None
    until: datetime | None = None


class CallStore:
    """The books of the telephone. Writes go through the ledger, reads straight to the database."""

    def __init__(self, reads: AsyncEngine, ledger: Ledger) -> None:
        self._reads = reads
        self._ledger = ledger

    async def save(self, call: CallRecord) -> None:
        """Write the whole record, new or changed; on disk when this returns.

        Raises:
            NotWritten: the database refused.
        """
        row: dict[str, object] = {name: getattr(call, name) for name in _CALL_FIELDS}
        row["outcome"] = call.outcome.value
        row["wait_ms"] = (call.answered_at - call.rang_at) // timedelta(milliseconds=1) if call.answered_at else None
        await self._ledger.write(_save_calls, row)

    async def get(self, call_id: str) -> CallRecord | None:
        """One call, or None where there is none of that id."""
        found = await self._rows(sa.select(*_call_columns).where(calls.c.id == call_id))
        return _call(found[0]) if found else None

    async def seal_numbers(self, call_id: str, key: DataKey, algorithm: Algorithm) -> bool:
        """Seal who called, once the call is over: it belongs to a confidential ticket. False where nothing was to do.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(_seal_numbers, (call_id, key, algorithm))

    async def sealed_numbers(self, call_id: str, key: DataKey) -> dict[str, str]:
        """Number, claimed number and dialled number of a sealed call, for who may see them; empty if it is not sealed.

        Raises:
            TamperedError: they are not what was sealed.
        """
        found = await self._rows(sa.select(calls.c.claimed_number).where(calls.c.id == call_id, _is_sealed))
        return dict(json.loads(key.unseal(found[0][0], _place(call_id)))) if found else {}

    async def forget_numbers(self, call_id: str) -> None:
        """Take out who called: the ticket's content was destroyed (A15).

        Raises:
            NotWritten: the database refused.
        """
        await self._ledger.write(_forget_numbers, call_id)

    async def open_calls(self) -> list[CallRecord]:
        """The calls that have not ended as far as the books know, oldest first."""
        query = sa.select(*_call_columns).where(calls.c.ended_at.is_(None)).order_by(calls.c.rang_at)
        return [_call(row) for row in await self._rows(query)]

    async def page(self, shown: CallFilter, *, limit: int, after: Cursor | None = None) -> Page[CallRecord]:
        """Some calls, newest first, from behind the cursor on."""
        query = sa.select(*_call_columns).order_by(calls.c.rang_at.desc(), calls.c.id.desc()).limit(limit + 1)
        if shown.outcome:
            query = query.where(calls.c.outcome == shown.outcome.value)
            if shown.outcome not in {Outcome.LIVE, Outcome.ANSWERED}:
                query = query.where(_scarce)  # says to the database that the index fits
        if shown.number:
            query = query.where(calls.c.number == shown.number)
        if shown.since:
            query = query.where(calls.c.rang_at >= shown.since)
        if shown.until:
            query = query.where(calls.c.rang_at < shown.until)
        if after:
            query = query.where(sa.tuple_(calls.c.rang_at, calls.c.id) < sa.tuple_(after.at, after.id))
        found = [_call(row) for row in await self._rows(query)]
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        return Page(found[:limit], Cursor(last.rang_at, last.id))

    async def save_recordings(self, closed: Sequence[Recording]) -> None:
        """Write closed tracks, new or changed; on disk when this returns.

        Raises:
            NotWritten: the database refused.
        """
        await self._ledger.write(_save_recordings, closed)

    async def recordings_of(self, call_id: str) -> list[Recording]:
        """The tracks of one call, in the order in which they began."""
        query = sa.select(*_recording_columns).where(recordings.c.call_id == call_id)
        return [_recording(row) for row in await self._rows(query.order_by(recordings.c.started_at, recordings.c.id))]

    async def recording(self, recording_id: str) -> Recording | None:
        """One track, or None where there is none of that id."""
        found = await self._rows(sa.select(*_recording_columns).where(recordings.c.id == recording_id))
        return _recording(found[0]) if found else None

    async def recordings_on(self, day: date) -> list[Recording]:
        """The tracks whose files lie in the folder of a civil day."""
        folder = f"{day:%Y/%m/%d}/"
        query = sa.select(*_recording_columns).where(recordings.c.path >= folder, recordings.c.path < folder + "~")
        return [_recording(row) for row in await self._rows(query)]

    async def all_recordings(self, *, at_once: int = 500) -> AsyncIterator[Recording]:
        """Every track in the books, by id, to be held against the disk; no read transaction stays open meanwhile."""
        last = ""
        while True:
            query = sa.select(*_recording_columns).where(recordings.c.id > last).order_by(recordings.c.id)
            found = await self._rows(query.limit(at_once))
            for row in found:
                yield _recording(row)
            if len(found) < at_once:
                return
            last = found[-1].id

    async def raise_alarm(self, code: str, detail: str, at: datetime) -> None:
        """Raise an alarm; one that stands already keeps its time and is counted.

        Raises:
            NotWritten: the database refused.
        """
        await self._ledger.write(_note_alarms, Alarm(code, detail, at))

    async def clear_alarm(self, code: str, at: datetime) -> None:
        """End an alarm; no error if it does not stand.

        Raises:
            NotWritten: the database refused.
        """
        await self._ledger.write(_note_alarms, Alarm(code, "", at, cleared_at=at))

    async def alarms(self, *, cleared: bool = False) -> list[Alarm]:
        """The alarms that stand, newest first; with ``cleared`` also those that are over."""
        query = sa.select(alarms).order_by(alarms.c.raised_at.desc(), alarms.c.code)
        if not cleared:
            query = query.where(alarms.c.cleared_at.is_(None))
        return [Alarm(**row._mapping) for row in await self._rows(query)]  # noqa: SLF001 - SQLAlchemy's public name

    async def count_refusal(self, trunk: str, reason: str, day: date) -> None:
        """Count one call that was not taken; ``reason`` is a Reason or ``shed`` (over capacity).

        Raises:
            NotWritten: the database refused.
        """
        await self._ledger.write(_count_refusals, (day, trunk, reason))

    async def figures(self, day: date, *, goal_seconds: float) -> Figures:
        """The calls of one civil day in numbers; ``goal_seconds`` is the wait within which a person should answer."""
        start, end = day_bounds(day)
        # A call that still rings is neither a success nor a failure yet.
        offered = sa.case((sa.or_(calls.c.ended_at.is_not(None), calls.c.answered_at.is_not(None)), 1), else_=0)
        quick = sa.case((calls.c.wait_ms <= int(goal_seconds * 1000), 1), else_=0)
        counts = (sa.func.count(), sa.func.sum(offered), sa.func.count(calls.c.answered_at), sa.func.sum(quick))
        of_day = (calls.c.rang_at >= start, calls.c.rang_at < end)
        rows = await self._rows(sa.select(calls.c.outcome, *counts).where(*of_day).group_by(calls.c.outcome))
        taken = [row for row in rows if row[0] != Outcome.REFUSED.value]
        refused = sa.select(refusals.c.reason, sa.func.sum(refusals.c.count)).where(refusals.c.day == day)
        return Figures(
            day=day,
            by_outcome={row[0]: row[1] for row in rows},
            refused={row[0]: row[1] for row in await self._rows(refused.group_by(refusals.c.reason))},
            offered=sum(row[2] for row in taken),
            connected=sum(row[3] for row in taken),
            within_goal=sum(row[4] for row in taken),
        )

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
        async with self._reads.connect() as connection:
            return (await connection.execute(query)).all()


def _call(row: sa.Row[Any]) -> CallRecord:
    values = dict(zip(_CALL_FIELDS, row, strict=True))
    if is_sealed(values["claimed_number"]):
        # Nobody who looks through calls sees who it was.
        values["claimed_number"] = ""
    return CallRecord(**{**values, "outcome": Outcome(values["outcome"])})


def _recording(row: sa.Row[Any]) -> Recording:
    values = dict(zip(_RECORDING_FIELDS, row, strict=True))
    return Recording(**{**values, "track": Track(values["track"]), "state": RecordingState(values["state"])})


def _save_calls(connection: Connection, rows: Sequence[Row]) -> Sequence[None]:
    latest = {row["id"]: row for row in rows}
    connection.execute(_saving_call(connection.dialect.name), list(latest.values()))
    return [None] * len(rows)


@cache
def _saving_call(dialect: str) -> sa.Insert:
    plain = insert(calls, dialect)
    fresh: dict[str, Any] = {name: plain.excluded[name] for name in (*_CALL_FIELDS, "wait_ms") if name != "id"}
    # What is sealed stays: whoever has read the row writes it back without the numbers.
    fresh |= {name: sa.case((_is_sealed, calls.c[name]), else_=plain.excluded[name]) for name in _NUMBERS}
    return plain.on_conflict_do_update(index_elements=["id"], set_=fresh)


def _place(call_id: str) -> str:
    return f"calls|claimed_number|{call_id}"


def _seal_numbers(connection: Connection, asked: Sequence[tuple[str, DataKey, Algorithm]]) -> Sequence[bool]:
    done = []
    for call_id, key, algorithm in asked:
        columns = [calls.c[name] for name in _NUMBERS]
        over = calls.c.ended_at.is_not(None)
        query = sa.select(*columns).where(calls.c.id == call_id, over, sa.not_(_is_sealed)).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is not None:
            text = json.dumps(dict(row._mapping), ensure_ascii=False)  # noqa: SLF001 - SQLAlchemy's public name
            sealed = {"number": "", "dialled": "", "claimed_number": key.seal(text, _place(call_id), algorithm)}
            connection.execute(calls.update().where(calls.c.id == call_id).values(sealed))
        done.append(row is not None)
    return done


def _forget_numbers(connection: Connection, asked: Sequence[str]) -> Sequence[None]:
    # The mark stays, so that a late note of the call does not bring them back.
    gone = {"number": "", "dialled": "", "claimed_number": f"{MARK}destroyed"}
    connection.execute(calls.update().where(calls.c.id.in_(asked)).values(gone))
    return [None] * len(asked)


def _save_recordings(connection: Connection, lots: Sequence[Sequence[Recording]]) -> Sequence[None]:
    rows = [
        {
            **{name: getattr(track, name) for name in _RECORDING_FIELDS},
            "track": track.track.value,
            "state": track.state.value,
        }
        for lot in lots
        for track in lot
    ]
    if rows:
        _save_recording(connection, rows)
    return [None] * len(lots)


def _note_alarms(connection: Connection, notes: Sequence[Alarm]) -> Sequence[None]:
    """Alarms are few; each is applied by itself, in order."""
    for note in notes:
        if note.cleared_at:
            standing = (alarms.c.code == note.code) & alarms.c.cleared_at.is_(None)
            connection.execute(alarms.update().where(standing).values(cleared_at=note.cleared_at))
        else:
            row = {"code": note.code, "detail": note.detail, "raised_at": note.raised_at, "times": 1}
            connection.execute(_raise(connection.dialect.name), row)
    return [None] * len(notes)


@cache
def _raise(dialect: str) -> sa.Insert:
    fresh = insert(alarms, dialect)
    standing = alarms.c.cleared_at.is_(None)
    again = {
        "detail": fresh.excluded.detail,
        "raised_at": sa.case((standing, alarms.c.raised_at), else_=fresh.excluded.raised_at),
        "times": sa.case((standing, alarms.c.times + 1), else_=1),
        "cleared_at": None,
    }
    return fresh.on_conflict_do_update(index_elements=["code"], set_=again)


def _count_refusals(connection: Connection, refused: Sequence[tuple[date, str, str]]) -> Sequence[None]:
    rows = [
        {"day": day, "trunk": trunk, "reason": reason, "count": times}
        for (day, trunk, reason), times in Counter(refused).items()
    ]
    connection.execute(_count_on(connection.dialect.name), rows)
    return [None] * len(refused)


@cache
def _count_on(dialect: str) -> sa.Insert:
    fresh = insert(refusals, dialect)
    onward = {"count": refusals.c.count + fresh.excluded["count"]}
    return fresh.on_conflict_do_update(index_elements=["day", "trunk", "reason"], set_=onward)
