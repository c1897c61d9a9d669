"""Abuse of the line, from the agent's mark to the police (R8.1)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hotline.audit import audit
from tests.abuse_kit import NUMBER, WHY, Hall, digest, hall
from tests.books import track
from tickets.model import Kind
from tickets.store.rows import ticket_row
from tickets.store.tables import tickets

pytestmark = [pytest.mark.covers("R8.1")]

MARK = {"kind": "harassment", "words": "深夜反复来电骚扰"}
REFERRAL = {"at": "2026-11-24T10:00:00+08:00", "station": "滨北派出所", "receipt": "滨公受字〔2026〕11号"}


async def audited(at: Hall) -> list[tuple[str, str, str]]:
    """Who, what, of which objects."""
    async with at.at.database.reads.connect() as connection:
        rows = await connection.execute(sa.select(audit).order_by(audit.c.id))
        return [(row.who.split("@")[0], row.action, row.objects.strip()) for row in rows]


async def test_a_mark_names_the_recordings_of_the_call_with_their_hashes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, or those that are named; never another call's; and the audit says who marked."""
    async with hall(database_url, monkeypatch) as at:
        await at.called()
        await at.called("n-2.1")
        made = await at.done("agent", "/calls/n-1.1/abuse-marks", MARK)
        assert [(one["recording"], one["sha256"]) for one in made["evidence"]] == [
            (name, digest(name)) for name in ("n-1.1-r1", "n-1.1-r2")
        ]
        assert (made["state"], made["restriction"], made["number"], made["by"]) == (
            "waiting",
            "none",
            "138****1001",
            "agent",
        )
        some = await at.done("colleague", "/calls/n-2.1/abuse-marks", {**MARK, "recordings": ["n-2.1-r2"]})
        assert [one["recording"] for one in some["evidence"]] == ["n-2.1-r2"]
        strange = await at.post("agent", "/calls/n-1.1/abuse-marks", {**MARK, "recordings": ["n-2.1-r1"]})
        assert (strange.status, strange.is_problem) == (409, True)
        assert (await at.post("agent", "/calls/n-9.9/abuse-marks", MARK)).status == 404
        assert [one for one in await audited(at) if one[1] == "abuse.mark"] == [
            ("agent", "abuse.mark", f"{made['id']} n-1.1"),
            ("colleague", "abuse.mark", f"{some['id']} n-2.1"),
        ]


async def test_asked_for_twice_a_mark_is_made_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key gives the same mark; a refused request leaves its key free."""
    async with hall(database_url, monkeypatch) as at:
        refused = await at.post("agent", "/calls/n-1.1/abuse-marks", MARK, "a-key-of-ours")
        assert refused.status == 404
        await at.called()
        first = await at.post("agent", "/calls/n-1.1/abuse-marks", MARK, "a-key-of-ours")
        again = await at.post("agent", "/calls/n-1.1/abuse-marks", MARK, "a-key-of-ours")
        assert (first.status, again.status) == (201, 201)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json == first.json
        assert len((await at.get("supervisor", "/abuse-marks")).json["marks"]) == 1


async def test_a_supervisor_decides_and_never_on_their_own_mark(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reason; once; and what was closed after the mark becomes evidence with the decision."""
    async with hall(database_url, monkeypatch) as at:
        await at.called(tracks=0)
        mark = (await at.done("acting", "/calls/n-1.1/abuse-marks", MARK))["id"]
        decision = f"/abuse-marks/{mark}/decision"
        assert (await at.post("acting", decision, {"confirm": True, **WHY})).status == 403
        for who in ("agent", "leader", "clerk", "expert"):
            assert (await at.post(who, decision, {"confirm": True, **WHY})).status == 403, who
        early = await at.post("supervisor", decision, {"confirm": True, **WHY})
        assert (early.status, "没有录音" in early.json["detail"]) == (409, True)
        await at.at.calls.save_recordings([track("n-1.1-late", "n-1.1", sha256=digest("late"))])
        done = await at.done("supervisor", decision, {"confirm": True, **WHY})
        assert (done["state"], done["evidence"][0]["sha256"]) == ("confirmed", digest("late"))
        (step,) = done["steps"]
        assert (step["kind"], step["words"], step["by"], step["role"]) == (
            "confirmed",
            WHY["why"],
            "supervisor",
            "shift_supervisor",
        )
        assert (await at.post("both", decision, {"confirm": False, **WHY})).status == 409
        assert ("supervisor", "abuse.decide", f"{mark} n-1.1") in await audited(at)


async def test_of_two_who_decide_at_once_one_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One decision stands, and one only."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.marked()
        answers = await asyncio.gather(
            *(
                at.post(who, f"/abuse-marks/{mark}/decision", {"confirm": who == "both", **WHY})
                for who in ("supervisor", "both", "acting")
            )
        )
        assert sorted(answer.status for answer in answers) == [201, 409, 409]
        assert len((await at.get("supervisor", f"/abuse-marks/{mark}")).json["steps"]) == 1


async def test_a_confirmed_mark_is_referred_to_the_police(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When, where, under which receipt, by whom, which evidence; of a mark that is not confirmed nothing goes out."""
    async with hall(database_url, monkeypatch) as at:
        mark = await at.marked()
        told = {**REFERRAL, "recordings": ["n-1.1-r1"]}
        path = f"/abuse-marks/{mark}/referrals"
        assert (await at.post("supervisor", path, told)).status == 409
        await at.done("supervisor", f"/abuse-marks/{mark}/decision", {"confirm": True, **WHY})
        at.on(hours=1)
        assert (await at.post("agent", path, told)).status == 403
        assert (await at.post("supervisor", path, {**told, "recordings": ["n-2.1-r1"]})).status == 409
        step = (await at.done("supervisor", path, told))["steps"][-1]
        assert (step["kind"], step["station"], step["receipt"]) == ("referred", "滨北派出所", "滨公受字〔2026〕11号")
        assert (step["done_at"], step["by"], step["handed"]) == (
            "2026-11-24T10:00:00.000+08:00",
            "supervisor",
            ["n-1.1-r1"],
        )
        assert ("supervisor", "abuse.refer", f"{mark} n-1.1") in await audited(at)


async def test_lists_are_for_supervisors_and_agents_see_their_own(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, newest first, by state, by number; with a reason the number is whole, and the audit knows."""
    async with hall(database_url, monkeypatch) as at:
        marks = []
        for serial in range(1, 6):
            number = NUMBER if serial % 2 else "13854301002"
            marks.append(await at.marked(f"n-{serial}.1", "agent" if serial < 4 else "colleague", number))
            at.on(minutes=1)
        await at.done("supervisor", f"/abuse-marks/{marks[0]}/decision", {"confirm": True, **WHY})
        await at.done("supervisor", f"/abuse-marks/{marks[1]}/decision", {"confirm": False, **WHY})

        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = (await at.get("supervisor", f"/abuse-marks?limit=2{cursor and f'&cursor={cursor}'}")).json
            seen += [one["id"] for one in page["marks"]]
            cursor = page["next"]
        assert seen == marks[::-1]

        async def listed(who: str, query: str) -> list[str]:
            return [one["id"] for one in (await at.get(who, f"/abuse-marks?{query}")).json["marks"]]

        assert await listed("supervisor", "state=waiting") == marks[:1:-1]
        assert await listed("supervisor", "state=confirmed") == marks[:1]
        assert await listed("leader", "state=dismissed") == marks[1:2]
        assert await listed("leader", f"number={NUMBER}") == [marks[4], marks[2], marks[0]]
        assert await listed("agent", "") == marks[2::-1]
        assert await listed("expert", "") == []
        assert (await at.get("agent", f"/abuse-marks?number={NUMBER}")).status == 403
        assert (await at.get("clerk", "/abuse-marks")).status == 403
        assert (await at.get("agent", f"/abuse-marks/{marks[4]}")).status == 404
        assert (await at.get("agent", f"/abuse-marks/{marks[0]}")).status == 200
        whole = await at.get("supervisor", f"/abuse-marks/{marks[0]}?reveal=%E6%A0%B8%E6%9F%A5")
        assert whole.json["number"] == NUMBER
        assert (await audited(at))[-1] == ("supervisor", "abuse.read", f"{marks[0]} n-1.1")


async def test_an_expert_marks_calls_that_concern_their_unit_only(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a ticket of theirs is none that they know of; of one with such a ticket they see their mark."""
    async with hall(database_url, monkeypatch) as at:
        await at.called()
        ticket = await at.at.desk.open_from_call("n-1.1", NUMBER, Kind.MATTER, at.now)
        assert (await at.post("expert", "/calls/n-1.1/abuse-marks", MARK)).status == 404
        row = ticket_row(replace(ticket, case=replace(ticket.case, unit="住建局")))
        passed = tickets.update().where(tickets.c.id == ticket.id).values(row)
        await at.at.database.write(lambda connection: connection.execute(passed) and None)
        made = await at.done("expert", "/calls/n-1.1/abuse-marks", MARK)
        assert (made["by"], made["role"], made["unit"]) == ("expert", "expert", "住建局")
        assert [one["id"] for one in (await at.get("expert", "/abuse-marks")).json["marks"]] == [made["id"]]


async def test_the_database_refuses_to_change_what_was_said(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks, evidence and steps are only ever added, whoever asks."""
    async with hall(database_url, monkeypatch) as at:
        await at.confirmed()
        for table in ("abuse_steps", "abuse_evidence", "abuse_marks"):
            for change in (f"UPDATE {table} SET at = at", f"DELETE FROM {table}"):  # noqa: S608 - names above
                statement = sa.text(change)
                with pytest.raises(IntegrityError, match="append-only"):
                    await at.at.database.write(lambda connection, told=statement: connection.execute(told) and None)  # type: ignore[misc]  # mypy cannot tell the type of a lambda with a default
