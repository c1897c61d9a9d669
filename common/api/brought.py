"""A file as the body of a request: it comes piece by piece and is never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from common.api.problem import CUT_OFF

_PIECE = 64 * 1024
#: Nobody holds a line open for longer by sending drop by drop.
_LONGEST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody brings. Nothing of it has been looked at."""

    stream: aiohttp.StreamReader

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file, once.

        Raises:
            Problem: 400, the line broke, or it took too long.
        """
        loop = asyncio.get_running_loop()
        latest = loop.time() + _LONGEST_SECONDS
        try:
            while True:
                async with asyncio.timeout_at(latest):
                    piece = await self.stream.read(_PIECE)
                if not piece:
                    return
                yield piece
        except (TimeoutError, ConnectionError, aiohttp.ClientError, web.RequestPayloadError) as error:
            raise CUT_OFF.problem() from error
