"""A gateway of a telephone company, as a real HTTP server, and an outbox that sends to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from common import clock
from hotline.settings_outside import SmsGateway
from hotline.sms import HttpGateway

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Telephones:
    """Every message that arrived: its key, and the body as it came."""

    address: str
    session: aiohttp.ClientSession
    answer: Answer
    arrived: list[tuple[str, str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def keys(self) -> list[str]:
        """The keys, in the order in which they came."""
        return [key for key, _ in self.arrived]

    def gateway(self, now: Callable[[], datetime] = clock.now, **changed: object) -> HttpGateway:
        """The product's way to this server."""
        plain: dict[str, object] = {
            "url": f"{self.address}/send",
            "success": '"code": ?0',
            "message_id": r'"id": ?"(\w+)"',
        }
        return HttpGateway(self.session, SmsGateway.model_validate({**plain, **changed}), now)


async def accepts(_request: web.Request) -> web.Response:
    """What a gateway says that has taken a message."""
    return web.json_response({"code": 0, "id": "m77"})


@contextlib.asynccontextmanager
async def telephones(answer: Answer = accepts) -> AsyncIterator[Telephones]:
    """The server, for the length of the block."""

    async def take(request: web.Request) -> web.StreamResponse:
        told.arrived.append((request.headers.get("Idempotency-Key", ""), f"{request.path_qs} {await request.text()}"))
        told.came.set()
        return await told.answer(request)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", take)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        told = Telephones(str(server.make_url("")).rstrip("/"), session, answer)
        yield told
