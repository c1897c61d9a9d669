"""Tasks, acknowledgements, returns and rulings over HTTP: page by page, to those whose they are, and audited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from common.paging import Cursor
from tests.books import MORNING
from tests.case_kit import DETAILS, City, city
from tests.http_kit import TOKEN
from tickets.store.tables import tickets

WHY = {"reason": "非本单位职责", "basis": "三定方案", "suggestion": "转城管局"}
EMERGENCY = {**DETAILS, "urgency": "emergency"}


async def pages(at: City, path: str, name: str, token: str = TOKEN) -> list[Any]:
    """Every row of a list that is read one row at a time."""
    found: list[Any] = []
    cursor = ""
    while True:
        answer = await at.get(f"{path}{'&' if '?' in path else '?'}limit=1{cursor}", token)
        assert answer.status == 200, answer.body.decode()
        assert len(answer.json[name]) <= 1
        found += answer.json[name]
        if answer.json["next"] is None:
            return found
        cursor = f"&cursor={answer.json['next']}"


async def make_confidential(at: City, number: str) -> None:
    """Mark a ticket behind everybody's back, as a reviewer may at any time."""
    change = tickets.update().where(tickets.c.number == number).values(confidential=True)
    await at.desk.at.database.write(lambda connection: connection.execute(change))


async def returned(at: City, number: str = "", *, adjudicated: bool = False) -> str:
    """A ticket that the housing department has tried to return, and which a ruling may have given to another."""
    number = number or await at.signed()
    way: list[tuple[str, str, dict[str, str]]] = [
        ("housing", "request_return", WHY),
        (TOKEN, "refuse_return", {"reason": "属你单位"}),
    ]
    if adjudicated:
        way += [
            ("housing", "request_adjudication", WHY),
            ("bianban", "rule", {"ruling": "由城管局办理", "basis": "编办意见", "unit": "城管局"}),
        ]
    for token, move, told in way:
        answer = await at.move(number, move, token, **told)
        assert answer.status == 201, answer.body.decode()
    return number


@pytest.mark.covers("A10", "R14.8", "R25.1", "R25.2")
async def test_tasks_are_read_page_by_page_by_those_who_have_them(tmp_path: Path, database_url: str) -> None:
    """Most pressing first, each once; a unit's own only; none of a confidential ticket; and it is written down."""
    async with city(tmp_path, database_url) as at:
        numbers = [await at.dispatched(co_handlers=["城管局", "滨城区"]) for _ in range(3)]
        whole = await pages(at, "/tasks", "tasks")
        assert sorted((one["ticket"], one["unit"]) for one in whole) == sorted(
            (number, unit) for number in numbers for unit in ("城管局", "滨城区")
        )
        assert [one["due"] for one in whole] == sorted(one["due"] for one in whole)
        for token, unit in (("urban", "城管局"), ("county", "滨城区")):
            own = await pages(at, "/tasks", "tasks", token)
            assert [(one["ticket"], one["unit"]) for one in own] == [(number, unit) for number in numbers]
        assert await pages(at, "/tasks", "tasks", "street") == []
        assert await pages(at, "/tasks?unit=滨城区", "tasks", "urban") == []
        assert ("tasks.list", numbers[0], "") in await at.desk.audited()
        await make_confidential(at, numbers[0])
        assert {one["ticket"] for one in await pages(at, "/tasks", "tasks")} == set(numbers[1:])
        assert {one["ticket"] for one in await pages(at, "/tasks", "tasks", "urban")} == set(numbers[1:])


@pytest.mark.covers("R7.2", "R14.8", "R25.1", "R25.2")
async def test_acknowledgements_are_read_page_by_page(tmp_path: Path, database_url: str) -> None:
    """The longest wait first; a unit's own only; none of a confidential ticket; and it is written down."""
    async with city(tmp_path, database_url) as at:
        numbers = []
        for _ in range(3):
            numbers.append(await at.open(details=EMERGENCY))
            told: dict[str, Any] = {"unit": "住建局", "basis": "派单目录", "co_handlers": ["城管局"]}
            assert (await at.move(numbers[-1], "dispatch", **told)).status == 201
        rows = await pages(at, "/acknowledgements", "acknowledgements")
        assert [one["ticket"] for one in rows] == [number for number in numbers for _ in range(2)]
        own = await pages(at, "/acknowledgements", "acknowledgements", "urban")
        assert [(one["ticket"], one["unit"]) for one in own] == [(number, "城管局") for number in numbers]
        assert await pages(at, "/acknowledgements", "acknowledgements", "county") == []
        assert ("acknowledgements.list", numbers[0], "") in await at.desk.audited()
        await make_confidential(at, numbers[1])
        own = await pages(at, "/acknowledgements", "acknowledgements", "urban")
        assert [one["ticket"] for one in own] == [numbers[0], numbers[2]]


@pytest.mark.covers("R22.6", "R14.8", "R25.1", "R25.2")
async def test_returns_are_listed_to_who_asked_and_who_decides(tmp_path: Path, database_url: str) -> None:
    """The latest first, with reason, basis, suggestion and outcome; another unit sees none of them."""
    async with city(tmp_path, database_url) as at:
        numbers = [await returned(at) for _ in range(3)]
        rows = await pages(at, "/returns", "returns")
        assert [one["ticket"] for one in rows] == numbers[::-1]
        assert {(one["unit"], one["outcome"], one["reason"]) for one in rows} == {("住建局", "refused", "非本单位职责")}
        assert await pages(at, "/returns?category=供暖", "returns", "housing") == rows
        assert await pages(at, "/returns?category=路灯", "returns") == []
        assert await pages(at, "/returns", "returns", "urban") == []
        assert ("returns.list", numbers[2], "") in await at.desk.audited()
        await make_confidential(at, numbers[0])
        assert [one["ticket"] for one in await pages(at, "/returns", "returns")] == numbers[:0:-1]


@pytest.mark.covers("R22.6", "R14.8")
async def test_who_returned_a_ticket_still_sees_that_they_did(tmp_path: Path) -> None:
    """The ticket is another's now and gone from the unit's sight; its own return and the outcome are not."""
    async with city(tmp_path) as at:
        number = await at.signed()
        assert (await at.move(number, "request_return", "housing", **WHY)).status == 201
        assert (await at.move(number, "accept_return")).status == 201
        assert (await at.get(f"/tickets/{number}", "housing")).status == 404
        (own,) = await pages(at, "/returns", "returns", "housing")
        assert (own["ticket"], own["outcome"]) == (number, "accepted")


@pytest.mark.covers("R21.3", "R14.8", "R25.1", "R25.2")
async def test_rulings_are_listed_to_those_they_bind_and_to_adjudicators(tmp_path: Path, database_url: str) -> None:
    """The latest first; the unit that was named sees them, a unit that has nothing to do with them does not."""
    async with city(tmp_path, database_url) as at:
        # The first ruling changes the catalogue: they are sent before it.
        numbers = [await at.signed() for _ in range(3)]
        for number in numbers:
            await returned(at, number, adjudicated=True)
        rows = await pages(at, "/rulings", "rulings")
        assert sorted(one["ticket"] for one in rows) == numbers
        assert await pages(at, "/rulings", "rulings", "urban") == rows
        assert await pages(at, "/rulings", "rulings", "street") == []
        assert {action for action, _, _ in await at.desk.audited()} >= {"rulings.list"}
        await make_confidential(at, numbers[0])
        assert sorted(one["ticket"] for one in await pages(at, "/rulings", "rulings", "urban")) == numbers[1:]


async def test_the_cursor_of_another_list_is_refused(tmp_path: Path) -> None:
    """In words, whatever it holds: too few parts, a step that is no number or no step of any ticket."""
    async with city(tmp_path) as at:
        for path in ("tasks", "acknowledgements", "returns"):
            for place in ("t1", "t1 x 住建局", f"t1 {2**31} 住建局", "t1 -1 住建局"):
                answer = await at.get(f"/{path}?cursor={Cursor(MORNING, place)}")
                assert (answer.status, answer.is_problem) == (400, True), (path, place)
                assert answer.json["errors"][0]["parameter"] == "cursor"


@pytest.mark.covers("A13", "R25.1", "R25.2")
async def test_links_show_nothing_of_a_confidential_ticket(tmp_path: Path, database_url: str) -> None:
    """Neither the one that is handled for all nor one that waits for it; who looked is written down."""
    async with city(tmp_path, database_url) as at:
        first, second = await at.dispatched(), await at.open()
        assert (await at.move(second, "link", handling_ticket=first)).status == 201
        assert (await at.get(f"/tickets/{second}/links")).json == {"handling": first, "linked": []}
        assert ("tickets.links", f"{second} {first}", "") in await at.desk.audited()
        await make_confidential(at, first)
        assert (await at.get(f"/tickets/{second}/links")).json == {"handling": None, "linked": []}
