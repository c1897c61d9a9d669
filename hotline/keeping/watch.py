"""The audit is watched: its end kept outside every minute, anchored and stamped every day, verified every night."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.x509 import Certificate
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from common import clock
from common.signed import NotVouchedFor, write_whole
from common.signing import Signer
from common.timestamp import NotStamped, Post, stamp
from hotline.audit import seen_end
from hotline.keeping.anchors import anchor_day, days, keep_head
from hotline.keeping.aside import aside
from hotline.keeping.nightly import done, is_due

log = structlog.get_logger(__name__)

CHECKED_FILE = "checked"
_EVERY_SECONDS = 60.0
#: The office is at its quietest.
_CHECK_HOUR = 3


@dataclass(frozen=True, slots=True)
class Stamping:
    """The time-stamp service, and whom its answers must lead to."""

    post: Post
    roots: Sequence[Certificate]


#: Gives what is wrong with the audit in a line, empty if nothing is.
SelfCheck = Callable[[], Awaitable[str]]


class AuditWatch:
    """Keeps the end of the audit in ``folder``, and has the whole of it verified once a night.

    ``alarm`` and ``over`` raise and clear ``audit.broken``, ``audit.anchor`` and ``audit.unstamped``. Several services
    may watch one folder.
    """

    def __init__(
        self,
        reads: AsyncEngine,
        folder: Path,
        signer: Signer,
        *,
        self_check: SelfCheck,
        alarm: Callable[[str, str], None],
        over: Callable[[str], None],
        stamping: Stamping | None = None,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._reads = reads
        self._folder = folder
        self._signer = signer
        self._self_check = self_check
        self._alarm = alarm
        self._over = over
        self._stamping = stamping
        self._now = now
        self._sleep = sleep
        #: Of each code whether it stands; one that a former run of the service may have left is in neither state.
        self._standing: dict[str, bool] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.once()
            await self._sleep(_EVERY_SECONDS)

    async def once(self) -> None:
        """Do what is due now."""
        at = self._now()
        try:
            async with self._reads.connect() as connection:
                end = await connection.run_sync(seen_end)
            grown = await asyncio.to_thread(keep_head, self._folder, end, at, self._signer)
            if grown:
                await asyncio.to_thread(anchor_day, self._folder, clock.civil(at).date(), end, at, self._signer)
            self._say("audit.anchor", "")
        except (SQLAlchemyError, OSError, NotVouchedFor) as error:
            log.warning("the audit is not anchored", error=type(error).__name__)
            self._say("audit.anchor", "留痕的锚点未能写入")
            return
        if not grown:
            # What was kept stays as the evidence, and nothing is anchored on top of a chain that lost its end.
            self._say("audit.broken", "留痕的末尾少于已记下的条数，请运行 hotline verify-audit")
        else:
            await self._check(at)
        await self._stamp()

    async def _check(self, at: datetime) -> None:
        file = self._folder / CHECKED_FILE
        try:
            if not await asyncio.to_thread(is_due, file, at, _CHECK_HOUR):
                return
            wrong = await self._self_check()
            self._say("audit.broken", wrong and f"留痕自检未通过：{wrong}")
            await asyncio.to_thread(done, file, at)
        except OSError:
            log.warning("when the audit was verified could not be read or written")

    async def _stamp(self) -> None:
        if self._stamping is None:
            return
        try:
            for path in await asyncio.to_thread(days, self._folder):
                to = path.with_suffix(".tsr")
                if not to.exists():
                    answer = await stamp(path.read_bytes(), self._stamping.post, self._stamping.roots)
                    await asyncio.to_thread(write_whole, to, answer)
        except (NotStamped, OSError, TimeoutError) as error:
            log.warning("an anchor of the audit is not stamped", error=str(error))
            self._say("audit.unstamped", "留痕的锚点待补时间戳")
        else:
            self._say("audit.unstamped", "")

    def _say(self, code: str, detail: str) -> None:
        """Raise or, with an empty detail, clear; each once."""
        if self._standing.get(code) is bool(detail):
            return
        self._standing[code] = bool(detail)
        if detail:
            self._raise(code, detail)
        else:
            self._over(code)

    def _raise(self, code: str, detail: str) -> None:
        # Each by its name: the guides are held against what stands here.
        if code == "audit.anchor":
            self._alarm("audit.anchor", detail)
        elif code == "audit.unstamped":
            self._alarm("audit.unstamped", detail)
        else:
            self._alarm("audit.broken", detail)


async def verified_aside() -> str:
    """Verify the audit in a process of its own: hundreds of thousands of hashes, while calls go on here."""
    status, told, _ = await aside(module="hotline.keeping.self_check")
    if status == 0:
        return ""
    try:
        breaks = json.loads(told)["breaks"]
    except (ValueError, KeyError):
        return "自检未能完成"
    return f"{breaks[0]['said']}" + (f" 等 {len(breaks)} 处" if len(breaks) > 1 else "")
