"""What is attached is scanned before anybody can open it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.store import NotWritten
from tickets.attachment_rows import Scan, judge, waiting
from tickets.attachment_shelf import Shelf
from tickets.store import TicketStore

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 5.0
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
        """Scan what comes, until cancelled."""
        await asyncio.to_thread(self._shelf.sweep)
        while True:
            pause = _IDLE_SECONDS
            try:
                await self.scan_waiting()
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
