"""The interface about abuse of the line, asked by agents, an expert, supervisors, leaders, at a time of the test's."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from common import clock
from common.api.caller import Caller, Scope
from common.ids import new_id
from common.roles import Role
from hotline.abuse import AbuseParts, abuse_of
from hotline.http import build_app
from hotline.tokens import Tokens
from tests.access_books import accounts
from tests.books import MORNING, Books, books, call, track
from tests.http_kit import Answer

NUMBER = "13854301001"
LEVEL_ONE = "12345"
#: Login → their roles.
PEOPLE = {
    "agent": (Role.AGENT,),
    "colleague": (Role.AGENT,),
    "acting": (Role.AGENT, Role.SHIFT_SUPERVISOR),
    "supervisor": (Role.SHIFT_SUPERVISOR,),
    "leader": (Role.LEADER,),
    "both": (Role.SHIFT_SUPERVISOR, Role.LEADER),
    "clerk": (Role.CALLBACK_CLERK,),
    "expert": (Role.EXPERT,),
}
WHY = {"why": "录音属实"}


@dataclass
class Wall:
    """The clock on the wall."""

    at: datetime = MORNING

    def now(self) -> datetime:
        """The present instant."""
        return self.at


@dataclass
class Hall:
    """The hall at level 1, with a clock on its wall."""

    at: Books
    client: TestClient[web.Request, web.Application]
    parts: AbuseParts
    wall: Wall

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.wall.at

    async def get(self, who: str, path: str) -> Answer:
        """Somebody reads."""
        async with self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {who}"}) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def post(self, who: str, path: str, body: dict[str, Any], key: str = "") -> Answer:
        """Somebody acts, under a key of its own unless one is given."""
        headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": key or new_id()}
        async with self.client.post(f"/api/v1{path}", json=body, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def called(self, call_id: str = "n-1.1", number: str = NUMBER, *, tracks: int = 2) -> str:
        """A call that is over, with so many closed recordings."""
        await self.at.calls.save(call(call_id, number=number, ended_at=self.now))
        named = [f"{call_id}-r{serial}" for serial in range(1, tracks + 1)]
        closed = [track(one, call_id, sha256=digest(one), path=f"2026/11/24/{one}.wav") for one in named]
        await self.at.calls.save_recordings(closed)
        return call_id

    async def marked(self, call_id: str = "n-1.1", who: str = "agent", number: str = NUMBER) -> str:
        """A call, and an agent's mark on it; gives the mark's id."""
        await self.called(call_id, number)
        made = await self.post(who, f"/calls/{call_id}/abuse-marks", {"kind": "slander", "words": "辱骂话务员"})
        assert made.status == 201, made.body.decode()
        return str(made.json["id"])

    async def confirmed(self, call_id: str = "n-1.1", number: str = NUMBER) -> str:
        """The same, confirmed by a supervisor."""
        mark = await self.marked(call_id, number=number)
        await self.done("supervisor", f"/abuse-marks/{mark}/decision", {"confirm": True, **WHY})
        return mark

    async def restricted(self, call_id: str = "n-1.1", hours: int = 24, number: str = NUMBER) -> str:
        """The same, and the number restricted."""
        mark = await self.confirmed(call_id, number)
        await self.done("supervisor", f"/abuse-marks/{mark}/restriction", {"hours": hours, **WHY})
        await self.done("leader", f"/abuse-marks/{mark}/restriction/approval", {"agree": True, **WHY})
        return mark

    async def done(self, who: str, path: str, body: dict[str, Any]) -> Any:
        """Somebody acts, and it is done."""
        answer = await self.post(who, path, body)
        assert answer.status == 201, answer.body.decode()
        return answer.json

    def on(self, **span: float) -> None:
        """The clock goes on."""
        self.wall.at += timedelta(**span)


def digest(name: str) -> str:
    """A hash of its own for each recording."""
    return hashlib.sha256(name.encode()).hexdigest()


def _people() -> Tokens:
    scopes = frozenset({Scope.READ, Scope.WRITE})
    return Tokens(
        tuple(
            (
                hashlib.sha256(name.encode()).digest(),
                Caller(
                    name,
                    "住建局" if name == "expert" else LEVEL_ONE,
                    name,
                    tuple(role.value for role in roles),
                    scopes,
                    account=name,
                ),
            )
            for name, roles in PEOPLE.items()
        )
    )


@contextlib.asynccontextmanager
async def hall(database_url: str, monkeypatch: pytest.MonkeyPatch, *, restricting: bool = True) -> AsyncIterator[Hall]:
    """The interface on open books, in a city that restricts numbers, or in one that does not."""
    async with books(database_url) as at, contextlib.AsyncExitStack() as stack:
        wall = Wall()
        parts = abuse_of(at.database.reads, at.once, at.tickets, restricting=restricting, now=wall.now)
        await at.tickets.seed(MORNING)
        people = accounts(at)
        stack.callback(people.close)
        app = build_app(
            parts.operations,
            tokens=_people(),
            audit=at.audit.add,
            kept=at.once.kept,
            database_ready=at.database.ready,
            ami_up=lambda: True,
            door=people.door,
        )
        client = await stack.enter_async_context(TestClient(TestServer(app)))
        monkeypatch.setattr(clock, "now", wall.now)
        yield Hall(at, client, parts, wall)
