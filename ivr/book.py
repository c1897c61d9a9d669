"""The books of the calls of now: one whole record per live call, written at every change until the call has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog

from ivr.model import CallRecord

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0


class Book:
    """Live calls by id. Changes are taken at once and written by ``run``, the one owner, in the order they came.

    ``settle`` is awaited for each changed record before its row is written, so that a row which says that a call is
    over can stand only when all that follows from it (its ticket) stands too. ``save`` writes one record; both are
    tried again until they succeed. ``over`` hears of each call whose end is on disk: its note is not needed any more.
    """

    def __init__(
        self,
        save: Callable[[CallRecord], Awaitable[None]],
        settle: Callable[[CallRecord], Awaitable[None]],
        over: Callable[[str], None],
    ) -> None:
        self._save = save
        self._settle = settle
        self._over = over
        self._live: dict[str, CallRecord] = {}
        self._dirty: dict[str, CallRecord] = {}
        self._due = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._live

    def __len__(self) -> int:
        return len(self._live)

    @property
    def live(self) -> tuple[CallRecord, ...]:
        """The calls of now."""
        return tuple(self._live.values())

    def get(self, call_id: str) -> CallRecord:
        """The record of a live call.

        Raises:
            KeyError: no such call lives.
        """
        return self._live[call_id]

    def open(self, record: CallRecord) -> None:
        """A call has come in, or was found alive after a restart."""
        self._live[record.id] = record
        self._mark(record)

    def change(self, call_id: str, **changes: Any) -> CallRecord:
        """Take a change of a live call; an unchanged record is not written again.

        Raises:
            KeyError: no such call lives.
        """
        before = self._live[call_id]
        record = replace(before, **changes)
        if record != before:
            self._live[call_id] = record
            self._mark(record)
        return record

    def update(self, call_id: str, step: Callable[..., CallRecord], *known: object) -> None:
        """What ``step(record, *known)`` makes of a live call's record; nothing for a call that is not in the book.

        A record that has ended lives no longer.
        """
        if call_id not in self._live:
            return
        record = step(self._live[call_id], *known)
        if record != self._live[call_id]:
            self._live[call_id] = record
            self._mark(record)
        if record.ended_at:
            del self._live[call_id]

    def enter(self, records: Iterable[CallRecord]) -> None:
        """Write records of calls that ended while nobody listened."""
        for record in records:
            self._mark(record)

    def forget(self) -> None:
        """The line to Asterisk is lost: what lives is found again when it is back. What is dirty is still written."""
        self._live.clear()

    async def written(self) -> None:
        """Wait until everything known is on disk."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write what changes, until cancelled, and then once more."""
        try:
            while True:
                await self._due.wait()
                await self._flush()
        finally:
            await self._flush()

    def _mark(self, record: CallRecord) -> None:
        self._dirty[record.id] = record
        self._due.set()
        self._idle.clear()

    async def _flush(self) -> None:
        batch, self._dirty = self._dirty, {}
        self._due.clear()
        results = await asyncio.gather(*(self._write(record) for record in batch.values()), return_exceptions=True)
        failed = [
            record for record, result in zip(batch.values(), results, strict=True) if isinstance(result, Exception)
        ]
        if failed:
            log.error("calls could not be written; they are tried again", calls=len(failed))
            for record in failed:
                if record.id not in self._dirty:
                    self._mark(record)
            await asyncio.sleep(_RETRY_SECONDS)
        if not self._dirty:
            self._idle.set()

    async def _write(self, record: CallRecord) -> None:
        await self._settle(record)
        await self._save(record)
        if record.ended_at:
            self._over(record.id)
