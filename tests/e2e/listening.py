"""What the end-to-end tests listen for and look up: announcements by name, figures read out, rows of the books."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np

from simnet.calls import Leg
from simnet.listen import find, tones
from simnet.sound import RATE, Samples, read
from tests.e2e.conftest import Bed

Row = dict[str, Any]
T = TypeVar("T")

#: Between two announcements that follow each other at once.
_OVERLAP = 0.1
#: How much of the newest sound is searched for a tone.
_TONE_SECONDS = 3.0
_SAME_HZ = 15.0
#: The next figure begins within this time of the end of the one before.
_BETWEEN_FIGURES = 0.25


class Ear:
    """What one party hears, in the order in which it is heard: each word looks after what the last one found.

    ``at`` is how far it has listened, in seconds of the party's own record.
    """

    def __init__(self, bed: Bed, leg: Leg) -> None:
        self._bed = bed
        self._leg = leg
        self.at = 0.0

    async def hears(self, *prompts: str, seconds: float = 20, share: float = 1.0) -> float:
        """Wait for announcements, one after another; gives the second at which the first of them began.

        ``seconds`` is the limit for each; ``share`` is how much of each, from its beginning, is waited for.

        Raises:
            TimeoutError: one was not heard in time; the message names it.
        """
        began: list[float] = []
        for prompt in prompts:
            whole = read(self._bed.prompt(prompt))
            needle = whole[: round(len(whole) * share)]
            began.append(await self._finds(needle, prompt, seconds))
            self.at = began[-1] + len(needle) / RATE - _OVERLAP
        return began[0]

    async def hears_tone(self, hz: float, *, seconds: float = 15) -> None:
        """Wait for a tone, heard for at least 0.3 s.

        Raises:
            TimeoutError: it was not heard in time.
        """

        def sounds(samples: Samples) -> bool:
            newest = samples[max(round(self.at * RATE), len(samples) - round(_TONE_SECONDS * RATE), 0) :]
            return any(abs(tone.hz - hz) < _SAME_HZ and tone.end - tone.start >= 0.3 for tone in tones(newest))

        try:
            await self._leg.heard.until(sounds, seconds)
        except TimeoutError:
            raise TimeoutError(f"not heard within {seconds} s: {hz} Hz") from None

    async def hears_figures(self, count: int) -> str:
        """The figures that are read out next, one by one, as many as are asked for."""
        figures = {str(figure): read(self._bed.prompt(f"tel/{figure}")) for figure in range(10)}
        room = max(len(sound) for sound in figures.values()) + round((_OVERLAP + _BETWEEN_FIGURES) * RATE)
        said = ""
        for _ in range(count):
            start = round(self.at * RATE)
            samples = await self._leg.heard.until(lambda heard, end=start + room: len(heard) >= end)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            places = {figure: find(sound, samples[start : start + room]) for figure, sound in figures.items()}
            # The last piece of one figure may resemble a short other one: what begins first is what was said.
            found = [(place, figure) for figure, place in places.items() if place is not None]
            if not found:
                raise AssertionError(f"no figure at {self.at:.2f} s, after {said!r}")
            place, figure = min(found)
            said += figure
            self.at += place + len(figures[figure]) / RATE - _OVERLAP
        return said

    def has_heard(self, prompt: str) -> bool:
        """Whether an announcement was heard at any time so far."""
        return find(read(self._bed.prompt(prompt)), self._leg.heard.samples()) is not None

    async def _finds(self, needle: Samples, name: str, seconds: float) -> float:
        searched = round(self.at * RATE)
        place: float | None = None

        def there(samples: Samples) -> bool:
            nonlocal searched, place
            # Only what is new is searched, and not for every packet: correlation is dear.
            if len(samples) - searched < min(len(needle), RATE // 2) and not self._leg.ended.happened:
                return False
            start = max(round(self.at * RATE), searched - len(needle))
            found = find(needle, samples[start:])
            place = None if found is None else found + start / RATE
            searched = len(samples)
            return place is not None

        try:
            await self._leg.heard.until(there, seconds)
        except TimeoutError:
            raise TimeoutError(f"not heard within {seconds} s after second {self.at:.1f}: {name}") from None
        assert place is not None
        return place


def rms(samples: Samples) -> float:
    """How loud it is, as a mean amplitude."""
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


async def eventually(look: Callable[[], Awaitable[T]], true: Callable[[T], bool], seconds: float = 10) -> T:
    """Look again and again until what is seen makes ``true`` true, and give it.

    Raises:
        AssertionError: it did not in time; the message is what was seen last.
    """
    seen: list[T] = []
    try:
        async with asyncio.timeout(seconds):
            while not true(now := await look()):
                seen[:] = [now]
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not so within {seconds} s; last seen: {seen}") from None
    return now


async def call_of(bed: Bed, caller: str, true: Callable[[Row], bool], seconds: float = 10) -> Row:
    """The one row of the calls of this number, once it makes ``true`` true."""

    async def look() -> Row:
        (row,) = _rows(bed, "select * from calls where claimed_number = ?", caller) or [{}]
        return row

    return await eventually(look, lambda row: bool(row) and true(row), seconds)


async def ended_call(bed: Bed, caller: str, outcome: str) -> Row:
    """The one row of the calls of this number once it is over, which must have this outcome."""
    row = await call_of(bed, caller, lambda row: row["ended_at"] is not None)
    assert row["outcome"] == outcome
    return row


async def ticket_of(bed: Bed, call: Row, kind: str) -> Row:
    """The one automatic ticket of a call, which must be of this kind and await review."""

    async def look() -> list[Row]:
        return _rows(bed, "select * from tickets where call_id = ?", call["id"])

    (ticket,) = await eventually(look, bool)
    assert (ticket["kind"], ticket["status"]) == (kind, "awaiting_review")
    assert ticket["automatic"]
    assert ticket["caller_number"] == call["number"]
    return ticket


async def no_ticket(bed: Bed, call: Row) -> bool:
    """Whether a call has no ticket at all."""
    return not _rows(bed, "select * from tickets where call_id = ?", call["id"])


async def recordings_of(bed: Bed, call: Row, *tracks: str) -> dict[str, Row]:
    """The closed recordings of a call by track, once there is exactly one of each of these."""

    async def look() -> list[Row]:
        return _rows(bed, "select * from recordings where call_id = ? order by started_at", call["id"])

    rows = await eventually(look, lambda rows: len(rows) >= len(tracks), 15)
    assert sorted(row["track"] for row in rows) == sorted(tracks)
    assert {row["state"] for row in rows} <= {"closed", "empty"}
    return {row["track"]: row for row in rows}


def audio(bed: Bed, recording: Row) -> Samples:
    """The sound of a closed recording."""
    from simnet.sound import decode  # noqa: PLC0415

    return decode((bed.product.data / "recordings" / recording["path"]).read_bytes()[58:])


def _rows(bed: Bed, query: str, *values: str) -> list[Row]:
    file = f"file:{bed.product.data / 'hotline.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=5)) as database:
        database.row_factory = sqlite3.Row
        return [{name: _instant(name, row[name]) for name in row.keys()} for row in database.execute(query, values)]  # noqa: SIM118 - a Row iterates over values


def _instant(name: str, value: Any) -> Any:
    """Instants as seconds of the epoch, everything else as it is."""
    if name.endswith("_at") and value is not None:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
    return value
