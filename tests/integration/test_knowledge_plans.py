"""Level 1 plans which classes of knowledge each unit keeps; what is behind the plan stands on the list (R20.1)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from common import clock
from tests.case_kit import City, city
from tests.http_kit import TOKEN
from tests.integration.test_http_proposals import decide, propose

TODAY = clock.civil(clock.now()).date()
PLAN = {"unit": "住建局", "entry_class": "question", "days": 90, "first_by": str(TODAY - timedelta(days=1))}


async def plans(at: City, token: str = TOKEN) -> list[Any]:
    """The plan as somebody sees it."""
    answer = await at.get("/knowledge/plans", token)
    assert answer.status == 200, answer.body.decode()
    found: list[Any] = answer.json["plans"]
    return found


async def overdue(at: City, token: str = TOKEN) -> list[tuple[str, str, str]]:
    """Unit, what for, and which class, of what is behind the plan."""
    found = (await at.get("/knowledge/overdue", token)).json["units"]
    return [(unit["unit"], one["owed"], one["id"]) for unit in found for one in unit["items"]]


@pytest.mark.covers("R20.1", "R20.2")
async def test_what_a_unit_should_keep_and_has_not_written_is_overdue(tmp_path: Path, database_url: str) -> None:
    """Planned for yesterday and missing, it is on the list of the unit and of level 1; once published it is not."""
    async with city(tmp_path, database_url) as at:
        made = await at.send("PUT", "/knowledge/plans", PLAN)
        assert made.status == 200, made.body.decode()
        for token in (TOKEN, "housing"):
            (line,) = await plans(at, token)
            assert (line["unit"], line["due"], line["overdue"]) == ("住建局", PLAN["first_by"], True)
            assert await overdue(at, token) == [("住建局", "planned", "question")]
        assert await plans(at, "urban") == []
        receipt = await propose(at, "housing", entry_class="question")
        await decide(at, receipt["proposal"], "approve")
        (line,) = await plans(at)
        assert (line["due"], line["overdue"]) == (str(TODAY + timedelta(days=90)), False)
        assert await overdue(at) == []


@pytest.mark.covers("R20.1", "R20.2")
async def test_the_entry_longest_left_alone_says_when_the_next_look_is_due(tmp_path: Path, database_url: str) -> None:
    """Ninety days after its last look, however fresh the others are; a withdrawn entry counts no more."""
    async with city(tmp_path, database_url) as at:
        await at.send("PUT", "/knowledge/plans", PLAN)
        receipts = [await propose(at, "housing", entry_class="question") for _ in range(2)]
        for receipt in receipts:
            await decide(at, receipt["proposal"], "approve")
        (line,) = await plans(at)
        looks = [line["looked_at"]]
        for receipt in receipts:
            looked = await at.send("POST", f"/knowledge/entries/{receipt['entry']}/confirm", {}, "housing")
            assert looked.status == 200, looked.body.decode()
            (line,) = await plans(at)
            looks.append(line["looked_at"])
        # First the other one is the oldest, then the one that was looked at first.
        assert looks == sorted(set(looks))
        for receipt in receipts:
            await at.send("POST", f"/knowledge/entries/{receipt['entry']}/withdraw", {"why": "已废止"}, "housing")
        (line,) = await plans(at)
        assert (line["looked_at"], line["due"]) == (None, PLAN["first_by"])


@pytest.mark.covers("R20.1")
async def test_level_1_makes_the_plan_and_takes_lines_back(tmp_path: Path, database_url: str) -> None:
    """No unit plans for itself; unknown units are refused; the last word holds; the same key is one change."""
    async with city(tmp_path, database_url) as at:
        assert (await at.send("PUT", "/knowledge/plans", PLAN, "housing")).status == 403
        for wrong in ({"unit": "没有的局"}, {"days": 0}, {"entry_class": "poem"}):
            assert (await at.send("PUT", "/knowledge/plans", {**PLAN, **wrong})).status == 422, wrong
        first = await at.send("PUT", "/knowledge/plans", PLAN, key="plan-key-1")
        again = await at.send("PUT", "/knowledge/plans", PLAN, key="plan-key-1")
        assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
        later = {**PLAN, "days": 30, "first_by": str(date(2199, 1, 1))}
        await at.send("PUT", "/knowledge/plans", later)
        (line,) = await plans(at)
        assert (line["days"], line["overdue"]) == (30, False)
        await at.send("PUT", "/knowledge/plans", {**later, "active": False})
        assert await plans(at) == []
