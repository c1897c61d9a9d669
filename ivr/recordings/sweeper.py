"""The sweeper: closes whatever belongs to no live call, so that a call needs no help from us to be recorded."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import structlog

from common.clock import civil, now
from ivr.model import Recording
from ivr.recordings.closing import Archive, Batch, ClosedCall, close_calls, discard
from ivr.recordings.disk import DiskWatch, Space
from ivr.recordings.names import TrackName
from ivr.recordings.reconcile import compare, day_folder, on_disk
from ivr.recordings.scan import scan

log = structlog.get_logger(__name__)

_BATCH = 32
_WORKERS = 2
_RECONCILE_SECONDS = 6 * 3600.0

Save = Callable[[Sequence[Recording]], Awaitable[None]]
Rows = Callable[[date], Awaitable[Sequence[Recording]]]
Alarm = Callable[[str, str], None]


class Sweeper:
    """Takes finished live files into the archive and into the books.

    ``save`` writes rows (again, if need be: by id); ``rows`` gives at least those whose path lies in a civil day's
    folder; ``live_ids`` the calls of now; ``alarm`` gets a code and a text (``…-ok`` when it is over). A live file is
    removed only when its row is saved. ``every`` is the longest time between two rounds, ``gap`` the shortest,
    ``again`` that before a call that could not be closed is tried again; seconds.
    """

    def __init__(
        self,
        archive: Archive,
        live: Path,
        *,
        live_ids: Callable[[], Collection[str]],
        save: Save,
        rows: Rows,
        alarm: Alarm,
        disk: DiskWatch,
        every: float = 10.0,
        gap: float = 1.0,
        again: float = 30.0,
    ) -> None:
        self._archive = archive
        self._live = live
        self._live_ids = live_ids
        self._save = save
        self._rows = rows
        self._alarm = alarm
        self._disk = disk
        self._every = every
        self._gap = gap
        self._again = again
        self._poked = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._strangers: frozenset[str] = frozenset()
        self._unsaved: dict[str, ClosedCall] = {}
        self._not_before: dict[str, float] = {}
        self._failing: set[str] = set()

    @property
    def strangers(self) -> int:
        """Files in the live folder that are not named as recordings are; they are left alone."""
        return len(self._strangers)

    def poke(self) -> None:
        """A call ended: look soon."""
        self._poked.set()

    async def run(self) -> None:
        """Sweep after each poke and every so many seconds; reconcile at start and every six hours."""
        await asyncio.to_thread(self._live.mkdir, parents=True, exist_ok=True)
        reconcile_at = time.monotonic()
        while True:
            self._poked.clear()
            await self._guarded("recordings.sweep", self.sweep(self._live_ids()))
            await self._guarded("recordings.disk-unknown", self._look_at_disk())
            if time.monotonic() >= reconcile_at:
                await self._guarded("recordings.reconcile", self._reconcile_lately())
                reconcile_at = time.monotonic() + _RECONCILE_SECONDS
            try:
                async with asyncio.timeout(self._every):
                    await self._poked.wait()
            except TimeoutError:
                continue
            # Calls that end together are closed together, and Asterisk gets the moment that it needs to flush.
            await asyncio.sleep(self._gap)

    async def sweep(self, live_ids: Collection[str]) -> list[Recording]:
        """Close every file of calls that are live no more; the recordings that were put into the books.

        Raises:
            OSError: the live folder cannot be read.
        """
        async with self._one_at_a_time:
            found = await asyncio.to_thread(scan, self._live, frozenset(live_ids))
            if news := found.strangers - self._strangers:
                self._alarm("recordings.strangers", f"录音目录中有 {len(news)} 个来历不明的文件，未予处理")
            self._strangers = frozenset(found.strangers)
            self._not_before = {call: at for call, at in self._not_before.items() if at > time.monotonic()}
            due = [(call, tracks) for call, tracks in found.calls.items() if call not in self._not_before]
            workers = asyncio.Semaphore(_WORKERS)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._close(dict(due[start : start + _BATCH]), workers))
                    for start in range(0, len(due), _BATCH)
                ]
            return [recording for task in tasks for recording in task.result()]

    async def reconcile(self, day: date) -> None:
        """Hold the books of one civil day against the disk: rows are made again, missing files alarmed and marked.

        Raises:
            OSError: a folder cannot be read.
        """
        async with self._one_at_a_time:
            found = await asyncio.to_thread(on_disk, self._archive.root, day, self._archive.signer.public)
            difference = compare(await self._rows(day), found)
            if changed := (*difference.again, *difference.missing):
                await self._save(changed)
        name = day_folder(day)
        if difference.again:
            log.info("recordings put back into the books", day=name, count=len(difference.again))
        for code, text, count in (
            ("recordings.missing", "个录音文件不见了", len(difference.missing)),
            ("recordings.contradicted", "条录音记录与清单不符", len(difference.contradicted)),
            ("recordings.unsigned", "个录音文件不在清单中", len(found.unsigned)),
            ("recordings.damaged", "份录音清单缺失或被改动", len(found.damaged)),
        ):
            if count:
                self._alarm(code, f"{name}：{count} {text}")

    async def _reconcile_lately(self) -> None:
        today = civil(now()).date()
        for day in (today - timedelta(days=1), today):
            await self.reconcile(day)

    async def _close(self, calls: dict[str, list[TrackName]], workers: asyncio.Semaphore) -> list[Recording]:
        async with workers:
            kept = [self._unsaved[call] for call in calls if call in self._unsaved]
            fresh = {call: tracks for call, tracks in calls.items() if call not in self._unsaved}
            batch = await asyncio.to_thread(close_calls, self._archive, self._live, fresh, now())
            self._note_failures(batch)
            closed = [*kept, *batch.closed]
            recordings = [recording for call in closed for recording in call.recordings]
            if not recordings:
                return []
            try:
                await self._save(recordings)
            except Exception as error:  # noqa: BLE001 - whatever the database raises, nothing is lost and it is tried again
                self._unsaved |= {call.call_id: call for call in closed}
                self._postpone(call.call_id for call in closed)
                self._fail("recordings.unsaved", "录音已归档，但暂时无法登记", error)
                return []
            self._works("recordings.unsaved")
            for call in closed:
                self._unsaved.pop(call.call_id, None)
            await asyncio.to_thread(_discard, closed)
            return recordings

    def _note_failures(self, batch: Batch) -> None:
        for call_id, error in batch.failed.items():
            if isinstance(error, FileNotFoundError):
                log.info("a live recording went away before it was closed", call=call_id)
                continue
            self._postpone([call_id])
            log.error("a recording cannot be closed", call=call_id, error=str(error))
            if call_id not in self._failing:
                self._failing.add(call_id)
                self._alarm("recordings.not-closed", f"通话 {call_id} 的录音无法归档")
        for call in batch.closed:
            self._failing.discard(call.call_id)

    def _postpone(self, calls: Iterable[str]) -> None:
        at = time.monotonic() + self._again
        self._not_before |= dict.fromkeys(calls, at)

    def _fail(self, code: str, text: str, error: Exception) -> None:
        log.error("recordings are not being looked after", code=code, error=str(error))
        if code not in self._failing:
            self._failing.add(code)
            self._alarm(code, text)

    def _works(self, code: str) -> None:
        if code in self._failing:
            self._failing.discard(code)
            self._alarm(f"{code}-ok", "录音归档已恢复正常")

    async def _guarded(self, code: str, work: Awaitable[object]) -> None:
        """One round must not end the rounds."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - database, disk or our own mistake: said, and tried again
            self._fail(code, "录音归档程序出错，将自动重试", error)
        else:
            self._works(code)

    async def _look_at_disk(self) -> None:
        usage = await asyncio.to_thread(shutil.disk_usage, self._archive.root)
        self._disk.look(Space(free=usage.free, total=usage.total), time.monotonic())


def _discard(closed: Sequence[ClosedCall]) -> None:
    for call in closed:
        try:
            discard(call)
        except OSError as error:
            log.warning("a closed live recording cannot be removed", call=call.call_id, error=str(error))
