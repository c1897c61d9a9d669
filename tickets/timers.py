"""The loop that fires timers: cards, escalations, our own limits, ends of pauses (R3.3, A24)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from common import clock
from common.store import NotWritten
from tickets.desk.clockwork import Fired, fire_due
from tickets.desk.inspecting import warn_overdue
from tickets.desk.missing_timers import set_missing
from tickets.store import TicketStore
from tickets.store.tables import tickets
from tickets.store.tables_work import timers

log = structlog.get_logger(__name__)

#: After so many failures, seven minutes in all, a timer does not come right by itself.
FAILS_OFTEN = 3
_failing = (
    sa.select(tickets.c.number, timers.c.kind, timers.c.failures)
    .join(tickets, tickets.c.id == timers.c.ticket_id)
    .where(timers.c.done_at.is_(None), timers.c.failures >= FAILS_OFTEN)
    .order_by(timers.c.failures.desc(), tickets.c.number, timers.c.kind)
)


@dataclass(frozen=True, slots=True)
class Failing:
    """A timer that cannot do what it is for: of which ticket, for what, and how often it has failed."""

    number: str
    kind: str
    failures: int


def failing(connection: Connection) -> list[Failing]:
    """The timers that keep failing, the worst first."""
    return [Failing(*row) for row in connection.execute(_failing)]


class TimerLoop:
    """Looks every few seconds which timers are due, by the clock on the wall, and fires them.

    Any number of services may run one each on one database. A clock that jumps forward makes many due at once; one that
    jumps back makes none fire again.
    """

    def __init__(
        self,
        store: TicketStore,
        *,
        now: Callable[[], datetime] = clock.now,
        every_seconds: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._every = every_seconds
        self._sleep = sleep

    async def run(self) -> None:
        """Fire what is due, until cancelled. A database that does not answer is tried again."""
        with contextlib.suppress(NotWritten):  # the loop says so, and the next start tries again
            await self.set_missing()
        while True:
            try:
                found = await self.once()
            except NotWritten as error:
                log.warning("timers could not be looked at", error=type(error).__name__)
                found = Fired(0, 0, 0, more=False)
            if not found.more:
                await self._sleep(self._every)

    async def set_missing(self) -> int:
        """Set the timers of open tickets that have none: those of the time before timers, or of an import.

        Raises:
            NotWritten: the database refused.
        """
        found, after = 0, ""
        while True:
            look = await self._store.run(partial(set_missing, after=after))
            found += look.set
            if not look.last:
                return found
            after = look.last

    async def once(self) -> Fired:
        """Fire what is due now, some at a time.

        Raises:
            NotWritten: the database refused.
        """
        now = self._now()
        await self._store.run(lambda work: warn_overdue(work, now))
        return await self._store.run(lambda work: fire_due(work, now))
