"""Programs act by tokens of people's accounts, never further than the account, and never on accounts."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import sqlalchemy as sa

from common.roles import Role
from tests.access_kit import PASSWORD, Browser, Office, office
from tests.http_kit import Answer


async def made(browser: Browser, **told: Any) -> dict[str, Any]:
    """A new token."""
    answer = await browser.ask("POST", "/tokens", {"name": "program", "scopes": ["read"], **told})
    assert answer.status == 201, answer.body.decode()
    found: dict[str, Any] = answer.json
    return found


async def with_token(
    at: Office, token: str, method: str = "GET", path: str = "/tickets", body: object = None
) -> Answer:
    """Ask as a program."""
    return await at.browser().ask(method, path, body, Authorization=f"Bearer {token}", Idempotency_Key="token-key-0001")


@pytest.mark.covers("R25.2")
async def test_a_token_lets_in_until_it_is_revoked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, no restart; seen with its last use; replayed after its end it is nobody's."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        one = await made(browser)
        assert (await with_token(at, one["token"])).status == 200
        (listed,) = (await browser.ask("GET", "/tokens")).json["tokens"]
        assert "token" not in listed
        assert listed["used_at"] is not None
        assert (await browser.ask("DELETE", f"/tokens/{one['id']}")).status == 200
        assert (await with_token(at, one["token"])).status == 401
        assert (await browser.ask("DELETE", f"/tokens/{one['id']}")).status == 404
        actions = await at.actions()
        assert "token.made" in actions
        assert "token.revoked" in actions


@pytest.mark.covers("R25.2")
async def test_forged_and_expired_tokens_are_nobodys(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of chance, cut off, the stored digest itself, one whose day has come, one whose account is blocked."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        one = await made(browser, expires_at="2026-11-25")
        async with at.books.database.reads.connect() as connection:
            digest = await connection.scalar(sa.text("SELECT digest FROM api_tokens"))
        text = one["token"]
        for forged in (secrets.token_urlsafe(32), text[:-1], text + "A", text.swapcase(), digest, "", "%00", "é"):
            assert (await with_token(at, forged)).status == 401, forged
        assert text not in digest
        assert (await with_token(at, text)).status == 200
        at.clock.on(hours=15)
        assert (await with_token(at, text)).status == 401
        at.clock.on(hours=-15)
        await at.sql("UPDATE accounts SET active = false")
        assert (await with_token(at, text)).status == 401


@pytest.mark.covers("R25.2")
async def test_a_token_may_no_more_than_its_scopes_its_rights_and_its_owner(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading does not write; a right that is not named is not had; a role that its owner loses, it loses."""
    async with office(database_url, monkeypatch) as at:
        account = await at.account("wang", Role.AGENT)
        browser = at.browser()
        await browser.sign_in("wang")
        opened = {"number": "13854301001", "details": {"matter": "路灯不亮"}}
        reads = (await made(browser))["token"]
        narrow = (await made(browser, name="narrow", scopes=["read", "write"], rights=["register.read"]))["token"]
        both = (await made(browser, name="both", scopes=["read", "write"]))["token"]
        assert (await with_token(at, reads, "POST", "/tickets", opened)).status == 403
        assert (await with_token(at, narrow)).status == 403
        assert (await with_token(at, narrow, path="/units")).status == 200
        assert (await with_token(at, both, "POST", "/tickets", opened)).status == 201
        grants = await at.access.roles.store.read(
            lambda one: one.execute(sa.text("SELECT id FROM grants")).scalars().all()
        )
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        revoked = await security.ask("POST", f"/grants/{grants[0]}/revoke", {"reason": "调离"})
        assert revoked.status == 200
        assert (await with_token(at, both)).status == 403
        assert account.active


@pytest.mark.covers("R25.2")
async def test_no_token_touches_accounts_and_no_administrator_has_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stolen token makes no account, no other token, and sees no session; a keeper of the house gets none at all."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        token = (await made(browser, scopes=["read", "write"]))["token"]
        for method, path in (("GET", "/sessions"), ("GET", "/tokens"), ("POST", "/tokens"), ("GET", "/accounts")):
            body = {"name": "x", "scopes": ["read"]} if method == "POST" else None
            assert (await with_token(at, token, method, path, body)).status == 403, path
        assert (await with_token(at, token, path="/session")).status == 401
        asked = await browser.ask("POST", "/tokens", {"name": "more", "scopes": ["account"]})
        assert asked.status == 422
        admin = await at.signed_in("admin", Role.SYSTEM_ADMIN)
        refused = await admin.ask("POST", "/tokens", {"name": "program", "scopes": ["read"]})
        assert (refused.status, refused.is_problem) == (409, True)


async def test_making_one_asks_who_you_are_when_it_was_long_ago(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window left open for a quarter of an hour gives no token; after the password was given again it does."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        at.clock.on(minutes=15)
        assert (await browser.ask("POST", "/tokens", {"name": "x", "scopes": ["read"]})).status == 403
        assert (await browser.ask("POST", "/session/proof", {"password": "wrong"})).status == 401
        assert (await browser.ask("POST", "/session/proof", {"password": PASSWORD})).status == 200
        await made(browser, name="x")
        assert (await browser.ask("POST", "/tokens", {"name": "x", "scopes": ["read"]})).status == 409


async def test_anothers_token_is_not_ones_own_to_end(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague cannot, the security administrator can."""
    async with office(database_url, monkeypatch) as at:
        one = await made(await at.signed_in("wang", Role.AGENT))
        colleague = await at.signed_in("li", Role.AGENT)
        assert (await colleague.ask("DELETE", f"/tokens/{one['id']}")).status == 404
        assert (await with_token(at, one["token"])).status == 200
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        assert (await security.ask("DELETE", f"/tokens/{one['id']}")).status == 200
        assert (await with_token(at, one["token"])).status == 401
