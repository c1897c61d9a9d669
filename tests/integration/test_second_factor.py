"""Codes from a telephone (RFC 6238): each is taken once, from nobody else, and nobody gets far without one."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from access import totp
from access.errors import NotFitError
from access.sealing import Seal
from common.roles import Role
from tests.access_kit import PASSWORD, App, Browser, Office, office


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    """The last six digits of the test values in RFC 6238, appendix B."""
    assert totp.code_at(b"12345678901234567890", at // 30) == code


async def leader(at: Office) -> tuple[Browser, App]:
    """A leader who has bound a telephone, and is at the door again, where the code is asked for."""
    await at.account("zhang", Role.LEADER)
    browser = at.browser()
    assert (await browser.sign_in("zhang")).json["stage"] == "enrol"
    app = await browser.bind()
    at.clock.on(minutes=5)
    again = at.browser()
    assert (await again.sign_in("zhang")).json["stage"] == "code"
    return again, app


@pytest.mark.covers("R25.2")
async def test_some_roles_get_nowhere_without_one(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A leader must bind one first, and give its code ever after; before that no ticket, no session list, no token."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        for path in ("/tickets", "/sessions", "/tokens", "/accounts"):
            assert (await browser.ask("GET", path)).status == 403, path
        for path in ("/session/second-factor", "/session/password"):
            body = {"old": PASSWORD, "new": "a new one of glass"} if path.endswith("password") else None
            assert (await browser.ask("POST", path, body)).status == 409, path
        assert (await browser.ask("POST", "/session/code", {"code": app.code})).json["stage"] == "open"
        assert (await browser.ask("GET", "/tickets")).status == 200


@pytest.mark.covers("R25.2")
async def test_a_code_is_taken_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen over a shoulder and typed again within its half minute: refused, even when the clock is set back."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        thief = at.browser()
        await thief.sign_in("zhang")
        code = app.code
        assert (await browser.ask("POST", "/session/code", {"code": code})).status == 200
        assert (await thief.ask("POST", "/session/code", {"code": code})).status == 401
        at.clock.on(seconds=-60)
        assert (await thief.ask("POST", "/session/code", {"code": code})).status == 401
        at.clock.on(seconds=90)
        assert (await thief.ask("POST", "/session/code", {"code": app.code})).status == 200


async def test_of_two_at_once_one_gets_in(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code, and the same code on paper, at the same moment in four windows: one each."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        for code in (app.code, app.recovery[0]):
            windows = [browser, *(at.browser() for _ in range(3))]
            for one in windows:
                one.cookies.clear()
                assert (await one.sign_in("zhang")).status == 201
            answers = await asyncio.gather(*(one.ask("POST", "/session/code", {"code": code}) for one in windows))
            assert sorted(one.status for one in answers) == [200, 401, 401, 401]


async def test_a_neighbouring_code_is_taken_and_no_other(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is half a minute off is forgiven (RFC 6238, 5.2), one that is a minute off is not."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        present = totp.step_of(at.clock.at)
        for step in (present - 2, present + 2):
            assert (await browser.ask("POST", "/session/code", {"code": totp.code_at(app.secret, step)})).status == 401
        early = totp.code_at(app.secret, present - 1)
        assert (await browser.ask("POST", "/session/code", {"code": early})).status == 200


@pytest.mark.covers("R25.2")
async def test_codes_cannot_be_guessed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has the password and tries codes is stopped after five, in any number of windows; so is the owner."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        for _ in range(5):
            window = at.browser()
            await window.sign_in("zhang")
            assert (await window.ask("POST", "/session/code", {"code": "000000"})).status == 401
        assert (await browser.ask("POST", "/session/code", {"code": app.code})).status == 429
        at.clock.on(seconds=61)
        assert (await browser.ask("POST", "/session/code", {"code": app.code})).status == 200


async def test_a_code_on_paper_works_once_each(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten of them, in any spelling; a new binding makes those before worthless."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        assert len(set(app.recovery)) == 10
        shouted = app.recovery[0].upper().replace("-", " ")
        assert (await browser.ask("POST", "/session/code", {"code": shouted})).status == 200
        again = at.browser()
        await again.sign_in("zhang")
        assert (await again.ask("POST", "/session/code", {"code": app.recovery[0]})).status == 401
        assert (await again.ask("POST", "/session/code", {"code": app.recovery[1]})).status == 200
        at.clock.on(minutes=1)
        fresh = await again.bind()
        last = at.browser()
        await last.sign_in("zhang")
        assert (await last.ask("POST", "/session/code", {"code": app.recovery[2]})).status == 401
        at.clock.on(minutes=1)
        assert (await last.ask("POST", "/session/code", {"code": fresh.code})).status == 200


async def test_a_telephone_is_not_replaced_by_whoever_finds_an_open_window(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of an hour after signing in, binding another one asks for password and code first."""
    async with office(database_url, monkeypatch) as at:
        browser, app = await leader(at)
        await browser.ask("POST", "/session/code", {"code": app.code})
        at.clock.on(minutes=16)
        refused = await browser.ask("POST", "/session/second-factor")
        assert (refused.status, refused.json["type"].rsplit(":", 1)[1]) == (403, "proof")
        assert (await browser.ask("POST", "/session/proof", {"password": PASSWORD})).status == 401
        told = {"password": PASSWORD, "code": app.code}
        assert (await browser.ask("POST", "/session/proof", told)).status == 200
        assert (await browser.ask("POST", "/session/second-factor")).status == 200


async def test_the_database_alone_gives_no_codes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is sealed for one account under a key outside: another key or account opens nothing."""
    async with office(database_url, monkeypatch) as at:
        _, app = await leader(at)
        async with at.books.database.reads.connect() as connection:
            row = (await connection.execute(sa.text("SELECT id, totp FROM accounts WHERE login = 'zhang'"))).one()
        assert totp.spoken(app.secret) not in row.totp
        assert at.access.signing.seal.opened(row.totp, row.id) == app.secret
        with pytest.raises(NotFitError):
            Seal("another key").opened(row.totp, row.id)
        with pytest.raises(NotFitError):
            at.access.signing.seal.opened(row.totp, "somebody else")
