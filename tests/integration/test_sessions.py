"""A session is its owner's alone: bound to a cookie that nobody can plant, guess, or use from another site."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
import sqlalchemy as sa

from access.visit import COOKIE, digest_of
from common.roles import Role
from tests.access_kit import PASSWORD, Browser, Office, office
from tests.http_kit import TOKEN

NEW = "another river of glasses"


async def kept(at: Office) -> str:
    """All that the database holds of sessions."""
    async with at.books.database.reads.connect() as connection:
        return str((await connection.execute(sa.text("SELECT * FROM sessions ORDER BY id"))).all())


@pytest.mark.covers("R25.2")
async def test_a_cookie_that_was_planted_is_never_anybodys_session(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made up, or an attacker's own: after signing in the victim has another, and the planted one opens nothing."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        attacker = await at.signed_in("mallory", Role.AGENT)
        for planted in (secrets.token_urlsafe(32), attacker.cookies["hotline"]):
            victim = at.browser()
            victim.cookies["hotline"] = planted
            assert (await victim.sign_in("wang")).json["name"] == "姓名wang"
            assert victim.cookies["hotline"] != planted
            thief = at.browser()
            thief.cookies["hotline"] = planted
            assert (await thief.ask("GET", "/session")).status == 401


@pytest.mark.covers("R25.2")
async def test_each_step_up_has_a_new_cookie(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the code, at a new password, at each proof and each binding: the cookie before is worth nothing afterwards."""
    async with office(database_url, monkeypatch) as at:
        await at.account("zhang", Role.LEADER)
        browser = at.browser()
        await browser.sign_in("zhang")
        seen = [(browser.cookies["hotline"], browser.csrf)]
        app = await browser.bind()
        seen.append((browser.cookies["hotline"], browser.csrf))
        at.clock.on(seconds=30)
        body = {"password": PASSWORD, "code": app.code}
        assert (await browser.ask("POST", "/session/proof", body)).status == 200
        seen.append((browser.cookies["hotline"], browser.csrf))
        assert (await browser.ask("POST", "/session/password", {"old": PASSWORD, "new": NEW})).status == 200
        seen.append((browser.cookies["hotline"], browser.csrf))
        assert len(set(seen)) == len({cookie for cookie, _ in seen}) == len({csrf for _, csrf in seen}) == 4
        assert (await browser.ask("GET", "/session")).status == 200
        for cookie, csrf in seen[:-1]:
            old = Browser(at.client, {"hotline": cookie}, csrf)
            assert (await old.ask("GET", "/session")).status == 401


@pytest.mark.covers("R25.2")
async def test_the_database_holds_no_cookie(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a digest; and the digest lets nobody in."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        cookie = browser.cookies["hotline"]
        assert len(cookie) == 43
        stored = await kept(at)
        assert cookie not in stored
        assert digest_of(cookie) in stored
        thief = at.browser()
        thief.cookies["hotline"] = digest_of(cookie)
        assert (await thief.ask("GET", "/session")).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_For": "10.1.1.1"},
        {"Forwarded": "for=10.1.1.1"},
        {"Origin": "https://12345.example", "Sec_Fetch_Site": "same-origin"},
        {"Host": "12345.example"},
    ],
)
async def test_the_cookie_goes_over_tls_alone_unless_this_is_the_machine_itself(
    database_url: str, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """Whatever betrays a proxy or another machine makes it Secure and __Host-; loopback is as strict otherwise."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        browser = at.browser()
        await browser.sign_in("wang")
        assert browser.set_cookie == f"hotline={browser.cookies['hotline']}; Path=/; HttpOnly; SameSite=Strict"
        elsewhere = at.browser()
        told = {"login": "wang", "password": PASSWORD}
        assert (await elsewhere.ask("POST", "/session", told, **headers)).status == 201
        value = elsewhere.cookies[COOKIE]
        assert elsewhere.set_cookie == f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Secure"
        # A proxy that hides itself on a simple read still leads to the same session.
        assert (await elsewhere.ask("GET", "/session")).status == 200
        assert (await elsewhere.ask("DELETE", "/session")).status == 200
        assert elsewhere.set_cookie == f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"


@pytest.mark.covers("R25.2")
async def test_another_site_can_do_nothing_with_the_cookie(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the header, with another's, from another origin, with a form's type: refused, and nothing is done."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        other = await at.signed_in("mallory", Role.AGENT)
        right, told = browser.csrf, {"name": "mine", "scopes": ["read"]}
        for forged in ("", "x", right[:-1], right.upper(), other.csrf, "é"):
            browser.csrf = forged
            answer = await browser.ask("POST", "/tokens", told)
            assert (answer.status, answer.json["type"].rsplit(":", 1)[1]) == (403, "csrf")
            assert (await browser.ask("DELETE", "/session")).status == 403
        browser.csrf = right
        for headers in (
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://["},
        ):
            answer = await browser.ask("POST", "/tokens", told, **headers)
            # From another host than this machine the cookie of this machine alone is not even looked at.
            assert (answer.status, answer.is_problem) in {(401, True), (403, True)}, headers
        assert (await browser.ask("GET", "/tokens")).json == {"tokens": []}
        same = {"Origin": f"http://127.0.0.1:{at.client.port}", "Sec_Fetch_Site": "same-origin"}
        assert (await browser.ask("POST", "/tokens", told, **same)).status == 201


async def test_another_site_cannot_sign_somebody_in(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing a victim in as the attacker, from the attacker's page, is refused as well."""
    async with office(database_url, monkeypatch) as at:
        await at.account("mallory", Role.AGENT)
        told = {"login": "mallory", "password": PASSWORD}
        victim = at.browser()
        assert (await victim.ask("POST", "/session", told, Sec_Fetch_Site="cross-site")).status == 403
        assert (await victim.ask("POST", "/session", told, Origin="https://evil.example")).status == 403
        assert (await victim.ask("POST", "/session", told, Content_Type="text/plain")).status == 415
        assert victim.cookies == {}


async def test_a_bearer_needs_no_header_and_a_wrong_one_is_not_saved_by_a_cookie(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program has no cookie to be misused; who brings a wrong token is nobody, whatever cookie comes with it."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        assert (await browser.ask("GET", "/tickets", Authorization="Bearer wrong")).status == 401
        assert (await at.browser().ask("GET", "/tickets", Authorization=f"Bearer {TOKEN}")).status == 200
        assert (await browser.ask("GET", "/session", Authorization=f"Bearer {TOKEN}")).status == 401


async def test_a_session_ends_unused_and_ends_in_any_case(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour without a look; and twelve hours however busy."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        at.clock.on(minutes=29)
        assert (await browser.ask("GET", "/tickets")).status == 200
        at.clock.on(minutes=29)
        assert (await browser.ask("GET", "/tickets")).status == 200
        at.clock.on(minutes=30)
        assert (await browser.ask("GET", "/tickets")).status == 401
        busy, began = await at.signed_in("li", Role.AGENT), at.clock.at
        while at.clock.at - began < timedelta(hours=11, minutes=40):
            at.clock.on(minutes=20)
            assert (await busy.ask("GET", "/tickets")).status == 200
        at.clock.on(minutes=20)
        assert (await busy.ask("GET", "/tickets")).status == 401


async def test_old_sessions_are_forgotten(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three months after their end their rows go, when their owner signs in; the audit still knows them."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("wang", Role.AGENT)
        old = (await browser.ask("GET", "/session")).json["session"]
        at.clock.on(days=89)
        await browser.sign_in("wang")
        assert old in await kept(at)
        at.clock.on(days=3)
        await browser.sign_in("wang")
        assert old not in await kept(at)
        assert any(old in objects for _, action, objects in await at.audited() if action == "session.opened")


async def test_people_see_and_end_their_own_sessions_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list says which is this one; another's cannot be ended; signing out everywhere ends all."""
    async with office(database_url, monkeypatch) as at:
        first = await at.signed_in("wang", Role.AGENT)
        second, other = at.browser(User_Agent="telephone"), await at.signed_in("li", Role.AGENT)
        second.headers = {"User-Agent": "telephone"}
        await second.sign_in("wang")
        listed = (await first.ask("GET", "/sessions")).json["sessions"]
        assert [(one["agent"] == "telephone", one["present"]) for one in listed] == [(True, False), (False, True)]
        (theirs,) = (await other.ask("GET", "/sessions")).json["sessions"]
        assert (await first.ask("DELETE", f"/sessions/{theirs['id']}")).status == 409
        assert (await other.ask("GET", "/session")).status == 200
        assert (await first.ask("DELETE", f"/sessions/{listed[0]['id']}")).status == 200
        assert (await second.ask("GET", "/session")).status == 401
        await second.sign_in("wang")
        assert (await first.ask("DELETE", "/sessions")).status == 200
        assert first.cookies == {}
        assert (await second.ask("GET", "/session")).status == 401


@pytest.mark.covers("R25.2")
async def test_what_is_taken_from_an_account_holds_from_the_next_request_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocked, another password, other roles: its sessions are over; one of another account goes on."""
    async with office(database_url, monkeypatch) as at:
        other = await at.signed_in("other", Role.AGENT)
        account = await at.account("wang", Role.AGENT)
        browser, window = at.browser(), at.browser()
        await browser.sign_in("wang")
        await window.sign_in("wang")
        assert (await browser.ask("POST", "/session/password", {"old": PASSWORD, "new": NEW})).status == 200
        assert (await browser.ask("GET", "/tickets")).status == 200
        assert (await window.ask("GET", "/tickets")).status == 401
        await at.grant(account, Role.CALLBACK_CLERK)
        assert (await browser.ask("GET", "/tickets")).status == 401
        assert (await browser.sign_in("wang", NEW)).json["roles"] == ["agent", "callback_clerk"]
        await at.sql("UPDATE accounts SET active = false WHERE id = :id", id=account.id)
        assert (await browser.ask("GET", "/tickets")).status == 401
        assert (await browser.sign_in("wang", NEW)).status == 401
        assert (await other.ask("GET", "/tickets")).status == 200


async def test_a_password_must_be_worth_its_name(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short, common, with one's own name, a run, or used lately: refused with the reason; a sentence is taken."""
    async with office(database_url, monkeypatch) as at:
        browser = await at.signed_in("zhaoliu", Role.AGENT)
        for new in (
            "short",
            "password1234",
            "P@ssw0rd!2026",
            "Qwertyuiop123",
            "123456789012",
            "abcdefghijklmn",
            "aaaaaaaaaaaaaa",
            "mmnnmmnnmmnnmm",
            "zhaoliu is me!",
            "我是姓名zhaoliu呀呀",
            PASSWORD,
            PASSWORD.upper().lower(),
        ):
            answer = await browser.ask("POST", "/session/password", {"old": PASSWORD, "new": new})
            assert (answer.status, answer.is_problem) == (422, True), new
            assert new.encode() not in answer.body
        assert (await browser.ask("POST", "/session/password", {"old": "wrong", "new": NEW})).status == 401
        told = {"old": PASSWORD, "new": "黄河入海流，白日依山尽！"}
        assert (await browser.ask("POST", "/session/password", told)).status == 200


async def test_the_last_passwords_are_remembered(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The present one and the four before it are not taken; the sixth back is."""
    async with office(database_url, monkeypatch) as at:
        browser, now = await at.signed_in("wang", Role.AGENT), PASSWORD
        for each in range(5):
            new = f"river number {each} of glass"
            assert (await browser.ask("POST", "/session/password", {"old": now, "new": new})).status == 200
            now = new
        again = {"old": now, "new": "river number 1 of glass"}
        assert (await browser.ask("POST", "/session/password", again)).status == 422
        assert (await browser.ask("POST", "/session/password", {"old": now, "new": PASSWORD})).status == 200


async def test_a_password_from_an_administrator_is_only_good_for_choosing_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it was changed nothing else is open; unused for a week it is worth nothing."""
    async with office(database_url, monkeypatch) as at:
        account = await at.account("wang", Role.AGENT)
        admin = await at.signed_in("admin", Role.SYSTEM_ADMIN)
        first = (await admin.ask("POST", f"/accounts/{account.id}/password")).json["password"]
        browser = at.browser()
        assert (await browser.sign_in("wang")).status == 401
        assert (await browser.sign_in("wang", first)).json["stage"] == "change_password"
        assert (await browser.ask("GET", "/tickets")).status == 403
        changed = await browser.ask("POST", "/session/password", {"old": first, "new": NEW})
        assert changed.json["stage"] == "open"
        assert (await browser.ask("GET", "/tickets")).status == 200
        at.clock.on(seconds=40)
        late = (await admin.ask("POST", f"/accounts/{account.id}/password")).json["password"]
        at.clock.on(days=7)
        assert (await at.browser().sign_in("wang", late)).status == 401
