"""What is attached is scanned before anybody can open it."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common import clock
from common.store import NotWritten
from tickets.attachment_rows import Scan, judge, known, waiting
from tickets.attachment_shelf import Shelf
from tickets.store import TicketStore

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 5.0
_AT_ONCE = 200
#: A scanner that fails is not asked again at once.
_FAULT_SECONDS = 60.0


class ScanFailedError(Exception):
    """The scanner gave no verdict; the message says why."""


class Scanner(Protocol):
    """What looks into files. Two exist: ``CommandScanner`` and ``Unscanned`` of ``hotline.scanning``."""

    async def scan(self, path: Path) -> tuple[bool, str]:
        """Whether a file is clean, and what the scanner said.

        Raises:
            ScanFailedError: there is no verdict; the file stays in quarantine.
        """


class Scans:
    """Scans what waits. Several processes may: a verdict given twice is one verdict."""

    def __init__(self, store: TicketStore, shelf: Shelf, scanner: Scanner) -> None:
        self._store = store
        self._shelf = shelf
        self._scanner = scanner
        self._due = asyncio.Event()

    def poke(self) -> None:
        """Something was attached; without this it is found within five seconds."""
        self._due.set()

    async def run(self) -> None:
        """Scan what comes, and once a day forget what belongs to no ticket, until cancelled."""
        swept: date | None = None
        while True:
            pause = _IDLE_SECONDS
            try:
                await self.scan_waiting()
                if swept != (today := clock.now().date()):
                    await self.forget_orphans()
                    swept = today
            except ScanFailedError as error:
                log.warning("attachments stay in quarantine", why=str(error))
                pause = _FAULT_SECONDS
            except (NotWritten, SQLAlchemyError) as error:
                log.warning("attachments stay in quarantine", why=type(error).__name__)
                pause = _FAULT_SECONDS
            self._due.clear()
            try:
                async with asyncio.timeout(pause):
                    await self._due.wait()
            except TimeoutError:
                continue

    async def scan_waiting(self) -> int:
        """Scan what waits now; gives how many files.

        Raises:
            ScanFailedError: the scanner failed; what it has judged before stays judged.
        """
        hashes = await self._store.read(waiting)
        for sha256 in hashes:
            await self._scan(sha256)
        return len(hashes)

    async def forget_orphans(self) -> int:
        """Remove old files that no ticket has: their forms were refused after they had come. Gives how many."""
        old = await asyncio.to_thread(self._shelf.sweep)
        gone = 0
        for start in range(0, len(old), _AT_ONCE):
            some = old[start : start + _AT_ONCE]
            kept = await self._store.read(partial(known, hashes=some))
            for sha256 in some:
                if sha256 not in kept:
                    await asyncio.to_thread(self._shelf.forget, sha256)
                    gone += 1
        return gone

    async def _scan(self, sha256: str) -> None:
        path = self._shelf.path(sha256)
        if await asyncio.to_thread(path.exists):
            clean, said = await self._scanner.scan(path)
        else:
            clean, said = False, "文件已不在存储中"
        verdict = Scan.CLEAN if clean else Scan.REFUSED
        if not clean:
            log.warning("an attachment was refused", sha256=sha256)
        await self._store.run(lambda work: judge(work, sha256, verdict, said))
