"""What an operator must know at once: kept in the books until it is over, and in the log."""

from __future__ import annotations

import asyncio

import structlog

from common import clock
from common.store import NotWritten
from ivr.store import CallStore

log = structlog.get_logger(__name__)

#: A part that says itself that its trouble is over uses a code of its own.
_ENDS = {
    "recordings.disk-ok": "recordings.disk-low",
    **{
        f"recordings.{part}-ok": f"recordings.{part}"
        for part in ("unsaved", "unstamped", "sweep", "disk-unknown", "reconcile")
    },
}


class Alarms:
    """Takes alarms from anywhere without waiting; ``run`` writes them, in order."""

    def __init__(self, store: CallStore) -> None:
        self._store = store
        self._queue: asyncio.Queue[tuple[str, str | None]] = asyncio.Queue()

    def __call__(self, code: str, detail: str) -> None:
        """Raise an alarm; ``detail`` is read by people and names nobody."""
        if code in _ENDS:
            self.clear(_ENDS[code])
            return
        log.error("alarm", code=code, detail=detail)
        self._queue.put_nowait((code, detail))

    def clear(self, code: str) -> None:
        """The trouble is over."""
        log.info("alarm over", code=code)
        self._queue.put_nowait((code, None))

    async def run(self) -> None:
        """Write what is raised and cleared, until cancelled."""
        while True:
            code, detail = await self._queue.get()
            try:
                if detail is None:
                    await self._store.clear_alarm(code, clock.now())
                else:
                    await self._store.raise_alarm(code, detail, clock.now())
            except NotWritten:
                log.exception("an alarm could not be written", code=code)
