"""What the books on disk say, read beside the product, which may be dead at the moment."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A call with its tickets and recordings as the tests look at them; instants as the database writes them."""

    id: str
    number: str
    reason: str
    outcome: str
    seat: str
    emergency: str
    greeted_at: str | None
    queued_at: str | None
    answered_at: str | None
    ended_at: str | None
    degraded: bool
    tickets: tuple[str, ...]
    #: Track → length in seconds.
    recordings: dict[str, float]


_CALLS = (
    "SELECT id, number, reason, outcome, seat, emergency, greeted_at, queued_at, answered_at, ended_at, degraded"
    " FROM calls WHERE number = ? ORDER BY rang_at"
)


class Rows:
    """The calls in one SQLite file."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def of(self, number: str) -> list[Row]:
        """All calls from a number, oldest first."""
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)
        try:
            found = connection.execute(_CALLS, (number,)).fetchall()
            return [self._row(connection, values) for values in found]
        finally:
            connection.close()

    async def until(self, number: str, true: Callable[[Row], bool], seconds: float = 15) -> Row:
        """The latest call from a number, once it is as it should be.

        Raises:
            AssertionError: it did not become so in this many seconds; the message shows it as it is.
        """
        rows: list[Row] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    rows = self.of(number)
                    if rows and true(rows[-1]):
                        return rows[-1]
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"the books did not come to say so within {seconds} s: {rows}") from None

    async def ended(self, number: str, seconds: float = 15) -> Row:
        """The latest call from a number, once it has ended and its recordings are closed."""
        return await self.until(number, lambda row: bool(row.ended_at and row.recordings), seconds)

    @staticmethod
    def _row(connection: sqlite3.Connection, values: tuple[Any, ...]) -> Row:
        call_id = str(values[0])
        tickets = connection.execute("SELECT kind FROM tickets WHERE call_id = ?", (call_id,)).fetchall()
        tracks = connection.execute("SELECT track, seconds FROM recordings WHERE call_id = ?", (call_id,)).fetchall()
        columns: list[Any] = [*values, tuple(kind for (kind,) in tickets), dict(tracks)]
        return Row(*columns)
