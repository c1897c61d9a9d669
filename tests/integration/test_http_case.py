"""A ticket's way over HTTP, from the first call to the archive, by people of three levels; and what they may not do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.case_kit import ANSWER, DETAILS, city


@pytest.mark.covers("R14.1", "R14.3", "R14.4", "R14.6", "R24.1", "A17")
async def test_a_ticket_goes_its_whole_way(tmp_path: Path, database_url: str) -> None:
    """Opened, dispatched, signed, answered, called back, closed, archived: each step tells state, unit and version."""
    async with city(tmp_path, database_url) as at:
        number = await at.open()
        way = [
            (await at.move(number, "dispatch", unit="住建局", basis="派单目录"), "awaiting_signature", "住建局"),
            (await at.move(number, "sign", "housing"), "in_handling", "住建局"),
            (await at.move(number, "submit_answer", "housing", **ANSWER), "awaiting_callback", "住建局"),
            (await at.move(number, "close", callback="satisfied", solved=True), "closed", "住建局"),
            (await at.move(number, "archive"), "archived", "住建局"),
        ]
        for version, (answer, status, unit) in enumerate(way, start=2):
            assert answer.status == 201, answer.body.decode()
            told = answer.json
            assert (told["version"], told["status"], told["unit"]) == (version, status, unit)
            assert answer.headers["Location"] == f"/api/v1/tickets/{number}"
        whole = (await at.get(f"/tickets/{number}")).json
        rows = [step["row"] for step in whole["history"]]
        assert rows == ["open", "dispatch", "sign/delivered", "submit_answer/level_1", "close", "archive"]
        assert whole["history"][3]["facts"]["result"] == "室温达标"


@pytest.mark.covers("R14.8", "R25.2")
async def test_a_unit_sees_its_own_tickets_only(tmp_path: Path, database_url: str) -> None:
    """Another unit's ticket is in no list of it, and its number answers as if there were none; nor can it be moved."""
    async with city(tmp_path, database_url) as at:
        number = await at.dispatched()
        assert [one["number"] for one in (await at.get("/tickets", "housing")).json["tickets"]] == [number]
        for path in ("/tickets", "/tickets?unit=住建局", "/tickets?unit=12345", "/tickets?unit=unknown"):
            assert (await at.get(path, "urban")).json["tickets"] == []
        for path in ("", "/deadlines", "/links"):
            assert (await at.get(f"/tickets/{number}{path}", "urban")).status == 404
        assert (await at.move(number, "sign", "urban", seen='"2"')).status == 404
        told = await at.send("PUT", f"/tickets/{number}/details", {"details": DETAILS}, "urban", seen='"2"')
        assert told.status == 403


@pytest.mark.covers("A16", "R25.2")
async def test_who_asked_to_stay_unknown_is_unknown_to_the_unit(tmp_path: Path, database_url: str) -> None:
    """The unit gets the matter without name, number, address, call or recording, whatever reason it gives."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(details={**DETAILS, "hide_identity": True}, call="node-1.1")
        assert (
            await at.move(number, "dispatch", unit="住建局", basis="派单目录", for_unit="小区供暖漏水")
        ).status == 201
        for path in (f"/tickets/{number}?reveal=回拨核实", "/tickets?reveal=回拨核实"):
            body = (await at.get(path, "housing")).body.decode()
            assert "供暖" in body
            for secret in ("13854301001", "138****1001", "王小明", "王*", "黄河五路", "node-1.1"):
                assert secret not in body, secret
        assert "王小明" in (await at.get(f"/tickets/{number}?reveal=回拨核实")).body.decode()


@pytest.mark.covers("R25.1", "A15")
async def test_a_confidential_ticket_is_nobodys_to_see_or_move(tmp_path: Path) -> None:
    """Marked at the opening, it can be opened but is found by no one, and no move reaches it."""
    async with city(tmp_path) as at:
        number = await at.open(confidential=True)
        assert (await at.get("/tickets")).json["tickets"] == []
        assert (await at.get(f"/tickets/{number}")).status == 404
        assert (await at.move(number, "dispatch", seen='"1"', unit="住建局", basis="目录")).status == 404


async def test_of_two_clerks_one_wins(tmp_path: Path, database_url: str) -> None:
    """Both have seen version 1 and act at once: one dispatches, the other is told who did what meanwhile."""
    async with city(tmp_path, database_url) as at:
        number = await at.open()
        seen = await at.seen(number)
        answers = await asyncio.gather(
            at.move(number, "dispatch", seen=seen, unit="住建局", basis="派单目录"),
            at.move(number, "answer_at_once", seen=seen, answer="已电话答复"),
        )
        won, lost = sorted(answers, key=lambda answer: answer.status)
        assert (won.status, lost.status) == (201, 412)
        assert lost.is_problem
        (step,) = lost.json["meanwhile"]
        assert (step["seq"], step["unit"], lost.json["version"]) == (2, "12345", 2)
        assert len((await at.get(f"/tickets/{number}")).json["history"]) == 2


async def test_a_move_that_is_sent_again_is_made_once(tmp_path: Path, database_url: str) -> None:
    """The same request with the same key gives the same receipt; the history has one step of it."""
    async with city(tmp_path, database_url) as at:
        number = await at.open()
        seen = await at.seen(number)
        body = {"move": "dispatch", "unit": "住建局", "basis": "派单目录"}
        sent = [
            await at.send("POST", f"/tickets/{number}/moves", body, seen=seen, key="one-dispatch") for _ in range(3)
        ]
        assert len({(answer.status, answer.body, answer.headers["ETag"]) for answer in sent}) == 1
        assert ["Idempotent-Replayed" in answer.headers for answer in sent] == [False, True, True]
        assert len((await at.get(f"/tickets/{number}")).json["history"]) == 2


async def test_a_refused_move_keeps_no_key(tmp_path: Path, database_url: str) -> None:
    """The desk answers refusals within its transaction: the key stays free, and serves when the fault is mended."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(details={**DETAILS, "nature": None})
        body = {"move": "dispatch", "unit": "住建局", "basis": "派单目录"}
        path = f"/tickets/{number}"
        refused = await at.send("POST", f"{path}/moves", body, seen='"1"', key="one-dispatch")
        assert (refused.status, refused.json["type"]) == (409, "urn:hotline12345:problem:not-ready")
        assert "诉求性质" in refused.json["detail"]
        assert (await at.send("PUT", f"{path}/details", {"details": DETAILS}, seen='"1"')).status == 200
        assert (await at.send("POST", f"{path}/moves", body, seen='"2"', key="one-dispatch")).status == 201


async def test_what_may_not_be_done_says_why_and_what_may(tmp_path: Path) -> None:
    """A move from the wrong state, by the wrong unit, in a role that is not theirs, or beside the catalogue."""
    async with city(tmp_path) as at:
        number = await at.open()
        early = await at.move(number, "close", callback="satisfied", solved=True)
        assert (early.status, early.json["current"], early.is_problem) == (409, "awaiting_review", True)
        assert early.json["type"] == "urn:hotline12345:problem:move-not-possible"
        assert "dispatch" in [one["move"] for one in early.json["possible"]]
        assert (await at.move(number, "dispatch", "agent", role="leader", unit="住建局", basis="目录")).status == 403
        below = await at.move(number, "dispatch", unit="市西街道", basis="目录", exception="急", reason="急")
        assert (below.status, "第二十一条" in below.json["detail"]) == (409, True)
        other = await at.move(number, "dispatch", unit="城管局", basis="目录")
        assert (other.status, "须写明理由" in other.json["detail"]) == (409, True)
        assert (await at.send("POST", "/tickets", {"details": DETAILS}, "housing")).status == 403
        assert (await at.send("POST", "/tickets", {"details": DETAILS}, "reader")).status == 403
        assert len((await at.get(f"/tickets/{number}")).json["history"]) == 1


async def test_a_ticket_shows_what_its_reader_may_do(tmp_path: Path) -> None:
    """The unit that has it may sign, another reader other things; each with its fields and articles."""
    async with city(tmp_path) as at:
        number = await at.dispatched()
        unit = (await at.get(f"/tickets/{number}", "housing")).json["possible"]
        house = (await at.get(f"/tickets/{number}", "agent")).json["possible"]
        assert {"sign", "request_return"} <= {one["move"] for one in unit}
        assert {one["move"] for one in house} == {"urge", "supplement", "withdraw"}
        (back,) = [one for one in unit if one["move"] == "request_return"]
        assert (back["requires"], back["role"]) == (["reason", "basis", "suggestion"], "handler")
        assert "R22.6" in back["cites"]


@pytest.mark.covers("R22.3", "R22.6")
async def test_dates_are_explained_day_by_day(tmp_path: Path) -> None:
    """Once delivered, a ticket's dates stand with their reasons; before, there are none and it is said so."""
    async with city(tmp_path) as at:
        number = await at.open()
        assert (await at.get(f"/tickets/{number}/deadlines")).status == 409
        await at.move(number, "dispatch", unit="住建局", basis="派单目录")
        dates = (await at.get(f"/tickets/{number}/deadlines")).json
        assert dates["return_by"]["on"] < dates["due"]["on"]
        assert any("第5个工作日" in line for line in dates["reasoning"])
        known = (await at.get("/deadlines?received=2026-02-13T10:00")).json["dates"]
        assert {one["name"]: one["on"] for one in known} == {
            "return_by": "2026-02-24",
            "due": "2026-02-27",
            "last_day_to_apply_for_extension": "2026-02-26",
            "latest_extended_due": "2026-03-12",
        }


@pytest.mark.covers("A13")
async def test_tickets_of_one_matter_are_linked_by_number(tmp_path: Path) -> None:
    """A second caller's ticket is linked to the one that is handled, and each shows the other."""
    async with city(tmp_path) as at:
        first, second = await at.dispatched(), await at.open()
        assert (await at.move(second, "link", handling_ticket="20200101-000001")).status == 409
        assert (await at.move(second, "link", handling_ticket=first)).status == 201
        assert (await at.get(f"/tickets/{second}/links")).json == {"handling": first, "linked": []}
        assert (await at.get(f"/tickets/{first}/links")).json == {"handling": None, "linked": [second]}


@pytest.mark.covers("R7.2")
async def test_an_emergency_is_acknowledged(tmp_path: Path) -> None:
    """Declared at the opening by a person; once dispatched it waits for the unit's word, which is a move."""
    async with city(tmp_path) as at:
        number = await at.open(details={**DETAILS, "urgency": "emergency"})
        assert (await at.move(number, "dispatch", unit="住建局", basis="派单目录")).status == 201
        (waiting,) = (await at.get("/acknowledgements")).json["acknowledgements"]
        assert (waiting["ticket"], waiting["unit"], waiting["rank"]) == (number, "住建局", 0)
        assert (await at.get("/acknowledgements", "urban")).json["acknowledgements"] == []
        assert (await at.move(number, "acknowledge", "housing")).status == 201
        assert (await at.get("/acknowledgements")).json["acknowledgements"] == []


@pytest.mark.covers("A10", "R21.2")
async def test_a_co_handlers_task_is_listed_until_it_is_done(tmp_path: Path) -> None:
    """Named with the dispatch; its unit sees it, others do not; finishing it is a move."""
    async with city(tmp_path) as at:
        number = await at.dispatched(co_handlers=["城管局"])
        assert (await at.move(number, "sign", "housing")).status == 201
        (task,) = (await at.get("/tasks", "urban")).json["tasks"]
        assert (task["ticket"], task["unit"]) == (number, "城管局")
        assert (await at.get("/tasks", "county")).json["tasks"] == []
        assert (await at.get("/tasks?unit=城管局", "county")).json["tasks"] == []
        assert (await at.move(number, "finish_task", "urban", result="已协助")).status == 201
        assert (await at.get("/tasks")).json["tasks"] == []


async def test_names_and_numbers_are_masked_and_every_read_is_audited(tmp_path: Path) -> None:
    """Without a reason neither name nor number is whole; with one both are, and it stands in the audit."""
    async with city(tmp_path) as at:
        number = await at.open()
        plain = (await at.get(f"/tickets/{number}")).json
        assert (plain["caller_name"], plain["caller_number"], plain["contact"]) == ("王*", "138****1001", "138****1001")
        full = (await at.get(f"/tickets/{number}?reveal=回拨核实")).json
        assert (full["caller_name"], full["caller_number"]) == ("王小明", "13854301001")
        assert await at.desk.audited() == [("tickets.read", number, ""), ("tickets.read", number, "回拨核实")]
