"""Stamps for the manifests that wait for one: asked for in the background, asked again until they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from cryptography.x509 import Certificate

from common.timestamp import NotStamped, Post, stamp
from ivr.recordings import files, manifest
from ivr.recordings.unstamped import Waiting, waiting

log = structlog.get_logger(__name__)

_AT_ONCE = 50


class Stamps:
    """Has manifests stamped; closing never waits for it.

    ``post`` brings a request to the service; ``alarm`` gets ``recordings.unstamped`` once when it fails, and
    ``recordings.unstamped-ok`` once when it works again.
    """

    def __init__(self, root: Path, post: Post, roots: Sequence[Certificate], alarm: Callable[[str, str], None]) -> None:
        self._root = root
        self._post = post
        self._roots = tuple(roots)
        self._alarm = alarm
        self._failing = False

    async def catch_up(self) -> int:
        """Stamp what waits, until nothing does or the service fails; how many were stamped."""
        done = 0
        while batch := await asyncio.to_thread(waiting, self._root, _AT_ONCE):
            before = done
            for one in batch:
                try:
                    done += await self._stamp(one)
                except (NotStamped, OSError, TimeoutError) as error:
                    self._failed(error)
                    return done
            self._works()
            if done == before:
                break
        return done

    async def run(self, every: float) -> None:
        """Catch up again and again, ``every`` seconds."""
        while True:
            await self.catch_up()
            await asyncio.sleep(every)

    async def _stamp(self, one: Waiting) -> int:
        message = await asyncio.to_thread(_message, one)
        if message is None:
            return 0
        if not one.stamp.exists():
            answer = await stamp(message, self._post, self._roots)
            await asyncio.to_thread(_keep, one, answer)
        files.remove(one.marker)
        return 1

    def _works(self) -> None:
        if self._failing:
            self._alarm("recordings.unstamped-ok", "时间戳服务已恢复")
        self._failing = False

    def _failed(self, error: Exception) -> None:
        log.warning("manifests are not stamped", error=str(error))
        if not self._failing:
            self._alarm("recordings.unstamped", "时间戳服务未能签发，录音清单待补时间戳")
        self._failing = True


def _message(one: Waiting) -> bytes | None:
    """The manifest to be stamped; None when that version is not there (yet, or no more)."""
    try:
        data = one.manifest.read_bytes()
        version = manifest.parse(data).manifest.version
    except FileNotFoundError:
        if not one.folder.exists():
            files.remove(one.marker)
        return None
    except manifest.Damaged:
        return None
    return data if version == one.version else None


def _keep(one: Waiting, answer: bytes) -> None:
    draft = one.stamp.with_name(f".{one.stamp.name}.part")
    files.write(draft, [answer])
    files.sync([draft])
    files.rename(draft, one.stamp)
    files.sync([one.folder])
