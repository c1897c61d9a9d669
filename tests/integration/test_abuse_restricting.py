"""A number is restricted by two people, for a time, where a city wants that (A21)."""

from __future__ import annotations

import asyncio

import pytest

from hotline.abuse import abuse_of
from ivr.abuse.standing import Standing
from ivr.callerid import nobody
from tests.abuse_kit import NUMBER, WHY, hall

pytestmark = [pytest.mark.covers("R8.1", "A21")]


async def test_a_leader_approves_and_the_line_knows_at_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """24 h the first time; it stands when the approval is answered, and ends by itself."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.confirmed()
        path = f"/abuse-marks/{mark}/restriction"
        assert (await at.post("agent", path, {"hours": 24, **WHY})).status == 403
        assert (await at.post("supervisor", path, {"hours": 25, **WHY})).status == 409
        assert (await at.post("supervisor", path, {"hours": 721, **WHY})).status == 422
        await at.done("supervisor", path, {"hours": 24, **WHY})
        assert not at.parts.restricted(NUMBER)
        assert (await at.post("supervisor", f"{path}/approval", {"agree": True, **WHY})).status == 403
        done = await at.done("leader", f"{path}/approval", {"agree": True, **WHY})
        assert (done["restriction"], done["steps"][-1]["until"]) == ("standing", "2026-11-25T10:00:00.000+08:00")
        assert at.parts.restricted(NUMBER)
        listed = (await at.get("leader", "/restrictions")).json
        assert listed["applied"] is True
        assert [(one["mark"], one["number"]) for one in listed["restrictions"]] == [(mark, "138****1001")]
        at.on(hours=24)
        assert not at.parts.restricted(NUMBER)
        assert (await at.get("leader", "/restrictions")).json["restrictions"] == []
        assert (await at.get("leader", f"/abuse-marks/{mark}")).json["restriction"] == "ended"


async def test_who_had_a_part_in_it_does_not_approve(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who is supervisor and leader decides or approves, not both."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.marked()
        await at.done("both", f"/abuse-marks/{mark}/decision", {"confirm": True, **WHY})
        await at.done("supervisor", f"/abuse-marks/{mark}/restriction", {"hours": 1, **WHY})
        approval = f"/abuse-marks/{mark}/restriction/approval"
        assert (await at.post("both", approval, {"agree": True, **WHY})).status == 403
        assert (await at.done("leader", approval, {"agree": False, **WHY}))["restriction"] == "refused"
        assert not at.parts.restricted(NUMBER)


async def test_it_is_lifted_at_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one person; another service process sees it at its next look."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.restricted()
        elsewhere = abuse_of(
            at.at.database.reads, at.at.once, at.at.tickets, restricting=True, now=at.wall.now
        ).restricted
        assert isinstance(elsewhere, Standing)
        await elsewhere.refresh()
        assert elsewhere(NUMBER)
        assert (await at.post("agent", f"/abuse-marks/{mark}/restriction/lifting", WHY)).status == 403
        done = await at.done("supervisor", f"/abuse-marks/{mark}/restriction/lifting", WHY)
        assert done["restriction"] == "lifted"
        assert not at.parts.restricted(NUMBER)
        await elsewhere.refresh()
        assert not elsewhere(NUMBER)
        assert (await at.post("leader", f"/abuse-marks/{mark}/restriction/lifting", WHY)).status == 409


async def test_the_next_one_may_be_longer_and_never_over_30_days(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the first has ended; from a mark of its own; while one stands there is no other."""
    async with hall(database_url, monkeypatch) as at:
        await at.restricted()
        second = await at.confirmed("n-2.1")
        path = f"/abuse-marks/{second}/restriction"
        assert (await at.post("supervisor", path, {"hours": 720, **WHY})).status == 409
        at.on(hours=25)
        await at.done("supervisor", path, {"hours": 720, **WHY})
        done = await at.done("leader", f"{path}/approval", {"agree": True, **WHY})
        assert done["steps"][-1]["until"] == "2026-12-25T11:00:00.000+08:00"


async def test_two_approvals_for_one_number_at_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One begins, the other is refused: restrictions of a number never overlap."""
    async with hall(database_url, monkeypatch) as at:
        marks = [await at.confirmed(f"n-{serial}.1") for serial in (1, 2)]
        for mark in marks:
            await at.done("supervisor", f"/abuse-marks/{mark}/restriction", {"hours": 24, **WHY})
        paths = [f"/abuse-marks/{mark}/restriction/approval" for mark in marks]
        answers = await asyncio.gather(*(at.post("leader", path, {"agree": True, **WHY}) for path in paths))
        assert sorted(answer.status for answer in answers) == [201, 409]


async def test_a_city_that_does_not_restrict_restricts_nobody(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be proposed; what was approved before stands in the list, is not applied, and can be lifted."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.restricted()
    async with hall(database_url, monkeypatch, restricting=False) as at:
        assert at.parts.restricted is nobody
        assert at.parts.works == {}
        listed = (await at.get("leader", "/restrictions")).json
        assert (listed["applied"], len(listed["restrictions"])) == (False, 1)
        other = await at.confirmed("n-2.1", "13854301002")
        refused = await at.post("supervisor", f"/abuse-marks/{other}/restriction", {"hours": 1, **WHY})
        assert (refused.status, "没有启用" in refused.json["detail"]) == (409, True)
        await at.done("supervisor", f"/abuse-marks/{mark}/restriction/lifting", WHY)


async def test_a_database_that_cannot_be_read_restricts_nobody(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables gone: what was known is forgotten, and the call is taken."""
    async with hall(database_url, monkeypatch) as at:
        await at.restricted()
        now = at.parts.restricted
        assert isinstance(now, Standing)
        assert now(NUMBER)
        await at.at.database.outside(["ALTER TABLE abuse_steps RENAME TO abuse_elsewhere"])
        try:
            await now.refresh()
            assert not now(NUMBER)
        finally:
            await at.at.database.outside(["ALTER TABLE abuse_elsewhere RENAME TO abuse_steps"])
