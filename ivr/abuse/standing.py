"""The restrictions of now, in memory: whoever screens a call asks nobody and waits for nothing (A21)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from common import clock

log = structlog.get_logger(__name__)

#: Another process may have lifted or approved one; it is seen here so much later at most.
EVERY_SECONDS = 5.0
_LONGEST_SECONDS = 4.0


class Standing:
    """Says whether a number is restricted. What the database cannot confirm does not hold: then calls are taken."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Mapping[str, datetime]]],
        *,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._read = read
        self._now = now
        self._sleep = sleep
        self._until: Mapping[str, datetime] = {}

    def __call__(self, number: str) -> bool:
        """Whether this number is restricted at this instant; each ends by itself."""
        until = self._until.get(number)
        return until is not None and self._now() < until

    async def refresh(self) -> None:
        """Take what stands in the database now. A database that fails, or is slow, leaves nobody restricted."""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                self._until = await self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, calls are taken (R8.1)
            self._until = {}
            log.warning("restrictions cannot be read; none is applied", error=type(error).__name__)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.refresh()
            await self._sleep(EVERY_SECONDS)
