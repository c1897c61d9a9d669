"""What units owe the knowledge base is noted and listed over HTTP (R20.2, A19)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from common import clock
from tests.case_kit import DETAILS, City, city
from tests.http_kit import TOKEN
from tests.integration.test_http_proposals import decide, propose
from tickets.workdays import LocalDay

RULE = {"unit": "城管局", "title": "路灯管理办法", "document": "滨政字〔2020〕9号", "published_on": "2020-09-30"}


async def tasks(at: City, token: str = TOKEN, unit: str = "") -> list[Any]:
    """What somebody sees owed."""
    answer = await at.get(f"/knowledge/tasks{f'?unit={unit}' if unit else ''}", token)
    assert answer.status == 200, answer.body.decode()
    found: list[Any] = answer.json["tasks"]
    return found


async def consultation(at: City, nature: str = "consultation", **told: Any) -> str:
    """A ticket's number; ``told`` is the move that follows."""
    number = await at.open(details={**DETAILS, "nature": nature, "matter": "欧阳明月问供暖费怎么交"})
    if told:
        done = await at.move(number, "answer_at_once", **told)
        assert done.status == 201, done.body.decode()
    return number


@pytest.mark.covers("R20.2")
async def test_a_publication_is_owed_by_its_unit(tmp_path: Path, database_url: str) -> None:
    """Due on the next working day of the city's calendar; once per document; each unit sees its own; done, it goes."""
    async with city(tmp_path, database_url) as at:
        await at.desk.at.tickets.put(LocalDay(date(2020, 10, 9), working=False, reason="停电检修"), at=clock.now())
        made = await at.send("POST", "/knowledge/tasks/publications", RULE)
        assert (made.status, made.json["due"], made.json["overdue"]) == (201, "2020-10-10", True)
        same = await at.send("POST", "/knowledge/tasks/publications", {**RULE, "title": "又"}, "urban")
        assert (same.status, same.json["id"]) == (201, made.json["id"])
        assert await tasks(at) == await tasks(at, "urban") == await tasks(at, unit="城管局") == [made.json]
        assert (
            await tasks(at, "housing") == await tasks(at, "housing", "城管局") == await tasks(at, unit="住建局") == []
        )
        handed_in = await propose(at, "urban", task=made.json["id"])
        [waiting] = await tasks(at, "urban")
        assert (waiting["overdue"], waiting["submitted_at"] is None) == (False, False)
        assert (await decide(at, handed_in["proposal"], "approve")).status == 200
        assert await tasks(at) == []


async def test_a_publication_is_noted_by_level_1_or_the_unit(tmp_path: Path, database_url: str) -> None:
    """Nobody notes another's; unknown units and days to come are refused; the same key notes it once."""
    async with city(tmp_path, database_url) as at:
        address = "/knowledge/tasks/publications"
        assert (await at.send("POST", address, RULE, "housing")).status == 403
        assert (await at.send("POST", address, RULE, "reader")).status == 403
        for wrong in ({"unit": "没有的局"}, {"published_on": "2999-01-01"}, {"title": ""}, {"ticket": "x"}):
            answer = await at.send("POST", address, {**RULE, **wrong})
            assert (answer.status, answer.is_problem) == (422, True), wrong
        first = await at.send("POST", address, RULE, key="task-key-1")
        again = await at.send("POST", address, RULE, key="task-key-1")
        assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
        assert len(await tasks(at)) == 1


@pytest.mark.covers("A19", "R25.2")
async def test_a_consultation_answered_without_an_entry_makes_a_task(tmp_path: Path, database_url: str) -> None:
    """By itself it says the category; then as the agent words it, without numbers; of the ticket its number alone."""
    async with city(tmp_path, database_url) as at:
        number = await consultation(at, answer="请到供热窗口。")
        [by_itself] = await tasks(at, "housing")
        assert (by_itself["title"], by_itself["about"], by_itself["unit"]) == ("咨询:供热采暖", number, "住建局")
        told = {"ticket": number, "unit": "住建局", "question": "供暖费怎么交？回电13854301001"}
        for token, status in (("housing", 403), ("reader", 403)):
            assert (await at.send("POST", "/knowledge/tasks/consultations", told, token)).status == status
        made = await at.send("POST", "/knowledge/tasks/consultations", told, "agent")
        assert (made.status, made.json["kind"], made.json["about"]) == (201, "consultation", number)
        again = await at.send("POST", "/knowledge/tasks/consultations", {**told, "question": "又问"}, "agent")
        assert again.json["id"] == made.json["id"] == by_itself["id"]
        [owed] = await tasks(at, "housing")
        assert owed["title"] == "供暖费怎么交？回电"
        assert ("knowledge.consultation", number, "") in await at.desk.audited()
        receipt = await propose(at, "housing", task=owed["id"], entry_class="question")
        await decide(at, receipt["proposal"], "approve")
        assert await tasks(at) == []


@pytest.mark.covers("A19", "R25.1")
async def test_only_an_answered_consultation_makes_one(tmp_path: Path, database_url: str) -> None:
    """No complaint, no open draft, nothing confidential, no unknown ticket or unit."""
    async with city(tmp_path, database_url) as at:

        async def note(number: str, unit: str = "住建局") -> int:
            told = {"ticket": number, "unit": unit, "question": "供暖费怎么交"}
            answer = await at.send("POST", "/knowledge/tasks/consultations", told)
            assert answer.status == 201 or answer.is_problem
            return answer.status

        complaint = await consultation(at, "complaint", answer="已答复。")
        assert await note(complaint) == 409
        secret = await at.open(details={**DETAILS, "nature": "consultation"}, confidential=True)
        assert await note(secret) == await note("20200101-000001") == 404
        answered = await consultation(at, answer="已答复。")
        assert await note(answered, "没有的局") == 422
        assert [one["about"] for one in await tasks(at)] == [answered]
        assert await note(answered) == 201


@pytest.mark.covers("A19", "R22.1")
async def test_what_was_answered_from_an_entry_owes_none(tmp_path: Path, database_url: str) -> None:
    """The entry is named and is one in use; then no task is made, and the history says which it was."""
    async with city(tmp_path, database_url) as at:
        receipt = await propose(at, "housing", entry_class="question")
        await decide(at, receipt["proposal"], "approve")
        number = await consultation(at)
        unknown = await at.move(number, "answer_at_once", answer="请到供热窗口。", entry="no-such-entry")
        assert (unknown.status, unknown.json["type"]) == (409, "urn:hotline12345:problem:not-ready")
        assert (await at.get(f"/tickets/{number}")).json["status"] == "awaiting_review"
        entry = receipt["entry"]
        done = await at.move(number, "answer_at_once", answer="请到供热窗口。", entry=entry)
        assert done.status == 201, done.body.decode()
        assert (await at.get(f"/tickets/{number}")).json["history"][-1]["facts"]["entry"] == entry
        assert await tasks(at) == []


@pytest.mark.covers("A19", "R25.2")
async def test_a_task_that_makes_itself_names_nobody_and_is_the_catalogues_units(
    tmp_path: Path, database_url: str
) -> None:
    """Where no line of the catalogue speaks of the matter level 1 owes it; not for complaints, nor what is secret."""
    async with city(tmp_path, database_url) as at:
        details = {**DETAILS, "nature": "consultation", "category": "街道", "matter": "欧阳明月问何时办公"}
        number = await at.open(details=details)
        assert (await at.move(number, "answer_at_once", answer="周一至周五。")).status == 201
        await consultation(at, "complaint", answer="已答复。")
        [task] = await tasks(at)
        assert (task["unit"], task["title"], task["about"]) == ("12345", "咨询:街道事务", number)
        assert not {"欧阳明月", "王小明", "13854301001"} & set(map(str, task.values()))
        assert "欧阳" not in str(task)
