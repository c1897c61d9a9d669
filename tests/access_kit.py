"""An office whose people sign in: browsers with cookies of their own, an app that shows codes, a clock to be moved."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from access import totp
from access.granting import Doer
from access.people import Account, Grant
from access.policy import Policy
from access.visit import CSRF_HEADER
from common import clock
from common.roles import Role
from hotline.audit import audit
from hotline.http import build_app
from hotline.sign_in import Access
from hotline.tokens import tokens
from tests.access_books import CHEAP, accounts
from tests.books import MORNING, Books, books
from tests.http_kit import TOKEN, Answer
from tickets.api_pages import case_operations
from tickets.register import ROOT
from tickets.units import Unit, UnitKind

PASSWORD = "river glasses mountain"
CONSOLE = Doer("console", ROOT.id, frozenset(), "tester@console", console=True)
UNITS = (
    ROOT,
    Unit("住建局", "市住建局", UnitKind.CITY_DEPARTMENT, "12345"),
    Unit("滨城区", "滨城区政府", UnitKind.COUNTY, "12345"),
    Unit("市西街道", "市西街道办事处", UnitKind.TOWNSHIP, "滨城区"),
)


@dataclass
class Clock:
    """The time, as tests have it."""

    at: datetime = MORNING

    def now(self) -> datetime:
        """The present instant."""
        return self.at

    def on(self, **span: float) -> None:
        """Move it, back too."""
        self.at += timedelta(**span)


@dataclass
class Browser:
    """Somebody before a screen: keeps cookies, and the header that our page puts on every change."""

    client: TestClient[web.Request, web.Application]
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: The last ``Set-Cookie`` as it came.
    set_cookie: str = ""

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request to the interface; ``headers`` stand beside and above the usual ones."""
        told = {**self.headers, **({CSRF_HEADER: self.csrf} if self.csrf else {})}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = None
        if body is not None:
            data, told["Content-Type"] = json.dumps(body).encode(), "application/json"
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(method, f"/api/v1{path}", data=data, headers=told) as answer:
            self.set_cookie = answer.headers.get("Set-Cookie", "")
            for name, morsel in SimpleCookie(self.set_cookie).items():
                self.cookies.pop(name, None)
                if morsel.value:
                    self.cookies[name] = morsel.value
            found = Answer(answer.status, answer.headers.copy(), await answer.read())
        if found.status < 300 and found.body and "csrf" in (shown := found.json):
            self.csrf = shown["csrf"]
        return found

    async def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        """Give login name and password."""
        return await self.ask("POST", "/session", {"login": login, "password": password})

    async def bind(self) -> App:
        """Bind a second factor; gives the app that shows its codes."""
        begun = await self.ask("POST", "/session/second-factor")
        assert begun.status == 200, begun.body.decode()
        app = App.of(begun.json["secret"])
        confirmed = await self.ask("POST", "/session/second-factor/confirm", {"code": app.code})
        assert confirmed.status == 200, confirmed.body.decode()
        app.recovery = confirmed.json["recovery"]
        return app


@dataclass
class App:
    """An app on a telephone, and the codes on paper."""

    secret: bytes
    recovery: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> App:
        """The app into which a secret was typed."""
        return cls(base64.b32decode(text + "=" * (-len(text) % 8)))

    @property
    def code(self) -> str:
        """What it shows now."""
        return totp.code_at(self.secret, totp.step_of(clock.now()))


@dataclass(frozen=True)
class Office:
    """The house with its people."""

    books: Books
    access: Access
    client: TestClient[web.Request, web.Application]
    clock: Clock

    def browser(self, **headers: str) -> Browser:
        """A browser in which nobody has signed in."""
        return Browser(self.client, headers=headers)

    async def account(self, login: str, *roles: Role, unit: str = "12345", password: str = PASSWORD) -> Account:
        """Somebody with roles, and a password that they have chosen themselves."""
        account = await self.access.staff.make(CONSOLE, login, f"姓名{login}", unit)
        for role in roles:
            grant = await self.grant(account, role)
            assert grant.role is role
        phc = await self.access.signing.passwords.hash(password)
        told = {"password": phc, "password_at": clock.now(), "must_change": False, "account": account.id}
        await self.sql(
            "UPDATE accounts SET password = :password, password_at = :password_at, must_change = false "
            "WHERE id = :account",
            **told,
        )
        return account

    async def grant(self, account: Account, role: Role) -> Grant:
        """A role, by whatever number of people it takes."""
        one = await self.access.roles.grant(CONSOLE, account.id, role, reason="测试")
        if one.state == "proposed":
            second = Doer("second", "12345", frozenset({Role.SECURITY_ADMIN}), "second@test")
            one = await self.access.roles.decide(second, one.id, confirm=True)
        return one

    async def signed_in(self, login: str, *roles: Role, unit: str = "12345") -> Browser:
        """Somebody new who has signed in, with a second factor where their roles ask for one."""
        await self.account(login, *roles, unit=unit)
        browser = self.browser()
        found = await browser.sign_in(login)
        assert found.status == 201, found.body.decode()
        if found.json["stage"] == "enrol":
            await browser.bind()
        return browser

    async def sql(self, text: str, **told: Any) -> None:
        """Change a row by hand."""
        statement = sa.text(text)
        for name, value in told.items():
            if isinstance(value, datetime):
                statement = statement.bindparams(sa.bindparam(name, type_=sa.DateTime(timezone=True)))
        await self.books.database.write(lambda connection: connection.execute(statement, told))

    async def audited(self) -> list[tuple[str, str, str]]:
        """The audit so far: who, action, objects."""
        async with self.books.database.reads.connect() as connection:
            rows = await connection.execute(sa.select(audit).order_by(audit.c.id))
            return [(row.who, row.action, row.objects.strip()) for row in rows]

    async def actions(self) -> list[str]:
        """The verbs of the audit so far."""
        return [action for _, action, _ in await self.audited()]


@contextlib.asynccontextmanager
async def office(database_url: str, monkeypatch: pytest.MonkeyPatch, policy: Policy = CHEAP) -> AsyncIterator[Office]:
    """The interface for people who sign in, on open books, at a time that the test says."""
    time = Clock()
    async with books(database_url) as at, contextlib.AsyncExitStack() as stack:
        await at.tickets.put(*UNITS, at=MORNING)
        people = accounts(at, policy)
        stack.callback(people.close)
        app = build_app(
            [*case_operations(at.tickets, at.desk), *people.operations()],
            tokens=tokens(TOKEN, unit="12345", roles=("agent", "leader")),
            audit=at.audit.add,
            kept=at.once.kept,
            database_ready=at.database.ready,
            ami_up=lambda: True,
            door=people.door,
            trusted=("10.0.0.0/8",),
        )
        client = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=DummyCookieJar()))
        monkeypatch.setattr(clock, "now", time.now)
        yield Office(at, people, client, time)
