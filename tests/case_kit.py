"""A small city behind the HTTP interface, and people of its units who act through it with tokens of their own."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import clock
from common.api.caller import Caller, Scope
from common.api.operation import Operation
from hotline.tokens import Tokens
from tests.books import Books
from tests.http_kit import TOKEN, Answer, Desk, desk
from tickets.catalogue import CatalogueLine, Category
from tickets.disputes import Dispute
from tickets.register import ROOT
from tickets.units import Unit, UnitKind
from tickets.workflow_terms import Role

#: Token → who bears it.
PEOPLE = {
    TOKEN: Caller("api.token", "12345", "api.token", tuple(role.value for role in Role), frozenset(Scope)),
    "housing": Caller("housing", "住建局", "u-housing", ("handler", "deputy"), frozenset(Scope)),
    "urban": Caller("urban", "城管局", "u-urban", ("handler", "deputy"), frozenset(Scope)),
    "county": Caller("county", "滨城区", "u-county", ("principal", "handler"), frozenset(Scope)),
    "bianban": Caller("bianban", "编办", "u-bianban", ("adjudicator",), frozenset(Scope)),
    "justice": Caller("justice", "司法局", "u-justice", ("adjudicator",), frozenset(Scope)),
    "street": Caller("street", "市西街道", "u-street", ("handler", "deputy"), frozenset(Scope)),
    "ruler": Caller("ruler", "城管局", "u-ruler", ("adjudicator",), frozenset(Scope)),
    "agent": Caller("agent", "12345", "u-agent", ("agent",), frozenset(Scope)),
    "reader": Caller("reader", "12345", "u-reader", ("reviewer",), frozenset({Scope.READ})),
}
_UNITS = (
    ROOT,
    Unit("住建局", "市住房和城乡建设局", UnitKind.CITY_DEPARTMENT, "12345", ("05433123456",)),
    Unit("城管局", "市城市管理局", UnitKind.CITY_DEPARTMENT, "12345"),
    Unit("编办", "市委编办", UnitKind.CITY_DEPARTMENT, "12345", adjudicates=(Dispute.DUTY,)),
    Unit("司法局", "市司法局", UnitKind.CITY_DEPARTMENT, "12345", adjudicates=(Dispute.LAW,)),
    Unit("滨城区", "滨城区人民政府", UnitKind.COUNTY, "12345"),
    Unit("市西街道", "市西街道办事处", UnitKind.TOWNSHIP, "滨城区"),
)
DETAILS = {
    "matter": "小区供暖管道漏水，室内不热",
    "nature": "complaint",
    "category": "供暖",
    "place": "滨城区",
    "address": "黄河五路一号",
    "caller_name": "王小明",
    "contact": "13854301001",
}
#: What a unit tells with its answer; when it answered the caller is now, unless it says otherwise (``City.move``).
ANSWER = {
    "facts_found": "阀门损坏",
    "done": "已更换阀门",
    "result": "室温达标",
    "contact": "电话告知",
    "acceptance": "accepted",
}


@dataclass(frozen=True, slots=True)
class City:
    """The city's hotline over HTTP."""

    desk: Desk
    keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def get(self, path: str, token: str = TOKEN) -> Answer:
        """Read one address."""
        return await self.desk.get(f"/api/v1{path}", token=token)

    async def send(
        self, method: str, path: str, body: object, token: str = TOKEN, *, seen: str = "", key: str = ""
    ) -> Answer:
        """Change something; every request has a key of its own unless one is given."""
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key or f"case-key-{next(self.keys):06d}",
            "Content-Type": "application/json",
            **({"If-Match": seen} if seen else {}),
        }
        data = json.dumps(body).encode()
        async with self.desk.client.request(method, f"/api/v1{path}", data=data, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def open(self, token: str = TOKEN, **more: Any) -> str:
        """A new ticket's number."""
        answer = await self.send("POST", "/tickets", {"number": "13854301001", "details": DETAILS, **more}, token)
        assert answer.status == 201, answer.body.decode()
        number: str = answer.json["number"]
        return number

    async def seen(self, number: str, token: str = TOKEN) -> str:
        """The tag of a ticket as somebody sees it now."""
        answer = await self.get(f"/tickets/{number}", token)
        assert answer.status == 200, answer.body.decode()
        return answer.headers["ETag"]

    async def move(self, number: str, move: str, token: str = TOKEN, *, seen: str = "", **told: Any) -> Answer:
        """Make one move, having looked just now unless ``seen`` says otherwise."""
        tag = seen or await self.seen(number, token)
        if move == "submit_answer":
            told = {"answered_at": clock.now().isoformat(), **told}
        return await self.send("POST", f"/tickets/{number}/moves", {"move": move, **told}, token, seen=tag)

    async def dispatched(self, unit: str = "住建局", **more: Any) -> str:
        """A ticket that waits for a unit's signature."""
        number = await self.open()
        answer = await self.move(number, "dispatch", unit=unit, basis="派单目录", **more)
        assert answer.status == 201, answer.body.decode()
        return number

    async def signed(self) -> str:
        """A ticket that the housing department has in hand."""
        number = await self.dispatched()
        assert (await self.move(number, "sign", "housing")).status == 201
        return number


@contextlib.asynccontextmanager
async def city(
    folder: Path, database_url: str = "", *, more: Callable[[Books], Iterable[Operation]] = lambda _: ()
) -> AsyncIterator[City]:
    """Serve a city with its units, two categories and one line of the catalogue."""
    tokens = Tokens(tuple((hashlib.sha256(text.encode()).digest(), one) for text, one in PEOPLE.items()))
    async with desk(folder, database_url, known=tokens, more=more) as at:
        now = clock.now()
        await at.at.tickets.put(*_UNITS, at=now)
        line = CatalogueLine("line-1", "供暖", "住建局", "《城镇供热条例》", level=2)
        await at.at.tickets.put(Category("供暖", "供热采暖"), Category("街道", "街道事务"), line, at=now)
        yield City(at)
