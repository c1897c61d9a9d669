"""Roles are given by others, the weighty ones by two people; keepers of the house hold nothing else."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from access.granting import BELOW, LEVEL_ONE, WEIGHTY
from common.api.caller import Scope
from common.roles import KEEPERS, NOBODYS, Role
from tests.access_kit import PASSWORD, Browser, Office, office
from tickets.workflow_terms import Role as TicketRole


async def give(by: Browser, account: str, role: Role, **told: object) -> tuple[int, Any]:
    """Give a role over HTTP."""
    answer = await by.ask("POST", f"/accounts/{account}/grants", {"role": role.value, "reason": "工作需要", **told})
    return answer.status, answer.json


async def roles(at: Office, login: str) -> list[str]:
    """The roles with which somebody is in after signing in."""
    answer = await at.browser().sign_in(login)
    assert answer.status == 201
    found: list[str] = answer.json["roles"]
    return found


def test_every_role_has_its_place() -> None:
    """Each is held at level 1 or below it; nothing is left over, and weighty ones are of level 1."""
    assert frozenset(Role) - NOBODYS == LEVEL_ONE | BELOW
    assert not LEVEL_ONE & BELOW
    assert WEIGHTY <= LEVEL_ONE
    assert TicketRole is Role
    assert {one.value for one in Scope} == {"read", "write", "account"}


@pytest.mark.covers("R12.3")
async def test_accounts_and_roles_come_from_different_people(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who makes accounts gives no role, who gives roles makes no account, and an agent does neither."""
    async with office(database_url, monkeypatch) as at:
        admin = await at.signed_in("admin", Role.SYSTEM_ADMIN)
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        agent = await at.signed_in("wang", Role.AGENT)
        told = {"login": "li.si", "name": "李四", "unit": "12345"}
        for other in (security, agent):
            assert (await other.ask("POST", "/accounts", told)).status == 403
        answer = await admin.ask("POST", "/accounts", told)
        assert answer.status == 201
        account = answer.json
        assert (account["has_password"], account["login"]) == (False, "li.si")
        assert (await admin.ask("POST", "/accounts", {**told, "login": "LI.SI"})).status == 409
        assert (await admin.ask("POST", "/accounts", {**told, "login": "xy"})).status == 422
        assert (await admin.ask("POST", "/accounts", {**told, "login": "xyz", "unit": "没有"})).status == 409
        assert (await give(admin, account["id"], Role.AGENT))[0] == 403
        assert (await give(agent, account["id"], Role.AGENT))[0] == 403
        status, shown = await give(security, account["id"], Role.AGENT)
        assert (status, shown["state"], shown["in_force"]) == (201, "held", True)
        first = (await admin.ask("POST", f"/accounts/{account['id']}/password")).json["password"]
        browser = at.browser()
        await browser.sign_in("li.si", first)
        done = await browser.ask("POST", "/session/password", {"old": first, "new": PASSWORD})
        assert (done.json["stage"], done.json["roles"]) == ("open", ["agent"])
        actions = await at.actions()
        assert {"account.made", "grant.made", "account.password_reset", "account.password_changed"} <= set(actions)


@pytest.mark.covers("R12.3")
async def test_nobody_does_it_to_themselves(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a role, confirm one, block, reset the password, drop the second factor: not one's own."""
    async with office(database_url, monkeypatch) as at:
        for login, role in (("admin", Role.SYSTEM_ADMIN), ("sec", Role.SECURITY_ADMIN)):
            me = await at.signed_in(login, role)
            mine = (await me.ask("GET", "/session")).json["account"]
            assert (await give(me, mine, Role.AUDITOR))[0] == 403
            for path, body in (
                ("block", {"reason": "测试"}),
                ("unblock", {"reason": "测试"}),
                ("password", None),
                ("second-factor/drop", {"reason": "测试"}),
            ):
                assert (await me.ask("POST", f"/accounts/{mine}/{path}", body)).status == 403, path


@pytest.mark.covers("R12.3")
@pytest.mark.parametrize("role", sorted(WEIGHTY))
async def test_weighty_roles_take_two_people(database_url: str, monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    """Proposed it is worth nothing; neither the proposer nor the one concerned confirms it; a second one does, once."""
    async with office(database_url, monkeypatch) as at:
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        second = await at.signed_in("zhang", Role.LEADER)
        agent = await at.signed_in("wang", Role.AGENT)
        account = await at.account("li")
        status, grant = await give(security, account.id, role)
        assert (status, grant["state"]) == (201, "proposed")
        assert await roles(at, "li") == []
        for who in (security, agent):
            assert (await who.ask("POST", f"/grants/{grant['id']}/confirm")).status == 403
        answers = await asyncio.gather(*(second.ask("POST", f"/grants/{grant['id']}/confirm") for _ in range(3)))
        assert sorted(one.status for one in answers) == [200, 409, 409]
        assert await roles(at, "li") == [role.value]


@pytest.mark.covers("R12.3")
async def test_keepers_hold_nothing_else(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither another role beside one of the three, nor one of the three beside another; also when given at once."""
    async with office(database_url, monkeypatch) as at:
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        for held in sorted(KEEPERS):
            account = await at.account(f"keeper-{held.value}".replace("_", "-"), held)
            for more in (Role.AGENT, *sorted(KEEPERS)):
                assert (await give(security, account.id, more))[0] == 409, (held, more)
        agent = await at.account("wang", Role.AGENT)
        for keeper in sorted(KEEPERS):
            assert (await give(security, agent.id, keeper))[0] == 409
        fresh = await at.account("fresh")
        answers = await asyncio.gather(*(give(security, fresh.id, one) for one in (*sorted(KEEPERS), Role.AGENT)))
        assert sorted(status for status, _ in answers) == [201, 409, 409, 409]


async def test_roles_fit_the_unit(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler is of a unit, a reviewer of level 1; the caller and the system are nobody's roles; none twice."""
    async with office(database_url, monkeypatch) as at:
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        inside, outside = await at.account("wang"), await at.account("li", unit="住建局")
        for role in sorted(Role):
            here, there = (await give(security, inside.id, role))[0], (await give(security, outside.id, role))[0]
            if role in KEEPERS:
                continue
            assert (here == 201) == (role in LEVEL_ONE or role is Role.EXPERT), role
            assert (there == 201) == (role in BELOW), role
        assert (await give(security, outside.id, Role.HANDLER))[0] == 409


async def test_a_role_has_its_days(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first day to the day before the last, by the clock on the wall, without anybody's doing."""
    async with office(database_url, monkeypatch) as at:
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        account = await at.account("wang")
        told = {"since": "2026-11-26", "until": "2026-11-28"}
        assert (await give(security, account.id, Role.AGENT, **told))[0] == 201
        assert (await give(security, account.id, Role.CALLBACK_CLERK, until="2026-11-01"))[0] == 409
        seen = []
        for _ in range(6):
            seen.append(await roles(at, "wang"))
            at.clock.on(days=1)
        assert seen == [[], [], ["agent"], ["agent"], [], []]


@pytest.mark.covers("R15.1")
async def test_a_guest_has_a_role_for_one_session(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that window, until the hour that was said or they sign out; in another window and tomorrow they have none."""
    async with office(database_url, monkeypatch) as at:
        supervisor = await at.signed_in("shift", Role.SHIFT_SUPERVISOR)
        account = await at.account("li", Role.HANDLER, unit="住建局")

        async def ask(role: str = "expert", hours: int = 3) -> int:
            ends = (at.clock.at + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
            body = {"role": role, "reason": "进驻大厅", "ends_at": ends}
            return (await supervisor.ask("POST", f"/accounts/{account.id}/session-grants", body)).status

        assert await ask() == 409
        hall, desk = at.browser(), at.browser()
        await desk.sign_in("li")
        at.clock.on(seconds=1)
        await hall.sign_in("li")
        assert (await ask("reviewer"), await ask(hours=13), await ask(hours=-1), await ask()) == (409, 409, 409, 201)
        assert (await hall.ask("GET", "/session")).json["roles"] == ["expert", "handler"]
        assert (await desk.ask("GET", "/session")).json["roles"] == ["handler"]
        register = await at.books.tickets.register()
        assert [one.role for one in register.memberships if one.person == account.id] == [Role.HANDLER]
        for _ in range(9):
            at.clock.on(minutes=20)
            shown = await hall.ask("GET", "/session")
            assert (await supervisor.ask("GET", "/session")).status == 200
        assert shown.json["roles"] == ["handler"]
        assert await ask() == 201
        assert (await hall.ask("DELETE", "/session")).status == 200
        assert await roles(at, "li") == ["handler"]


@pytest.mark.covers("R12.2")
async def test_the_register_knows_the_same_people(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, telephone and roles reach the register with the change itself; who is blocked is nobody's contact."""
    async with office(database_url, monkeypatch) as at:
        account = await at.account("lisi", Role.PRINCIPAL, unit="住建局")
        admin, security = await at.signed_in("admin", Role.SYSTEM_ADMIN), await at.signed_in("sec", Role.SECURITY_ADMIN)
        told = {"login": "lisi", "name": "李四", "phone": "05433000009"}
        assert (await admin.ask("PUT", f"/accounts/{account.id}", told)).status == 200
        today = date(2026, 11, 24)

        async def heads() -> list[str]:
            register = await at.books.tickets.register()
            return [f"{one.name} {one.phone}" for one in register.holders("住建局", [Role.PRINCIPAL], today)]

        assert await heads() == ["李四 05433000009"]
        assert (await admin.ask("POST", f"/accounts/{account.id}/block", {"reason": "停职"})).status == 200
        assert await heads() == []
        assert (await security.ask("POST", f"/accounts/{account.id}/unblock", {"reason": "复职"})).status == 200
        assert await heads() == ["李四 05433000009"]
        shown = (await security.ask("GET", f"/accounts/{account.id}")).json
        revoke = f"/grants/{shown['grants'][0]['id']}/revoke"
        assert (await security.ask("POST", revoke, {"reason": "调离"})).status == 200
        assert await heads() == []
        assert (await security.ask("POST", revoke, {"reason": "调离"})).status == 409


async def test_heads_see_their_own_people(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of their unit and those below it; of others not even that they exist; an agent sees no list."""
    async with office(database_url, monkeypatch) as at:
        head = await at.signed_in("head", Role.PRINCIPAL, unit="滨城区")
        street = await at.account("street", Role.HANDLER, unit="市西街道")
        other = await at.account("other", Role.HANDLER, unit="住建局")
        agent, auditor = await at.signed_in("wang", Role.AGENT), await at.signed_in("audit", Role.AUDITOR)
        listed = (await head.ask("GET", "/accounts")).json["accounts"]
        assert {one["login"] for one in listed} == {"head", "street"}
        assert (await head.ask("GET", "/accounts?unit=住建局")).json["accounts"] == []
        assert (await head.ask("GET", f"/accounts/{street.id}")).status == 200
        assert (await head.ask("GET", f"/accounts/{other.id}")).status == 404
        assert (await agent.ask("GET", "/accounts")).status == 403
        everybody = await auditor.ask("GET", "/accounts")
        assert len(everybody.json["accounts"]) == 5
        assert b"argon2" not in everybody.body


async def test_an_administrator_opens_what_wrong_tries_have_shut(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlocked, the owner gets in at once; and after a telephone was lost, with a new one."""
    async with office(database_url, monkeypatch) as at:
        admin, security = await at.signed_in("admin", Role.SYSTEM_ADMIN), await at.signed_in("sec", Role.SECURITY_ADMIN)
        account = await at.account("zhang", Role.LEADER)
        browser = at.browser()
        await browser.sign_in("zhang")
        await browser.bind()
        for _ in range(6):
            await at.browser().sign_in("zhang", "wrong")
        assert (await at.browser().sign_in("zhang")).status == 429
        assert (await security.ask("POST", f"/accounts/{account.id}/unlock")).status == 403
        assert (await admin.ask("POST", f"/accounts/{account.id}/unlock")).status == 200
        assert (await at.browser().sign_in("zhang")).json["stage"] == "code"
        drop = f"/accounts/{account.id}/second-factor/drop"
        assert (await admin.ask("POST", drop, {"reason": "手机丢失"})).status == 403
        assert (await security.ask("POST", drop, {"reason": "手机丢失"})).status == 200
        assert (await browser.ask("GET", "/session")).status == 401
        assert (await at.browser().sign_in("zhang")).json["stage"] == "enrol"


async def test_changes_of_accounts_ask_who_you_are_when_it_was_long_ago(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator's window that was left open changes nothing."""
    async with office(database_url, monkeypatch) as at:
        security = await at.signed_in("sec", Role.SECURITY_ADMIN)
        account = await at.account("wang")
        at.clock.on(minutes=15)
        status, problem = await give(security, account.id, Role.AGENT)
        assert (status, problem["type"].rsplit(":", 1)[1]) == (403, "proof")
        assert await roles(at, "wang") == []
