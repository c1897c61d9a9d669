"""Who sees what of a ticket: own and lower units, contacts while it is in hand, named readers, the complained of."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests import city as streets
from tests import files_kit
from tests.case_kit import ANSWER, DETAILS, City, city
from tests.http_kit import TOKEN
from tickets.errors import NotForUnitsError, NotReadyError
from tickets.protecting import NOT_YET
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

OF_STREET = {**DETAILS, "category": "街道"}
REVEAL = "reveal=" + quote("回拨核实")


async def with_street(at: City, **details: Any) -> str:
    """A ticket that the street has in hand, through its county."""
    number = await at.open(details={**OF_STREET, **details})
    told = {"unit": "滨城区", "basis": "属地"} | ({"for_unit": "供暖不热"} if details.get("hide_identity") else {})
    steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("dispatch", TOKEN, told),
        ("sign", "county", {}),
        ("pass_down", "county", {"unit": "市西街道"}),
        ("sign", "street", {}),
    )
    for move, token, facts in steps:
        answer = await at.move(number, move, token, **facts)
        assert answer.status == 201, answer.body.decode()
    return number


async def close(at: City, number: str) -> None:
    """Answered by the street, looked at by the county, closed."""
    for move, token, facts in (
        ("submit_answer", "street", ANSWER),
        ("approve_answer", "county", {}),
        ("close", TOKEN, {"callback": "satisfied", "solved": True}),
    ):
        assert (await at.move(number, move, token, **facts)).status == 201


async def listed(at: City, token: str, query: str = "") -> list[str]:
    """The numbers in somebody's list."""
    return [one["number"] for one in (await at.get(f"/tickets?{query}", token)).json["tickets"]]


async def who(at: City, number: str, token: str) -> tuple[str, str, str, str]:
    """Name, contact, number and address as somebody reads them who gives a reason."""
    one = (await at.get(f"/tickets/{number}?{REVEAL}", token)).json
    return one["caller_name"], one["contact"], one["caller_number"], one["address"]


ALL_OF_IT = ("王小明", "13854301001", "13854301001", "黄河五路一号")
NOTHING = ("", "", "", "")


@pytest.mark.covers("R14.8")
async def test_a_unit_sees_its_own_tickets_and_those_of_its_lower_units(tmp_path: Path, database_url: str) -> None:
    """The county those of its street, in every list; the street not those of the county; another unit neither."""
    async with city(tmp_path, database_url) as at:
        number = await with_street(at)
        own = await at.open(details=OF_STREET)
        assert (await at.move(own, "dispatch", unit="滨城区", basis="属地")).status == 201
        assert await listed(at, "county") == [own, number]
        assert await listed(at, "county", "limit=1") == [own]
        assert await listed(at, "county", "unit=" + quote("市西街道")) == await listed(at, "street") == [number]
        assert await listed(at, "street", "unit=" + quote("滨城区")) == await listed(at, "urban") == []
        for token, found in (("county", [own, number]), ("street", [number]), ("urban", [])):
            export = (await at.get("/exports/tickets.csv", token)).body.decode("utf-8-sig")
            assert [row["工单编号"] for row in csv.DictReader(io.StringIO(export))] == found
            hits = (await at.get(f"/search/tickets?query={quote('供暖管道')}", token)).json["hits"]
            assert [one["ticket"]["number"] for one in hits] == found
        await close(at, number)
        for token, count in (("county", 1), ("street", 1), ("urban", 0)):
            shelves = (await at.get("/archive", token)).json["shelves"]
            assert sum(one["count"] for one in shelves) == count
        assert (await at.get(f"/tickets/{number}", "county")).status == 200
        assert (await at.get(f"/tickets/{own}", "street")).status == 404


@pytest.mark.covers("R25.2", "A16")
async def test_who_called_is_known_to_a_unit_only_while_it_has_the_ticket(tmp_path: Path, database_url: str) -> None:
    """Masked, in full with a reason; the county while it has it or reviews; nobody below level 1 once it is closed."""
    async with city(tmp_path, database_url) as at:
        number = await with_street(at)
        plain = (await at.get(f"/tickets/{number}", "street")).json
        assert (plain["caller_name"], plain["contact"], plain["caller_number"]) == ("王*", "138****1001", "138****1001")
        assert await who(at, number, "street") == ALL_OF_IT
        assert await who(at, number, "county") == NOTHING
        assert (await at.move(number, "submit_answer", "street", **ANSWER)).status == 201
        assert await who(at, number, "county") == await who(at, number, "street") == ALL_OF_IT
        assert (await at.move(number, "approve_answer", "county")).status == 201
        assert (await at.move(number, "close", callback="satisfied", solved=True)).status == 201
        for token in ("street", "county"):
            assert await who(at, number, token) == NOTHING
            for path in ("/tickets", "/exports/tickets.csv"):
                body = (await at.get(f"{path}?{REVEAL}", token)).body.decode()
                assert number in body
                assert not [one for one in (*ALL_OF_IT, "138****1001") if one in body]
        assert await who(at, number, TOKEN) == ALL_OF_IT


@pytest.mark.covers("R25.2")
async def test_a_unit_cannot_ask_by_the_number_of_a_caller(tmp_path: Path) -> None:
    """Whether somebody has called is not to be guessed number by number; level 1 may ask."""
    async with city(tmp_path) as at:
        number = await with_street(at, hide_identity=True)
        assert await listed(at, "street", "number=13854301001") == []
        assert await listed(at, TOKEN, "number=13854301001") == [number]


@pytest.mark.covers("A16")
async def test_a_unit_complained_of_later_loses_every_sight_of_it(tmp_path: Path, database_url: str) -> None:
    """The street that handles it turns out to be the one complained of: for it there is no such ticket any more."""
    async with city(tmp_path, database_url) as at:
        number = await with_street(at)
        other = await with_street(at)
        body = {"details": {**OF_STREET, "about": "市西街道"}}
        assert (await at.send("PUT", f"/tickets/{number}/details", body, seen=await at.seen(number))).status == 200
        assert (await at.move(number, "urge", role="caller")).status == 201
        unknown = (await at.get("/tickets/20261124-999999", "street")).body
        for rest in ("", "/deadlines", "/links", "/attachments"):
            answer = await at.get(f"/tickets/{number}{rest}", "street")
            assert (answer.status, answer.body) == (404, unknown)
        assert (await at.move(number, "submit_answer", "street", seen='"9"', **ANSWER)).status == 404
        assert await listed(at, "street") == [other]
        assert (await at.get("/tickets?limit=1", "street")).json["next"] is None
        for path in ("/reminders", "/search/tickets?query=" + quote("供暖"), "/exports/tickets.csv", "/emergencies"):
            assert number not in (await at.get(path, "street")).body.decode(), path
        told = await at.send("POST", "/search/similar", {"text": DETAILS["matter"]}, "street")
        assert [one["ticket"] for one in told.json["tickets"]] == [other]
        assert number in await listed(at, "county")


@pytest.mark.covers("A16", "R21.2", "R21.3")
async def test_no_way_leads_a_complaint_to_the_unit_its_lower_or_its_superiors(database_url: str) -> None:
    """Neither passed down, signed, named, ruled by or to them; the clerk's advice does not suggest them."""
    async with streets.city(database_url) as at:
        desk = at.books.desk
        ticket = await at.signed("滨城区")
        about = streets.lamp(about="北镇街道")
        await desk.describe(ticket.id, at.acting(streets.REVIEWER), about)
        with pytest.raises(NotReadyError, match="同属一个上级,不得派给"):
            await at.do(ticket, Move.PASS_DOWN, streets.handler("滨城区"), Facts(unit="市西街道"))
        offered = await at.dispatched("城管局")
        await desk.describe(offered.id, at.acting(streets.REVIEWER), streets.lamp(about="城管局"))
        with pytest.raises(NotReadyError, match="诉求反映的是「市城市管理局」"):
            await at.do(offered, Move.SIGN, streets.handler("城管局"))
        back = await at.do(offered, Move.RECALL, streets.REVIEWER, Facts(reason="反映的就是该局"))
        assert back.unit == "12345"
        heating = await at.submitted(streets.heating(about="住建局"))
        assert (await desk.advice(heating.id, at.now)).lines == ()
        plain = await at.submitted(streets.heating())
        assert [line.lead for line in (await desk.advice(plain.id, at.now)).lines] == ["住建局"]
        told = [row for row in await at.told(offered, "unit") if "城管局" in row]
        assert len(told) == 1, "what it was told before is all"


@pytest.mark.covers("A16")
async def test_a_reviewer_confirms_what_units_get(tmp_path: Path, database_url: str) -> None:
    """Proposed to level 1 alone, refused while it tells, withdrawn when it turns out to; released files are shown."""
    async with city(tmp_path, database_url) as at:
        matter = "我叫王小明，家住黄河五路一号，暖气不热"
        number = await with_street(at, hide_identity=True, matter=matter)
        place = f"/tickets/{number}/for-units"
        for token in ("street", "county", "agent"):
            assert (await at.get(place, token)).status == 403
        shown = (await at.get(place)).json
        assert (shown["protected"], shown["text"]) == (True, "供暖不热")
        assert "王小明" not in shown["proposal"]
        assert "王小明" in shown["marked"]
        file = await at.desk.bring(f"/api/v1/tickets/{number}/attachments?name={quote('证据.png')}", files_kit.PNG)
        body: dict[str, Any] = {"text": "有人反映黄河五路一号暖气不热", "released": []}
        refused = await at.send("PUT", place, body, seen=await at.seen(number))
        assert (refused.status, refused.is_problem) == (409, True)
        body = {"text": "老小区暖气不热，房主姓赵钱孙", "released": ["0" * 32]}
        assert (await at.send("PUT", place, body, seen=await at.seen(number))).status == 409
        body["released"] = [file.json["id"]]
        assert (await at.send("PUT", place, body, seen=await at.seen(number))).status == 200
        read = (await at.get(f"/tickets/{number}", "street")).json
        assert (read["matter"], read["for_unit"]) == (body["text"], body["text"])
        files = (await at.get(f"/tickets/{number}/attachments", "street")).json["attachments"]
        assert [one["id"] for one in files] == body["released"]
        learnt = {**OF_STREET, "matter": matter, "hide_identity": True, "caller_name": "赵钱孙"}
        told = await at.send("PUT", f"/tickets/{number}/details", {"details": learnt}, seen=await at.seen(number))
        assert told.status == 200
        answer = await at.get(f"/tickets/{number}", "street")
        assert answer.json["matter"] == NOT_YET
        assert "赵钱孙" not in answer.body.decode()


@pytest.mark.covers("A16")
async def test_a_report_goes_nowhere_before_its_text_is_confirmed(database_url: str) -> None:
    """Protected only after it was sent: it is neither passed down nor given to co-handlers until it is looked at."""
    async with streets.city(database_url) as at:
        ticket = await at.signed("滨城区")
        await at.books.desk.describe(ticket.id, at.acting(streets.REVIEWER), streets.lamp(hide_identity=True))
        with pytest.raises(NotForUnitsError, match="先由一级机构确认") as refused:
            await at.do(ticket, Move.PASS_DOWN, streets.handler("滨城区"), Facts(unit="市西街道"))
        assert refused.value.proposal == "", "the proposal is level 1's: a machine overlooks things"
        with pytest.raises(NotForUnitsError) as refused:
            await at.do(ticket, Move.NAME_CO_HANDLERS, streets.REVIEWER, Facts(co_handlers=("城管局",)))
        assert refused.value.proposal == "路灯不亮"
        await at.books.desk.confirm_for_units(ticket.id, at.acting(streets.REVIEWER), "路灯不亮")
        assert (await at.do(ticket, Move.PASS_DOWN, streets.handler("滨城区"), Facts(unit="市西街道"))).case.offered_to


@pytest.mark.covers("R25.1")
async def test_a_confidential_ticket_is_for_those_who_were_named(tmp_path: Path, database_url: str) -> None:
    """The leader names them with a reason, which stays in the history; the next naming replaces the last."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(confidential=True)
        place = f"/tickets/{number}/readers"
        assert (await at.get(f"/tickets/{number}", "reader")).status == 404
        for token, status in (("agent", 403), ("street", 403)):
            assert (await at.send("POST", place, {"readers": ["u-reader"], "reason": "核查"}, token)).status == status
        answer = await at.send("POST", place, {"readers": ["u-reader", "u-street"], "reason": "核查"})
        assert (answer.status, answer.json["readers"]) == (201, ["u-reader", "u-street"])
        read = (await at.get(f"/tickets/{number}", "reader")).json
        assert read["readers"] == ["u-reader", "u-street"]
        assert read["history"][-1]["why"] == "指定2人阅看保密工单：核查"
        # Named or not: a unit that has nothing to do with it has nothing to read, and lists never have it.
        for token in ("street", "agent", TOKEN):
            assert (await at.get(f"/tickets/{number}", token)).status == 404
        assert await listed(at, "reader") == []
        assert (await at.send("POST", place, {"readers": [], "reason": "核查完毕"})).status == 201
        assert (await at.get(f"/tickets/{number}", "reader")).status == 404
        plain = await at.open()
        refused = await at.send("POST", f"/tickets/{plain}/readers", {"readers": ["u-reader"], "reason": "核查"})
        assert (refused.status, refused.is_problem) == (409, True)
        assert (await at.send("POST", "/tickets/20261124-999999/readers", {"readers": [], "reason": "x"})).status == 404
