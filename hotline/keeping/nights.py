"""What is done each night: a backup, and the deleting of what is past its time (A23)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from common import clock
from hotline.keeping.aside import Aside, aside
from hotline.keeping.backup import shelf
from hotline.keeping.nightly import done, is_due

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 600.0
#: After the backup, so that what goes is in it once more.
_RETENTION_HOUR = 4
_LATE = timedelta(hours=36)
_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a city has set. ``backups`` None: none are made by themselves."""

    backups: Path | None
    backup_hour: int
    backup_keep: int
    retention: bool
    #: Says on which day that was last done.
    retention_file: Path


class Nights:
    """Does what is due. Of several services each has a data directory, and so a plan, of its own.

    ``alarm`` and ``over`` raise and clear ``backup.late``, ``backup.failed`` and ``retention.failed``.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        alarm: Callable[[str, str], None],
        over: Callable[[str], None],
        run_verb: Aside = aside,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._plan = plan
        self._alarm = alarm
        self._over = over
        self._run_verb = run_verb
        self._now = now
        self._sleep = sleep
        self._began = now()
        self._tried: datetime | None = None
        #: None: a former run of the service may have left the alarm standing.
        self._late: bool | None = None

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            await self.once()
            await self._sleep(_EVERY_SECONDS)

    async def once(self) -> None:
        """Do what is due now."""
        at = self._now()
        if self._plan.backups is not None:
            await self._back_up(self._plan.backups, at)
        if self._plan.retention:
            await self._clean(at)

    async def _back_up(self, backups: Path, at: datetime) -> None:
        last = await asyncio.to_thread(_last, backups)
        day = clock.civil(at)
        made_today = last is not None and clock.civil(last).date() == day.date()
        rested = self._tried is None or at - self._tried >= _AGAIN
        if day.hour >= self._plan.backup_hour and not made_today and rested:
            self._tried = at
            line = ("backup", str(backups), "--keep", str(self._plan.backup_keep))
            status, _, failed = await self._run_verb(*line)
            if status:
                log.error("no backup was made", status=status)
                self._alarm("backup.failed", f"备份未成：{failed.strip()[-200:] or status}")
            else:
                self._over("backup.failed")
            last = await asyncio.to_thread(_last, backups)
        # Where there is none yet, from the start of the service on.
        if self._now() - (last or self._began) > _LATE:
            if not self._late:
                self._alarm("backup.late", "最近一份完整备份已超过 36 小时")
            self._late = True
        elif last is not None and self._late is not False:
            self._over("backup.late")
            self._late = False

    async def _clean(self, at: datetime) -> None:
        try:
            if not await asyncio.to_thread(is_due, self._plan.retention_file, at, _RETENTION_HOUR):
                return
            status, told, _ = await self._run_verb("retention", "--json")
            if status == 0:
                await asyncio.to_thread(done, self._plan.retention_file, at)
        except OSError:
            status, told = 1, ""
        if status:
            # Busy with a backup, most likely: in ten minutes again.
            log.error("what is past its time was not deleted", status=status)
            self._alarm("retention.failed", "到期数据未能删除，请运行 hotline retention 查看原因")
            return
        log.info("what is past its time was deleted", counts=told.strip())
        self._over("retention.failed")


def _last(backups: Path) -> datetime | None:
    found = shelf.whole(backups)
    return shelf.made_at(found[-1]) if found else None
