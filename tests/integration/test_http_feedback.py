"""The feedback check over HTTP: the unit is advised before it submits, the reviewer before deciding (R14.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from common import clock
from tests.case_kit import DETAILS, City, city
from tests.http_kit import TOKEN
from tickets.store.tables import tickets

ANSWER = {
    "facts_found": "10月14日到现场查看，3号楼供暖管道阀门损坏漏水",
    "done": "当日更换阀门并排气，逐户测温",
    "result": "室温已达20度，供暖恢复正常",
    "contact": "电话告知诉求人",
}


async def checked(at: City, number: str, answer: dict[str, str], token: str = "housing") -> Any:  # noqa: S107 - a test's
    """What the check says of an answer that is not yet submitted."""
    dated = {"answered_at": clock.now().isoformat(), **answer} if answer else {}
    told = await at.send("POST", f"/tickets/{number}/feedback-check", dated, token)
    assert told.status == 200, told.body.decode()
    return told.json


async def advised(at: City, number: str) -> Any:
    """What the reviewer is told of the answer that was submitted."""
    told = await at.get(f"/tickets/{number}/feedback-advice")
    assert told.status == 200, told.body.decode()
    return told.json


async def answered(at: City, *, closed: bool = False) -> str:
    """A ticket that the housing department has answered."""
    number = await at.signed()
    assert (await at.move(number, "submit_answer", "housing", acceptance="accepted", **ANSWER)).status == 201
    if closed:
        assert (await at.move(number, "close", callback="satisfied", solved=True)).status == 201
    return number


@pytest.mark.covers("R14.5")
async def test_a_unit_is_advised_before_it_submits(tmp_path: Path, database_url: str) -> None:
    """What is missing or says nothing is named; nothing is kept, and the ticket stays as it was."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        seen = await at.seen(number)
        empty = await checked(at, number, {})
        assert empty["advises_return"]
        assert {one["fault"] for one in empty["findings"]} >= {"missing", "no_contact"}
        law = {
            **ANSWER,
            "facts_found": "《山东省供热条例》第二十一条规定室温不得低于十八摄氏度。",
            "done": "",
            "result": "",
        }
        assert "只列法规条文" in (await checked(at, number, law))["words"]
        good = await checked(at, number, ANSWER)
        assert (good["advises_return"], good["findings"]) == (False, [])
        assert await at.seen(number) == seen
        assert ("tickets.advice", number, "") in await at.desk.audited()


@pytest.mark.covers("R14.5")
@pytest.mark.parametrize("closed", [False, True])
async def test_an_answer_that_was_given_before_is_found(tmp_path: Path, database_url: str, *, closed: bool) -> None:
    """Copied from a ticket that is open or closed: the unit is told before, the reviewer after, and from which."""
    async with city(tmp_path, database_url) as at:
        first, number = await answered(at, closed=closed), await at.signed()
        before = await checked(at, number, ANSWER)
        assert [(one["fault"], one["quoted"]) for one in before["findings"]] == [("template", [first])]
        assert (await at.move(number, "submit_answer", "housing", acceptance="accepted", **ANSWER)).status == 201
        after = await advised(at, number)
        assert after["findings"] == before["findings"]
        assert after["seq"] == 4


@pytest.mark.covers("R14.5", "R25.1")
async def test_only_the_units_own_answers_to_other_tickets_are_compared(tmp_path: Path, database_url: str) -> None:
    """Not its earlier answer to the same ticket, not another unit's, not a confidential ticket's."""
    async with city(tmp_path, database_url) as at:
        number = await answered(at)
        assert (await advised(at, number))["findings"] == []
        assert (await at.move(number, "send_back", reason="仍漏水")).status == 201
        assert (await checked(at, number, ANSWER))["findings"] == []
        other = await at.dispatched("滨城区", reason="整区停暖")
        assert (await checked(at, other, ANSWER, "county"))["findings"] == []
        change = tickets.update().where(tickets.c.number == number).values(confidential=True)
        await at.desk.at.database.write(lambda connection: connection.execute(change))
        assert (await checked(at, await at.signed(), ANSWER))["findings"] == []


@pytest.mark.covers("R14.8", "R25.1")
async def test_only_who_sees_a_ticket_may_have_an_answer_checked(tmp_path: Path) -> None:
    """For another unit, and for a confidential ticket, there is none."""
    async with city(tmp_path) as at:
        number = await at.signed()
        assert (await at.send("POST", f"/tickets/{number}/feedback-check", ANSWER, "urban")).status == 404
        secret = await at.open(confidential=True, details=DETAILS)
        assert (await at.send("POST", f"/tickets/{secret}/feedback-check", ANSWER, TOKEN)).status == 404
