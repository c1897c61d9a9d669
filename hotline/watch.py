"""What waits for a person behind the calls: raised as alarms from what the database says, and cleared by it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.clock import civil
from hotline.alarms import Alarms
from hotline.outside import exchange_rows
from ivr.store import CallStore
from tickets import outbox, outbox_rows
from tickets.store import TicketStore
from tickets.timer_rules import TimerKind
from tickets.timers import Failing, failing

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 60.0
#: All notices are walked for those that are aside, so they are counted when one changes and else this seldom.
_NOTICES_EVERY = timedelta(hours=1)
_NAMED = 5


class Watch:
    """Looks every minute. Any number of services may: an alarm is what the database says, not what a process saw.

    What is raised names partners, kinds of timers and numbers of tickets, and no person.
    """

    def __init__(
        self,
        tickets: TicketStore,
        calls: CallStore,
        alarms: Alarms,
        now: Callable[[], datetime],
        *,
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        self._tickets = tickets
        self._calls = calls
        self._alarms = alarms
        self._now = now
        self._every = every_seconds
        self._poked = asyncio.Event()
        self._notices_at: datetime | None = None

    def poke(self) -> None:
        """Something was put aside, or taken up again."""
        self._notices_at = None
        self._poked.set()

    async def run(self) -> None:
        """Look until cancelled. A database that does not answer is asked again."""
        while True:
            self._poked.clear()
            try:
                await self.once()
            except (SQLAlchemyError, OSError) as error:
                log.warning("nobody can say what waits", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._poked.wait()

    async def once(self) -> None:
        """Raise what is new or has changed, clear what is over.

        Raises:
            SQLAlchemyError: the database refused.
        """
        standing = {alarm.code: alarm.detail for alarm in await self._calls.alarms()}

        def alarm(code: str, detail: str) -> None:
            if detail and standing.get(code) != detail:
                self._alarms(code, detail)
            elif not detail and code in standing:
                self._alarms.clear(code)

        alarm("timers.failing", _timers(await self._tickets.read(failing)))
        alarm("exchanges.aside", _exchanges(await self._tickets.read(exchange_rows.aside)))
        now = self._now()
        if self._notices_at is None or now - self._notices_at >= _NOTICES_EVERY:
            self._notices_at = now
            tries = len(outbox.RETRIES) + 1
            found = await self._tickets.read(lambda connection: outbox_rows.exhausted(connection, tries))
            alarm("notices.aside", _notices(*found))


def _notices(count: int, oldest: datetime | None) -> str:
    if oldest is None:
        return ""
    return f"{count}条告知多次未能发出,已搁置;最早的产生于{civil(oldest):%Y-%m-%d %H:%M}"


def _exchanges(found: list[exchange_rows.Exchanged]) -> str:
    if not found:
        return ""
    partners = "、".join(sorted({one.partner for one in found}))
    return f"{len(found)}件与协作单位({partners})的交换多次未成,已搁置;最近的原因:{found[0].error}"


def _timers(found: list[Failing]) -> str:
    if not found:
        return ""
    named = [f"工单{one.number}的「{_kind(one.kind)}」{one.failures}次" for one in found[:_NAMED]]
    more = f"等,共{len(found)}个" if len(found) > _NAMED else ""
    return f"计时事项多次未能执行:{'、'.join(named)}{more}"


def _kind(kind: str) -> str:
    return TimerKind.of(kind).words if kind in set(TimerKind) else kind
