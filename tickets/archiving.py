"""The loop that settles the archive: what ended long enough ago is archived under its class (R14.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from common import clock
from common.store import NotWritten
from tickets.desk.archiving import SETTLED_AFTER_DAYS, archive_ended
from tickets.store import TicketStore

log = structlog.get_logger(__name__)
_EVERY_SECONDS = 3600.0
_AT_ONCE = 200


class ArchiveLoop:
    """Archives once an hour what ended ``days`` days ago; any number of services may do so at once."""

    def __init__(
        self,
        store: TicketStore,
        *,
        days: int = SETTLED_AFTER_DAYS,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._days = days
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Archive until cancelled. A database that does not answer is tried again."""
        while True:
            try:
                while await self.once() == _AT_ONCE:
                    pass
            except NotWritten as error:
                log.warning("nothing could be archived", error=type(error).__name__)
            await self._sleep(_EVERY_SECONDS)

    async def once(self) -> int:
        """Archive some of what is due now; gives how many.

        Raises:
            NotWritten: the database refused.
        """
        now = self._now()
        return await self._store.run(lambda work: archive_ended(work, now, days=self._days, most=_AT_ONCE))
