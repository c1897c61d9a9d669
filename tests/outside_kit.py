"""The HTTP interface with whatever pages a test needs, on open books."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from common.api.operation import Operation, operations
from hotline.http import build_app
from hotline.tokens import Tokens, tokens
from tests.books import Books
from tests.http_kit import TOKEN

Client = TestClient[web.Request, web.Application]


@contextlib.asynccontextmanager
async def served(
    books: Books,
    *pages: object,
    outside: Iterable[web.RouteDef] = (),
    port: int | None = None,
    known: Tokens | None = None,
    extra: Iterable[Operation] = (),
) -> AsyncIterator[Client]:
    """Someone with a browser before a running service; ``known`` stand in for the one token of the house."""
    app = build_app(
        [*(one for page in pages for one in operations(page)), *extra],
        tokens=known or tokens(TOKEN, unit="12345", roles=("agent", "leader")),
        audit=books.audit.add,
        kept=books.once.kept,
        database_ready=books.database.ready,
        ami_up=lambda: True,
        outside=outside,
    )
    async with TestClient(TestServer(app, port=port)) as client:
        yield client
