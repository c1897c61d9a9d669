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
        alarm: Callable[[str, str], None] = lambda _code, _detail: None,
        over: Callable[[str], None] = lambda _code: None,
    ) -> None:
        self._store = store
        self._alarm = alarm
        self._over = over
        #: The last look succeeded; at the start nobody knows, and what another process left standing is cleared.
        self._well = False
        self._days = days
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Archive until cancelled; whatever fails is said and tried again, and ends no other part of the service."""
        while True:
            try:
                while await self.once() == _AT_ONCE:
                    pass
            except NotWritten as error:
                self._failed(error, "数据库未接受写入")
            except Exception as error:
                # One ticket that cannot be archived must not take the calls down with it.
                log.exception("a ticket cannot be archived")
                self._failed(error, type(error).__name__)
            else:
                if not self._well:
                    self._over("archive")
                self._well = True
            await self._sleep(_EVERY_SECONDS)

    def _failed(self, error: Exception, why: str) -> None:
        log.warning("nothing could be archived", error=type(error).__name__)
        self._well = False
        self._alarm("archive", f"办结的工单未能归档,一小时后再试:{why}")

    async def once(self) -> int:
        """Archive some of what is due now; gives how many.

        Raises:
            NotWritten: the database refused.
        """
        now = self._now()
        return await self._store.run(lambda work: archive_ended(work, now, days=self._days, most=_AT_ONCE))
