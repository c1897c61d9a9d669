"""People sign in with login name and password; who guesses waits, and learns nothing by it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from access.errors import BusyError, LockedError, WrongError
from access.passwords import Passwords
from access.policy import Hashing, Policy
from access.visit import Visit
from common.roles import Role
from tests.access_books import CHEAP, accounts
from tests.access_kit import PASSWORD, Office, office
from tests.books import books


class Counted(Passwords):
    """Notes what is hashed, and at which cost."""

    def __init__(self, hashing: Hashing) -> None:
        super().__init__(hashing)
        self.verified: list[str] = []

    async def verify(self, password: str, phc: str) -> bool:
        """As ever, and noted."""
        right = await super().verify(password, phc)
        self.verified.append((phc or self._nobodys or "").rsplit("$", 2)[0])
        return right


def counted(at: Office) -> Counted:
    """The passwords of an office, from now on counted."""
    passwords = Counted(CHEAP.hashing)
    object.__setattr__(at.access.signing, "passwords", passwords)
    return passwords


async def failures(at: Office) -> list[tuple[int, bool]]:
    """What is counted now: tries, and whether they are locked."""
    async with at.books.database.reads.connect() as connection:
        rows = await connection.execute(sa.text("SELECT tries, locked_until FROM failures ORDER BY tries"))
        return [(row.tries, row.locked_until is not None) for row in rows]


@pytest.mark.covers("R25.2")
async def test_the_right_password_lets_in_and_a_wrong_one_does_not(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is in sees who they are; capital letters in a login name are no matter; nothing of the hash is shown."""
    async with office(database_url, monkeypatch) as at:
        account = await at.account("wang", Role.AGENT)
        browser = at.browser()
        wrong = await browser.sign_in("wang", "river glasses mountaim")
        assert (wrong.status, wrong.is_problem, browser.cookies) == (401, True, {})
        right = await browser.sign_in("WANG")
        assert (right.status, right.json["stage"], right.json["roles"]) == (201, "open", ["agent"])
        me = await browser.ask("GET", "/session")
        assert (me.status, me.json["account"], me.json["unit"]) == (200, account.id, "12345")
        assert b"argon2" not in right.body + me.body
        assert (await browser.ask("GET", "/tickets")).status == 200
        assert (await browser.ask("DELETE", "/session")).status == 200
        assert (await browser.ask("GET", "/session")).status == 401
        assert [one for one in await at.actions() if one.startswith("session")] == [
            "session.failed",
            "session.opened",
            "session.closed",
        ]


@pytest.mark.covers("R25.2")
async def test_an_account_that_does_not_exist_costs_the_same_and_looks_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, blocked, without a password or with a wrong one: one answer, one hash of one cost, the same rows."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        blocked = await at.account("li", Role.AGENT)
        await at.sql("UPDATE accounts SET active = false WHERE id = :id", id=blocked.id)
        await at.account("zhao", Role.AGENT)
        await at.sql("UPDATE accounts SET password = '' WHERE login = 'zhao'")
        passwords = counted(at)
        seen = []
        for login, password in (("wang", "wrong"), ("li", PASSWORD), ("zhao", ""), ("zhao", "x"), ("nobody", "wrong")):
            await at.sql("DELETE FROM failures")
            passwords.verified.clear()
            before = len(await at.audited())
            answer = await at.browser().sign_in(login, password or "y")
            body = answer.body
            entries = [action for _, action, _ in (await at.audited())[before:]]
            seen.append((answer.status, body, tuple(passwords.verified), tuple(await failures(at)), tuple(entries)))
        assert len(set(seen)) == 1, seen
        assert len(seen[0][2]) == 1
        passwords.close()


@pytest.mark.covers("R25.2")
@pytest.mark.parametrize("login", ["wang", "nobody"])
async def test_who_guesses_waits_longer_each_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """Five wrong tries are free; then a minute, two, four, up to an hour; meanwhile not even the right one is taken."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        browser = at.browser()
        for _ in range(5):
            assert (await browser.sign_in(login, "wrong")).status == 401
        waits = []
        for _ in range(8):
            locked = await browser.sign_in(login)
            assert (locked.status, locked.is_problem) == (429, True)
            waits.append(int(locked.headers["Retry-After"]))
            at.clock.on(seconds=waits[-1])
            assert (await browser.sign_in(login, "wrong")).status == 401
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        at.clock.on(seconds=3600)
        assert (await browser.sign_in(login)).status == (201 if login == "wang" else 401)
        assert "session.locked" in await at.actions()


async def test_a_right_password_takes_the_count_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four wrong, one right, four wrong, one right: nobody waits; and a day without tries is forgotten."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        browser = at.browser()
        for _ in range(3):
            for _ in range(4):
                assert (await browser.sign_in("wang", "wrong")).status == 401
            assert (await browser.sign_in("wang")).status == 201
        for _ in range(4):
            await browser.sign_in("wang", "wrong")
        at.clock.on(hours=25)
        for _ in range(4):
            assert (await browser.sign_in("wang", "wrong")).status == 401
        assert (await browser.sign_in("wang")).status == 201


async def test_an_address_that_tries_many_names_waits_too(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One try at each of many names: the address is stopped, others are not; right ones do not count against it."""
    async with office(database_url, monkeypatch, replace(CHEAP, address_failures=8)) as at:
        await at.account("wang", Role.AGENT)
        for _ in range(12):
            assert (await at.browser().sign_in("wang")).status == 201
        for each in range(8):
            assert (await at.browser().sign_in(f"guess{each}", "wrong")).status == 401
        assert (await at.browser().sign_in("wang")).status == 429
        assert (await at.access.signing.open("wang", PASSWORD, Visit("10.9.9.9"))).account.login == "wang"


@pytest.mark.covers("R25.2")
async def test_guessing_at_once_gains_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty guesses at the same moment: five are looked at, as if they had come one after the other."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        passwords = counted(at)
        signing = at.access.signing
        tries = [signing.open("wang", f"wrong {each}", Visit(f"10.0.0.{each}")) for each in range(40)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        kinds = [type(one) for one in results]
        assert (kinds.count(WrongError), kinds.count(LockedError)) == (5, 35)
        assert len(passwords.verified) == 5
        passwords.close()


@pytest.mark.covers("R25.2")
async def test_two_services_count_as_one(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses at two processes on one database at the same moment: five are looked at; one code lets in once."""
    async with office(database_url, monkeypatch) as at, books(database_url) as other_books:
        account = await at.account("zhang", Role.LEADER)
        browser = at.browser()
        await browser.sign_in("zhang")
        app = await browser.bind()
        at.clock.on(minutes=1)
        elsewhere = accounts(other_books)
        both = (at.access, elsewhere)
        visits = [Visit("10.0.0.1"), Visit("10.0.0.2")]
        found = [await one.signing.open("zhang", PASSWORD, visit) for one, visit in zip(both, visits, strict=True)]
        codes = [one.signing.code(each, app.code, visit) for one, each, visit in zip(both, found, visits, strict=True)]
        results = await asyncio.gather(*codes, return_exceptions=True)
        assert sorted(type(one).__name__ for one in results) == ["Found", "WrongError"]
        tries = [both[each % 2].signing.open("zhang", "wrong", Visit(f"10.0.1.{each}")) for each in range(40)]
        kinds = [type(one) for one in await asyncio.gather(*tries, return_exceptions=True)]
        assert (kinds.count(WrongError), kinds.count(LockedError)) == (5, 35)
        assert account.active
        elsewhere.close()


async def test_many_sign_in_at_the_same_moment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty people behind one address, one of them in four windows: all get in, each with a cookie of their own."""
    async with office(database_url, monkeypatch) as at:
        names = [f"agent{each:02d}" for each in range(30)]
        for name in names:
            await at.account(name, Role.AGENT)
        browsers = [at.browser() for _ in range(33)]
        logins = [*names, *["agent00"] * 3]
        answers = await asyncio.gather(*(one.sign_in(name) for one, name in zip(browsers, logins, strict=True)))
        assert [one.status for one in answers] == [201] * 33
        assert len({one.cookies["hotline"] for one in browsers}) == 33
        # The address may have a hundred more wrong tries, as before.
        assert max((tries for tries, _ in await failures(at)), default=0) == 0


async def test_too_many_at_once_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is bounded in number and in queue: who would wait too long is turned away, others are served."""
    monkeypatch.setattr("access.passwords._MOST_WAITING", 4)
    passwords = Passwords(Hashing(memory_mib=8, passes=1, lanes=1, at_once=1))
    results = await asyncio.gather(*(passwords.hash("x") for _ in range(6)), return_exceptions=True)
    assert [isinstance(one, BusyError) for one in results] == [False] * 4 + [True] * 2
    assert (await passwords.hash("x")).startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    passwords.close()


@pytest.mark.covers("R25.2")
async def test_a_clock_that_jumps_lets_nobody_in_and_keeps_nobody_out(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set back by a day, a lock lasts as long as was told, not a day more; a session from the future is none."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        guesser, browser = at.browser(), at.browser()
        assert (await browser.sign_in("wang")).status == 201
        for _ in range(5):
            await guesser.sign_in("wang", "wrong")
        at.clock.on(days=-1)
        assert (await browser.ask("GET", "/session")).status == 401
        assert int((await guesser.sign_in("wang")).headers["Retry-After"]) == 60
        at.clock.on(seconds=61)
        again = at.browser()
        assert (await again.sign_in("wang")).status == 201
        at.clock.on(days=30)
        assert (await again.ask("GET", "/session")).status == 401


async def test_a_hash_of_another_cost_is_made_anew(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the city has raised the cost, the next sign-in leaves a hash of the new cost, and still lets in."""
    dearer = replace(CHEAP, hashing=Hashing(memory_mib=2, passes=1, lanes=1))
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        object.__setattr__(at.access.signing, "passwords", Passwords(dearer.hashing))
        assert (await at.browser().sign_in("wang")).status == 201
        async with at.books.database.reads.connect() as connection:
            phc = await connection.scalar(sa.text("SELECT password FROM accounts WHERE login = 'wang'"))
        assert phc.startswith("$argon2id$v=19$m=2048,t=1,p=1$")
        assert (await at.browser().sign_in("wang")).status == 201
        at.access.signing.passwords.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": "wang"},
        {"login": "wang", "password": ""},
        {"login": "wang", "password": "x" * 201},
        {"login": "wang", "password": ["x"]},
        {"login": {"$ne": ""}, "password": "x"},
        {"login": "wang", "password": "x", "role": "leader"},
    ],
)
async def test_a_body_that_is_no_good_is_a_problem_that_does_not_repeat_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch, body: object
) -> None:
    """Nothing is hashed for it, and a password never comes back in an answer."""
    async with office(database_url, monkeypatch) as at:
        answer = await at.browser().ask("POST", "/session", body)
        assert (answer.status, answer.is_problem) == (422, True)
        assert b"xxxxx" not in answer.body


def test_the_default_cost_is_what_the_standard_recommends() -> None:
    """64 MiB, three passes, four lanes: the second recommended option of RFC 9106, section 4."""
    assert (Policy().hashing.memory_mib, Policy().hashing.passes, Policy().hashing.lanes) == (64, 3, 4)
