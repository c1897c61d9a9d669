"""The HTTP interface on open books, and someone who asks it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict
from sqlalchemy import select

from common.api.operation import Operation, operations
from hotline.abuse import abuse_of
from hotline.audit import audit
from hotline.http import build_app
from hotline.knowledge_base import knowledge_operations
from hotline.tokens import Tokens, tokens
from ivr.api import CallPages
from tests.access_books import accounts
from tests.books import Books, books
from tickets.api_pages import case_operations
from tickets.attachment_api import AttachmentPages
from tickets.attachment_shelf import Shelf
from tickets.feedback_api import FeedbackPages

TOKEN = "correct-horse"
#: The largest file that may be attached.
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Desk:
    """Someone with a token and a browser."""

    at: Books
    client: TestClient[web.Request, web.Application]
    recordings: Path
    build: Callable[[], web.Application]

    async def get(self, address: str, *, token: str | None = TOKEN, **headers: str) -> Answer:
        """Ask for one address."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.client.get(address, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def bring(self, address: str, data: bytes, token: str = TOKEN, **headers: str) -> Answer:
        """Post a file as it is."""
        headers = {"Content-Type": "application/octet-stream", "Authorization": f"Bearer {token}", **headers}
        async with self.client.post(address, data=data, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def audited(self) -> list[tuple[str, str, str]]:
        """The audit so far: action, objects, reason."""
        async with self.at.database.reads.connect() as connection:
            rows = await connection.execute(
                select(audit.c.action, audit.c.objects, audit.c.reason).order_by(audit.c.id)
            )
            return [(action, objects.strip(), reason) for action, objects, reason in rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        """Whether it is an RFC 9457 problem whose detail is in Chinese."""
        if not self.headers["Content-Type"].startswith("application/problem+json"):
            return False
        body = self.json
        chinese = any("一" <= letter <= "鿿" for letter in body["detail"])
        # What a program may want to know beside it (RFC 9457, 3.2); nothing else may slip out.
        more = {"errors", "current", "possible", "meanwhile", "version", "proposal", "marked"}
        return chinese and body["status"] == self.status and set(body) - more == {"type", "title", "status", "detail"}


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    database_url: str = "",
    *,
    ami_up: bool = True,
    known: Tokens | None = None,
    more: Callable[[Books], Iterable[Operation]] = lambda _: (),
) -> AsyncIterator[Desk]:
    """Serve the books at ``database_url``, or else on SQLite in ``folder``, with ``more`` beside the usual pages."""
    async with books(database_url or folder) as at:
        recordings = folder / "recordings"
        recordings.mkdir()

        async def numbers(call_id: str) -> list[str]:
            return [ticket.number for ticket in await at.tickets.of_call(call_id)]

        calls = CallPages(at.calls, recordings, numbers, 15)
        knowledge = knowledge_operations(at.database.reads, at.once, at.tickets)
        files = AttachmentPages(at.tickets, Shelf(folder / "attachments", MOST_BYTES))
        advice = FeedbackPages(at.tickets)
        case = [*case_operations(at.tickets, at.desk), *operations(files), *operations(advice)]
        people = accounts(at)
        abuse = abuse_of(at.database.reads, at.once, at.tickets, restricting=True)
        served = [*operations(calls), *abuse.operations, *case, *knowledge, *people.operations(), *more(at)]

        def build() -> web.Application:
            return build_app(
                served,
                tokens=known or tokens(TOKEN, unit="12345", roles=("agent", "leader")),
                audit=at.audit.add,
                kept=at.once.kept,
                database_ready=at.database.ready,
                ami_up=lambda: ami_up,
                door=people.door,
            )

        async with contextlib.AsyncExitStack() as stack:
            stack.callback(people.close)
            client = await stack.enter_async_context(TestClient(TestServer(build())))
            yield Desk(at, client, recordings, build)
