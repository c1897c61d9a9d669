"""Units, categories, catalogue, rights, calendars and rulings over HTTP: who may change what, and what does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from common import clock
from tests.case_kit import DETAILS, city
from tickets.ruleset import DEFAULT_RULES

LINE = {"category": "供暖", "lead": "城管局", "legal_basis": "《条例》第三条", "place": "滨城区"}
RIGHT = {"unit": "市西街道", "right": "return", "granted": False, "since": "2020-01-01"}
NOTICE = {
    "year": 2031,
    "days": [
        {"name": "元旦", "date": "2031-01-01", "isOffDay": True},
        {"name": "劳动节", "date": "2031-05-01", "isOffDay": True},
        {"name": "国庆节", "date": "2031-10-01", "isOffDay": True},
        {"name": "国庆节", "date": "2031-09-28", "isOffDay": False},
    ],
}


@pytest.mark.covers("R11.1")
async def test_units_are_set_up_by_level_1_and_never_moved(tmp_path: Path, database_url: str) -> None:
    """A new unit is in the tree at once; hung elsewhere, under nobody, or by another unit's token it is refused."""
    async with city(tmp_path, database_url) as at:
        path = f"/units/{quote('彭李街道')}"
        body = {"name": "彭李街道办事处", "kind": "township", "parent": "滨城区", "duty_phones": ["05433000001"]}
        assert (await at.send("PUT", path, body)).status == 200
        units = {one["id"]: one for one in (await at.get("/units")).json["units"]}
        assert (units["彭李街道"]["parent"], units["彭李街道"]["duty_phones"]) == ("滨城区", ["0543****001"])
        for wrong, token, status in (
            ({**body, "parent": "住建局"}, "correct-horse", 409),
            ({**body, "parent": "无此单位"}, "correct-horse", 409),
            (body, "county", 403),
            ({**body, "kind": "kingdom"}, "correct-horse", 422),
        ):
            assert (await at.send("PUT", path, wrong, token)).status == status
        assert {one["id"]: one for one in (await at.get("/units")).json["units"]} == units


@pytest.mark.covers("R14.1")
async def test_a_category_says_what_a_ticket_of_it_needs(tmp_path: Path) -> None:
    """What it requires is asked for at the next dispatch; a category cannot hang under itself."""
    async with city(tmp_path) as at:
        path = f"/categories/{quote('供暖')}"
        assert (await at.send("PUT", path, {"name": "供热采暖", "required": ["户号"]})).status == 200
        number = await at.open()
        refused = await at.move(number, "dispatch", unit="住建局", basis="派单目录")
        assert (refused.status, "户号" in refused.json["detail"]) == (409, True)
        assert (await at.send("PUT", path, {"name": "供热采暖", "parent": "供暖"})).status == 409
        told = {"details": {**DETAILS, "fields": {"户号": "0543-1"}}}
        assert (await at.send("PUT", f"/tickets/{number}/details", told, seen='"1"')).status == 200
        assert (await at.move(number, "dispatch", unit="住建局", basis="派单目录")).status == 201


@pytest.mark.covers("R21.0")
async def test_the_nearer_line_of_the_catalogue_comes_first(tmp_path: Path) -> None:
    """A line for a place goes before the one for the whole city, and the desk holds to it."""
    async with city(tmp_path) as at:
        assert (await at.send("POST", "/catalogue", LINE)).status == 201
        lines = (await at.get("/catalogue?category=供暖&place=滨城区")).json["lines"]
        assert [line["lead"] for line in lines] == ["城管局", "住建局"]
        assert (await at.move(await at.open(), "dispatch", unit="住建局", basis="目录")).status == 409
        assert (await at.send("POST", "/catalogue", {**LINE, "lead": "无此单位"})).status == 409
        assert (await at.send("POST", "/catalogue", LINE, "housing")).status == 403


@pytest.mark.covers("R18", "R19")
async def test_a_level_2_says_what_its_level_3_may_do(tmp_path: Path) -> None:
    """Its head grants and takes; the unit itself, a neighbour or a clerk may not."""
    async with city(tmp_path) as at:
        given = await at.send("POST", "/delegations", RIGHT, "county")
        assert (given.status, given.json["by"]) == (201, "u-county")
        assert (await at.get("/delegations")).json["delegations"] == [given.json]
        for token in ("street", "urban", "agent"):
            assert (await at.send("POST", "/delegations", RIGHT, token)).status == 403


async def test_a_years_notice_is_imported(tmp_path: Path) -> None:
    """Once imported its days count; a file that is no whole year is refused and names what is missing."""
    async with city(tmp_path) as at:
        body = {"format": "json", "text": json.dumps(NOTICE), "source": "国办发明电〔2030〕1号"}
        done = await at.send("POST", "/calendars", body)
        assert (done.status, done.json["year"], done.json["workdays"]) == (201, 2031, {"2031-09-28": "国庆节"})
        assert done.json["version"] in [one["version"] for one in (await at.get("/calendars")).json["calendars"]]
        # Friday the 26th; the Sunday is a make-up day and counts.
        dates = (await at.get("/deadlines?received=2031-09-26T10:00")).json["dates"]
        assert {one["name"]: one["on"] for one in dates}["return_by"] == "2031-09-29"
        short = {**body, "text": json.dumps({"year": 2031, "days": NOTICE["days"][:1]})}  # type: ignore[index]  # a list
        refused = await at.send("POST", "/calendars", short)
        assert (refused.status, refused.json["type"]) == (422, "urn:hotline12345:problem:bad-calendar")
        assert "劳动节" in refused.json["detail"]
        for text in ("[" * 20_000, "BEGIN:VCALENDAR", '{"year":1e400,"days":[]}', "1" * 9_000):
            for kind in ("json", "ics"):
                assert (await at.send("POST", "/calendars", {**body, "format": kind, "text": text})).status == 422
        assert (await at.send("POST", "/calendars", body, "housing")).status == 403


@pytest.mark.covers("R21.3")
async def test_a_ruling_is_listed_and_has_changed_the_catalogue(tmp_path: Path) -> None:
    """After a second return a ruling names the unit; it is listed with its basis and now leads the catalogue."""
    async with city(tmp_path) as at:
        number = await at.signed()
        why = {"reason": "非本单位职责", "basis": "三定方案", "suggestion": "转城管局"}
        for token, move, told in (
            ("housing", "request_return", why),
            ("correct-horse", "refuse_return", {"reason": "属你单位"}),
            ("housing", "request_adjudication", why),
            ("bianban", "rule", {"ruling": "由城管局办理", "basis": "编办意见", "unit": "城管局"}),
        ):
            answer = await at.move(number, move, token, **told)
            assert answer.status == 201, answer.body.decode()
        (ruling,) = (await at.get("/rulings?category=供暖")).json["rulings"]
        assert (ruling["ticket"], ruling["unit"], ruling["basis"]) == (number, "城管局", "编办意见")
        lines = (await at.get("/catalogue?category=供暖&place=滨城区")).json["lines"]
        assert (lines[0]["lead"], lines[0]["source"][:2]) == ("城管局", "裁定")


async def test_dates_go_by_the_civil_day(tmp_path: Path) -> None:
    """At seven in the morning of its first day a new set of rules holds, although in UTC it is still the day before."""
    async with city(tmp_path) as at:
        fresh = replace(DEFAULT_RULES, version="2026-11", valid_from=date(2026, 11, 25))
        await at.desk.at.tickets.put(DEFAULT_RULES, fresh, at=clock.now())
        for received, version in (("2026-11-24T23:59", DEFAULT_RULES.version), ("2026-11-25T07:00", "2026-11")):
            assert (await at.get(f"/deadlines?received={received}")).json["rules_version"] == version
