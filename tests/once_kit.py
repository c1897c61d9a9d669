"""A counter behind HTTP that is raised under idempotency keys: the smallest thing that can be done twice by mistake."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from common.api.ask import Ask
from common.api.caller import Caller, Scope
from common.api.fields import Line, Nothing, Shown, Told
from common.api.operation import Reply, operation, operations
from common.api.problem import CONFLICT, STALE
from common.reach import Reach
from hotline import http
from hotline.idempotency import OnceLedger
from hotline.tokens import Tokens, tokens
from tests.books import Books
from tests.vault_kit import vault_for_tests

TOKEN = "correct-horse"
#: May only read.
READER = "battery-staple"
#: May write, and is somebody else's.
OTHER = "of-another-house"
KEY = "key-0000-0001"


@dataclass(frozen=True, slots=True)
class Refused:
    """What the counter gives instead of raising, so as not to spoil the batch for others."""

    error: Exception


class Raise(Told):
    """By how much, and why."""

    by: Annotated[int, Field(ge=1, le=1000)]
    why: Line = "没有说明"


class Count(Shown):
    """How much it is."""

    count: int


@dataclass(frozen=True, slots=True)
class CounterPages:
    """The counter's interface. ``gate`` lets a test hold a request between its checks and its change."""

    ledger: OnceLedger
    at: Books
    gate: asyncio.Event

    async def value(self) -> int:
        """What the counter stands at."""
        async with self.at.database.reads.connect() as connection:
            return await connection.scalar(sa.text("SELECT value FROM counter")) or 0

    @operation("GET", "/api/v1/counter", summary="读计数", tag="运行")
    async def read_counter(self, query: Nothing) -> Reply[Count]:
        """The counter and its version."""
        del query
        value = await self.value()
        return Reply(Count(count=value), version=value)

    @operation(
        "POST",
        "/api/v1/counter",
        summary="加计数",
        tag="运行",
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(CONFLICT,),
    )
    async def raise_counter(self, ask: Ask, body: Raise) -> Reply[Count]:
        """Raise it; 13 is refused."""
        if body.by == 13:
            raise CONFLICT.problem("不加 13。")
        await self.gate.wait()
        with ask.once(counted):
            result = await self.ledger.write(add, body.by)
        if isinstance(result, Refused):
            raise result.error
        return Reply(Count(count=result), version=result)

    @operation(
        "PUT",
        "/api/v1/counter",
        summary="按版本加计数",
        tag="运行",
        scope=Scope.WRITE,
        once=True,
        versioned=True,
        problems=(STALE,),
    )
    async def raise_seen_counter(self, ask: Ask, body: Raise) -> Reply[Count]:
        """Raise it if it still is what was seen."""
        if await self.value() != ask.version:
            raise STALE.problem(current=await self.value())
        with ask.once(counted):
            result = await self.ledger.write(add, body.by)
        assert isinstance(result, int)
        return Reply(Count(count=result), version=result)


def counted(value: int | Refused) -> Reply[Count] | None:
    """The answer to a change; none where there was no change."""
    return None if isinstance(value, Refused) else Reply(Count(count=value), version=value)


def add(connection: sa.Connection, amounts: Sequence[int]) -> Sequence[int | Refused]:
    """Raises the counter by each amount; gives what it stood at after each."""
    results: list[int | Refused] = []
    for amount in amounts:
        if amount == 666:
            raise ValueError("an amount that no database takes")
        if amount == 99:
            results.append(Refused(CONFLICT.problem("不加 99。")))
            continue
        connection.execute(sa.text("UPDATE counter SET value = value + :amount"), {"amount": amount})
        results.append(connection.execute(sa.text("SELECT value FROM counter")).scalar_one())
    return results


@dataclass(frozen=True, slots=True)
class Counter:
    """Someone who raises the counter over HTTP."""

    client: TestClient[web.Request, web.Application]
    pages: CounterPages

    async def raise_by(
        self, body: object, key: str | None = KEY, *, method: str = "POST", token: str = TOKEN, **headers: str
    ) -> tuple[int, Any, bool]:
        """Ask; gives status, body, and whether it was an answer given before."""
        headers["Authorization"] = f"Bearer {token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        async with self.client.request(method, "/api/v1/counter", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None), "Idempotent-Replayed" in answer.headers


def make(connection: sa.Connection) -> None:
    """The counter's table, where it is not there yet."""
    connection.execute(sa.text("CREATE TABLE IF NOT EXISTS counter (value INTEGER NOT NULL)"))
    if not connection.execute(sa.text("SELECT COUNT(*) FROM counter")).scalar_one():
        connection.execute(sa.text("INSERT INTO counter VALUES (0)"))


def _tokens() -> Tokens:
    house = tokens(TOKEN, unit="12345", roles=("agent",))
    reader = Caller("reader", "12345", "u1", ("agent",), frozenset({Scope.READ}))
    other = Caller("other", "12345", "u2", ("agent",), frozenset(Scope))
    more = [(hashlib.sha256(text.encode()).digest(), one) for text, one in ((READER, reader), (OTHER, other))]
    return Tokens((*house.callers, *more))


class _Everybody:
    """The counter is no part of the house: whoever has the scope may use it."""

    def to_ask(self, caller: Caller, operation: str) -> Reach:
        """As far as any."""
        del caller, operation
        return Reach.ALL

    def of(self, caller: Caller, right: str) -> Reach:
        """As far as any."""
        del caller, right
        return Reach.ALL


@contextlib.asynccontextmanager
async def counter(at: Books) -> AsyncIterator[Counter]:
    """Serve a counter from open books."""
    await at.database.write(make)
    ledger = OnceLedger(at.ledger, at.database.reads, vault_for_tests().index.answers)
    gate = asyncio.Event()
    gate.set()
    pages = CounterPages(ledger, at, gate)

    async def ready() -> bool:
        return True

    app = http.build_app(
        operations(pages),
        tokens=_tokens(),
        audit=at.audit.add,
        kept=ledger.kept,
        database_ready=ready,
        ami_up=lambda: True,
        rights=_Everybody(),
    )
    async with TestClient(TestServer(app)) as client:
        yield Counter(client, pages)
