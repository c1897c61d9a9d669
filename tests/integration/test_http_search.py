"""Tickets are found by their words over HTTP, by those who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Connection

from tests.case_kit import DETAILS, City, city
from tests.http_kit import TOKEN


async def search(at: City, query: str, token: str = TOKEN, **more: str | int) -> Any:
    """What a search answers."""
    answer = await at.get(f"/search/tickets?{urlencode({'query': query, **more})}", token)
    assert answer.status == 200, answer.body.decode()
    return answer.json


async def found(at: City, query: str, token: str = TOKEN, **more: str | int) -> list[str]:
    """The numbers of what is found, in order."""
    return [hit["ticket"]["number"] for hit in (await search(at, query, token, **more))["hits"]]


def details(**changed: object) -> dict[str, object]:
    """A matter like the usual one, but for what is said."""
    return {**DETAILS, **changed}


@pytest.mark.covers("R14.8")
async def test_a_unit_finds_its_own_tickets_and_no_others(tmp_path: Path, database_url: str) -> None:
    """The unit that has it and those it came through find it, level 1 finds all; naming a unit opens no other's."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        passed = await at.open(details=details(category="街道"))
        assert (await at.move(passed, "dispatch", unit="滨城区", basis="属地", reason="整区停暖")).status == 201
        assert (await at.move(passed, "sign", "county")).status == 201
        assert (await at.move(passed, "pass_down", "county", unit="市西街道")).status == 201
        assert await found(at, "供暖") == [passed, number]
        assert await found(at, "供暖", "housing") == await found(at, "供暖", "housing", unit="住建局") == [number]
        assert await found(at, "供暖", "county") == await found(at, "供暖", "street") == [passed]
        assert await found(at, "供暖", "county", unit="市西街道") == [passed]
        assert await found(at, "供暖", "urban") == await found(at, "供暖", "urban", unit="住建局") == []
        assert await found(at, "供暖", "street", unit="滨城区") == await found(at, "供暖", unit="无此单位") == []
        assert await found(at, "供暖", unit="住建局") == [number]


@pytest.mark.covers("R25.1")
async def test_a_confidential_ticket_is_never_found(tmp_path: Path, database_url: str) -> None:
    """Neither one that was confidential from the first, nor one that became so behind the index's back."""
    async with city(tmp_path, database_url) as at:
        await at.open(confidential=True)
        assert await found(at, "供暖") == []
        number = await at.open()
        assert await found(at, "供暖") == [number]

        def mark(connection: Connection) -> None:
            connection.exec_driver_sql("UPDATE tickets SET confidential = true")

        await at.desk.at.database.write(mark)
        for order in ("newest", "relevance"):
            answer = await search(at, "供暖", order=order)
            assert (answer["hits"], answer["next"]) == ([], None)


@pytest.mark.covers("R25.2")
async def test_numbers_are_masked_and_each_search_is_audited(tmp_path: Path, database_url: str) -> None:
    """Full numbers need a reason; excerpts never hold one; the audit says who found what, if anything."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(details=details(matter="供暖不热，请回电13854301001"))
        before = len(await at.desk.audited())
        masked = await at.get("/search/tickets?query=供暖")
        assert b"13854301001" not in masked.body
        (hit,) = masked.json["hits"]
        assert hit["ticket"]["caller_number"] == "138****1001"
        assert "供暖不热" in hit["excerpt"]
        (shown,) = (await search(at, "供暖", reveal="回拨核实"))["hits"]
        assert (shown["ticket"]["caller_number"], shown["excerpt"]) == ("13854301001", hit["excerpt"])
        nothing = await search(at, "13854301001")
        assert (nothing["hits"], nothing["searchable"]) == ([], False)
        assert (await search(at, "路灯"))["searchable"] is True
        assert (await at.desk.audited())[before:] == [
            ("tickets.search", number, ""),
            ("tickets.search", number, "回拨核实"),
        ]


async def test_a_unit_does_not_learn_who_asked_to_be_hidden(tmp_path: Path, database_url: str) -> None:
    """The matter is found and shown; the number is not shown and the address is found by nobody (A16)."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(details=details(hide_identity=True))
        told = {"unit": "住建局", "basis": "派单目录", "for_unit": "小区供暖管道漏水"}
        assert (await at.move(number, "dispatch", **told)).status == 201
        (hit,) = (await search(at, "供暖", "housing", reveal="回拨核实"))["hits"]
        assert (hit["ticket"]["number"], hit["ticket"]["caller_number"]) == (number, "")
        assert await found(at, "黄河五路", "housing") == await found(at, "黄河五路") == []


async def test_conditions_narrow_a_search(tmp_path: Path, database_url: str) -> None:
    """Words must all be there; state, category, open or not, and times narrow further."""
    async with city(tmp_path, database_url) as at:
        number = await at.open()
        lamp = await at.open(details=details(matter="路灯不亮", category=""))
        assert await found(at, "黄河五路") == [lamp, number]
        assert await found(at, "黄河五路 路灯") == [lamp]
        assert await found(at, "黄河五路", category="供暖") == [number]
        assert await found(at, "黄河五路", status="awaiting_review", open="true") == [lamp, number]
        assert await found(at, "黄河五路", status="closed") == await found(at, "黄河五路", open="false") == []
        assert await found(at, "黄河五路", since="2020-01-01", until="2199-12-31") == [lamp, number]
        assert await found(at, "黄河五路", since="2199-12-31") == await found(at, "黄河五路", until="2020-01-01") == []


@pytest.mark.parametrize("order", ["newest", "relevance"])
async def test_pages_of_a_search_follow_each_other(order: str, tmp_path: Path, database_url: str) -> None:
    """Following next gives every ticket once and ends, though others come meanwhile."""
    async with city(tmp_path, database_url) as at:
        opened = [await at.open() for _ in range(5)]
        seen: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = await search(at, "供暖", order=order, limit=2, **more)
            seen += [hit["ticket"]["number"] for hit in page["hits"]]
            if page["next"] is None:
                break
            await at.open()
            more = {"cursor": page["next"]}
        assert seen == opened[::-1]


async def test_the_best_comes_first_if_asked_for(tmp_path: Path, database_url: str) -> None:
    """What has the word in its first sentence comes before newer ones that only mention it."""
    async with city(tmp_path, database_url) as at:
        about = await at.open(details=details(matter="井盖缺失。请尽快处理"))
        beside = await at.open(details=details(matter="道路积水严重，车辆难行。旁边有井盖"))
        assert await found(at, "井盖") == [beside, about]
        assert await found(at, "井盖", order="relevance") == [about, beside]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "query=",
        "query=" + "供" * 101,
        "query=%00",
        "query=供暖&order=best",
        "query=供暖&status=won",
        "query=供暖&open=maybe",
        "query=供暖&since=yesterday",
        "query=供暖&limit=201",
        "query=供暖&cursor=nonsense",
        "query=供暖&query=路灯",
        "query=供暖&unit=",
        "query=供暖&number=13854301001",
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(query: str, tmp_path: Path) -> None:
    """400 with what is wrong, and nothing is audited."""
    async with city(tmp_path) as at:
        answer = await at.get(f"/search/tickets?{query}")
        assert (answer.status, answer.is_problem) == (400, True)
        assert await at.desk.audited() == []


async def test_a_page_of_one_order_is_no_page_of_the_other(tmp_path: Path, database_url: str) -> None:
    """A cursor of the newest is refused among the best and the other way round, rather than losing tickets."""
    async with city(tmp_path, database_url) as at:
        for _ in range(2):
            await at.open()
        for one, other in (("newest", "relevance"), ("relevance", "newest")):
            cursor = (await search(at, "供暖", order=one, limit=1))["next"]
            answer = await at.get(f"/search/tickets?query=供暖&order={other}&cursor={cursor}")
            assert (answer.status, answer.is_problem) == (400, True)


async def test_what_people_type_is_no_query_language(tmp_path: Path, database_url: str) -> None:
    """Quotes, operators and wildcards neither fail nor widen a search."""
    async with city(tmp_path, database_url) as at:
        number = await at.open()
        for typed in ('供暖"', "供暖 & | ! ()", "供暖' OR '1'='1", "供暖*", "%", "-供暖", "NEAR(供暖)"):
            assert set(await found(at, typed)) <= {number}
        assert await found(at, "供暖'") == [number]
