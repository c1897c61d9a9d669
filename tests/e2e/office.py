"""What the office sees of a call afterwards: its row, its ticket, its recordings."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from common.signing import load_public
from ivr.recordings.verifying import verify
from simnet.listen import ToneHeard, tones
from simnet.sound import RATE, Samples, decode
from tests.e2e.conftest import Bed

#: A row as a dict; instants are seconds of the epoch.
Row = dict[str, Any]
T = TypeVar("T")

_A_LAW = 6


class Office:
    """Looks things up in the product's books, and waits a little for what is still being written."""

    def __init__(self, bed: Bed) -> None:
        self._data = bed.product.data

    async def call(self, caller: str, true: Callable[[Row], bool] = bool, seconds: float = 10) -> Row:
        """The one call from this number, once it makes ``true`` true."""

        def look() -> Row:
            rows = self._rows("select * from calls where claimed_number = ?", caller)
            assert len(rows) <= 1, "a call has one row"
            return rows[0] if rows else {}

        return await _eventually(look, lambda row: bool(row) and true(row), seconds)

    async def answered(self, caller: str, seat: str = "8001") -> None:
        """Wait until the books say that this seat has answered the call from this number: the two are connected."""
        await self.call(caller, lambda row: row["answered_at"] is not None and row["seat"] == seat)

    async def ended(self, caller: str, outcome: str) -> Row:
        """The one call from this number once it is over; it must have this outcome."""
        row = await self.call(caller, lambda row: row["ended_at"] is not None)
        assert row["outcome"] == outcome
        assert row["number"] == caller
        return row

    async def ticket(self, call: Row, kind: str) -> Row:
        """The one ticket of a call: automatic, of this kind, awaiting review, with the caller's number."""
        (ticket,) = await _eventually(lambda: self.tickets(call), bool)
        assert (ticket["kind"], ticket["status"], ticket["channel"]) == (kind, "awaiting_review", "telephone")
        assert ticket["automatic"]
        assert ticket["caller_number"] == call["number"]
        return ticket

    def tickets(self, call: Row) -> list[Row]:
        """All tickets of a call as they stand now."""
        return self._rows("select * from tickets where call_id = ?", call["id"])

    async def recordings(self, call: Row, *tracks: str) -> dict[str, Row]:
        """The recordings of a call by track, once they are closed: exactly one of each of these, and as they were
        closed (the manifest says so, and the hashes in the rows).
        """  # noqa: D205 - one sentence
        query = "select * from recordings where call_id = ?"
        rows = await _eventually(lambda: self._rows(query, call["id"]), lambda rows: len(rows) >= len(tracks), 15)
        assert sorted(row["track"] for row in rows) == sorted(tracks)
        assert {row["state"] for row in rows} == {"closed"}
        files = [self._data / "recordings" / row["path"] for row in rows]
        assert verify(files[0].parent, load_public(self._data / "secrets" / "manifest.pub")) == []
        for row, file in zip(rows, files, strict=True):
            assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
            assert len(_wav(file)) / RATE == row["seconds"]
        return {row["track"]: row for row in rows}

    async def recording(self, recording_id: str) -> Row:
        """A recording by its id, once it is closed."""
        (row,) = await _eventually(lambda: self._rows("select * from recordings where id = ?", recording_id), bool)
        return row

    def tones(self, recording: Row) -> list[ToneHeard]:
        """The tones in a closed recording."""
        return tones(self.audio(recording))

    def audio(self, recording: Row) -> Samples:
        """The sound of a closed recording."""
        return _wav(self._data / "recordings" / recording["path"])

    def _rows(self, query: str, value: str) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self._data / 'hotline.db'}?mode=ro", uri=True, timeout=5)) as database:
            cursor = database.execute(query, (value,))
            names = [column[0] for column in cursor.description]
            return [{name: _plain(name, cell) for name, cell in zip(names, row, strict=True)} for row in cursor]


async def _eventually(look: Callable[[], T], true: Callable[[T], bool], seconds: float = 10) -> T:
    seen = look()
    try:
        async with asyncio.timeout(seconds):
            while not true(seen):
                await asyncio.sleep(0.1)
                seen = look()
    except TimeoutError:
        raise AssertionError(f"not so within {seconds} s; last seen: {seen}") from None
    return seen


def _plain(name: str, cell: Any) -> Any:
    if name.endswith("_at") and cell is not None:
        return datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp()
    return cell


def _wav(file: Path) -> Samples:
    """The samples of an A-law WAV of 8,000 Hz, mono, as any player would find them: chunk by chunk."""
    raw = file.read_bytes()
    kind, length, form = struct.unpack_from("<4sI4s", raw)
    assert (kind, form, length) == (b"RIFF", b"WAVE", len(raw) - 8)
    chunks, at = {}, 12
    while at < len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        chunks[name] = raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert struct.unpack_from("<HHI", chunks[b"fmt "]) == (_A_LAW, 1, RATE)
    return decode(chunks[b"data"])
