"""Units report who joins, changes and leaves; the upper unit files it; nothing of it is ever lost (R12.3)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from common.roles import Role
from tests.access_kit import Browser, Office, office

JOIN = {
    "change": "join",
    "unit": "市西街道",
    "reason": "新录用",
    "name": "孙七",
    "login": "sunqi",
    "phone": "05433000008",
    "give": ["handler"],
}


async def filed(by: Browser, **told: object) -> dict[str, Any]:
    """Report a change."""
    answer = await by.ask("POST", "/staff-filings", {**JOIN, **told})
    assert answer.status == 201, answer.body.decode()
    found: dict[str, Any] = answer.json
    return found


async def decided(by: Browser, filing: dict[str, Any], word: str = "confirm", why: str = "") -> int:
    """The upper unit's word."""
    return (await by.ask("POST", f"/staff-filings/{filing['id']}/{word}", {"why": why})).status


async def heads(at: Office) -> tuple[Browser, Browser]:
    """The principal of the street, and of the county above it."""
    street = await at.signed_in("street", Role.PRINCIPAL, unit="市西街道")
    return street, await at.signed_in("county", Role.DEPUTY, unit="滨城区")


@pytest.mark.covers("R12.3")
async def test_who_joins_is_there_once_the_upper_unit_has_filed_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, there is no account; afterwards there is one with its role, without a password, and the log says who."""
    async with office(database_url, monkeypatch) as at:
        street, county = await heads(at)
        one = await filed(street)
        assert one["state"] == "filed"
        assert len((await county.ask("GET", "/accounts")).json["accounts"]) == 2
        assert await decided(street, one) == 403
        assert await decided(county, one) == 200
        assert await decided(county, one) == 409
        (listed,) = (await street.ask("GET", "/staff-filings")).json["filings"]
        assert (listed["state"], bool(listed["decided_by"]), listed["told"]["name"]) == ("confirmed", True, "孙七")
        account = (await county.ask("GET", f"/accounts/{listed['account']}")).json
        assert (account["login"], account["unit"], account["has_password"]) == ("sunqi", "市西街道", False)
        (grant,) = account["grants"]
        assert (grant["role"], grant["in_force"], grant["filing"]) == ("handler", True, one["id"])
        register = await at.books.tickets.register()
        assert register.people[account["id"]].name == "孙七"
        assert [one for one in await at.actions() if one.startswith("filing")] == ["filing.made", "filing.confirmed"]


@pytest.mark.covers("R12.3")
async def test_only_heads_of_the_unit_and_above_file_and_only_those_above_confirm(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler, a neighbour and the unit below do not; the county files for its street, and level 1 confirms that."""
    async with office(database_url, monkeypatch) as at:
        street, county = await heads(at)
        handler = await at.signed_in("handler", Role.HANDLER, unit="市西街道")
        neighbour = await at.signed_in("neighbour", Role.PRINCIPAL, unit="住建局")
        leader = await at.signed_in("leader", Role.LEADER)
        for other in (handler, neighbour):
            assert (await other.ask("POST", "/staff-filings", JOIN)).status == 403
        assert (await street.ask("POST", "/staff-filings", {**JOIN, "unit": "滨城区"})).status == 403
        one = await filed(county)
        for other in (handler, neighbour, street, county):
            assert await decided(other, one) == 403
        assert await decided(leader, one) == 200
        assert (await neighbour.ask("GET", "/staff-filings")).json["filings"] == []


@pytest.mark.covers("R12.3")
async def test_who_leaves_is_out_at_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when somebody gets round to it: sessions end with the report; refused, it still takes a person to undo it."""
    async with office(database_url, monkeypatch) as at:
        street, county = await heads(at)
        leaving = await at.signed_in("leaving", Role.HANDLER, unit="市西街道")
        account = (await leaving.ask("GET", "/session")).json["account"]
        told = {"change": "leave", "unit": "市西街道", "reason": "调出", "account": account}
        answer = await street.ask("POST", "/staff-filings", told)
        assert (answer.status, answer.json["state"]) == (201, "filed")
        assert (await leaving.ask("GET", "/session")).status == 401
        assert (await leaving.sign_in("leaving")).status == 401
        assert await decided(county, answer.json, "refuse", "应先办交接") == 200
        assert (await leaving.sign_in("leaving")).status == 401


@pytest.mark.covers("R12.3")
async def test_roles_change_when_it_is_filed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is taken, another given, in one step; refused, all stays as it was."""
    async with office(database_url, monkeypatch) as at:
        street, county = await heads(at)
        account = await at.account("sun", Role.HANDLER, unit="市西街道")
        told = {"name": None, "login": None, "phone": "", "change": "roles", "account": account.id}
        change = {**told, "give": ["deputy"], "take": ["handler"]}
        browser = at.browser()
        for word, after in (("refuse", ["handler"]), ("confirm", ["deputy"])):
            one = await filed(street, **change)
            assert (await browser.sign_in("sun")).json["roles"] == ["handler"]
            assert await decided(county, one, word) == 200
            assert (await browser.sign_in("sun")).json["roles"] == after


@pytest.mark.covers("R12.3")
async def test_no_unit_files_itself_into_power(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weighty roles, roles of level 1, people of other units, oneself, a login that is taken: refused when reported."""
    async with office(database_url, monkeypatch) as at:
        street, _county = await heads(at)
        mine = (await street.ask("GET", "/session")).json["account"]
        other = await at.account("other", Role.HANDLER, unit="住建局")
        roles = {"name": None, "login": None, "phone": "", "change": "roles"}
        for told, status in (
            ({"give": ["security_admin"]}, 409),
            ({"give": ["leader"]}, 409),
            ({"give": ["reviewer"]}, 409),
            ({"give": ["system"]}, 409),
            ({"give": ["king"]}, 422),
            ({"give": []}, 409),
            ({"login": "other"}, 409),
            ({"unit": "没有这个单位"}, 409),
            ({"since": "2026-12-02", "until": "2026-12-01"}, 409),
            ({**roles, "account": other.id}, 409),
            ({**roles, "account": mine, "give": ["deputy"]}, 403),
            ({**roles, "account": "nobody"}, 404),
        ):
            answer = await street.ask("POST", "/staff-filings", {**JOIN, **told})
            assert (answer.status, answer.is_problem) == (status, True), told
        assert (await street.ask("GET", "/staff-filings")).json["filings"] == []


async def test_of_two_who_decide_at_once_one_does(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirmed and refused at the same moment: one word counts, and there is one account or none."""
    async with office(database_url, monkeypatch) as at:
        street, county = await heads(at)
        leader = await at.signed_in("leader", Role.LEADER)
        one = await filed(street)
        answers = await asyncio.gather(decided(county, one), decided(leader, one, "refuse"), decided(leader, one))
        assert sorted(answers) == [200, 409, 409]
        (listed,) = (await county.ask("GET", "/staff-filings")).json["filings"]
        assert bool(listed["account"]) == (listed["state"] == "confirmed")


async def test_at_level_one_a_second_person_files(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no unit above: another leader or the security administrator confirms, never who reported it."""
    async with office(database_url, monkeypatch) as at:
        leader = await at.signed_in("leader", Role.LEADER)
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        one = await filed(leader, unit="12345", give=["agent", "callback_clerk"])
        assert await decided(leader, one) == 403
        assert await decided(security, one) == 200
