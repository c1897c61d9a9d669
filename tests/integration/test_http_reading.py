"""Calls, recordings and tickets are found over HTTP; numbers are masked; every look leaves a trace."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from common import clock
from ivr.model import Outcome, RecordingState
from tests.books import MORNING, call, track
from tests.http_kit import Desk, desk
from tickets.model import Kind


async def fill(at: Desk) -> str:
    """One answered call with its recording and ticket; gives the ticket's number."""
    answered = MORNING + timedelta(seconds=9.5)
    await at.at.calls.save(call(answered_at=answered, ended_at=answered, outcome=Outcome.ANSWERED, seat="8001"))
    await at.at.calls.save_recordings([track(path="2026/11/24/a.wav")])
    (at.recordings / "2026/11/24").mkdir(parents=True)
    (at.recordings / "2026/11/24/a.wav").write_bytes(bytes(range(256)) * 4)
    return (await at.at.desk.open_from_call("node-1.1", "13854301001", Kind.MATTER, MORNING)).number


@pytest.mark.covers("R14.1", "R3.1")
async def test_a_stranger_finds_their_call_its_recording_and_its_ticket(tmp_path: Path, database_url: str) -> None:
    """From the list of calls to the call, from there to the sound and to the ticket with its history."""
    async with desk(tmp_path, database_url) as at:
        number = await fill(at)
        (row,) = (await at.get("/api/v1/calls")).json["calls"]
        assert (row["id"], row["outcome"], row["wait_seconds"], row["seat"]) == ("node-1.1", "answered", 9.5, "8001")
        assert row["rang_at"] == "2026-11-24T10:00:00.000+08:00"
        one = (await at.get("/api/v1/calls/node-1.1")).json
        assert one["tickets"] == [number]
        assert (await at.get(one["recordings"][0]["audio"])).body == bytes(range(256)) * 4
        ticket = (await at.get(f"/api/v1/tickets/{number}")).json
        assert (ticket["call_id"], ticket["kind"], ticket["status"]) == ("node-1.1", "matter", "awaiting_review")
        assert [step["seq"] for step in ticket["history"]] == [1]
        (listed,) = (await at.get("/api/v1/tickets?call=node-1.1&kind=matter&status=awaiting_review")).json["tickets"]
        assert listed["number"] == number


@pytest.mark.covers("R25.2")
async def test_numbers_are_masked_until_a_reason_is_given(tmp_path: Path, database_url: str) -> None:
    """Without a reason no answer holds the number; with one it does, and the reason stands in the audit."""
    async with desk(tmp_path, database_url) as at:
        number = await fill(at)
        addresses = ["/api/v1/calls", "/api/v1/calls/node-1.1", "/api/v1/tickets", f"/api/v1/tickets/{number}"]
        for address in addresses:
            masked = await at.get(address)
            assert b"13854301001" not in masked.body
            assert b"138****1001" in masked.body
            assert b"13854301001" in (await at.get(f"{address}?reveal=回拨核实")).body
        assert [reason for _, _, reason in await at.audited()] == ["", "回拨核实"] * 4


@pytest.mark.covers("R25.2")
async def test_every_look_at_someones_data_is_audited(tmp_path: Path, database_url: str) -> None:
    """Lists, single records and sound leave who, what and which ids; figures, alarms and failures leave nothing."""
    async with desk(tmp_path, database_url) as at:
        number = await fill(at)
        for address in (
            "/api/v1/calls",
            "/api/v1/calls/node-1.1",
            "/api/v1/recordings/track-1/audio",
            "/api/v1/tickets",
            f"/api/v1/tickets/{number}",
            "/api/v1/figures",
            "/api/v1/alarms",
            "/api/v1/calls/unknown",
            "/api/v1/calls?outcome=abandoned",
        ):
            await at.get(address)
        assert await at.audited() == [
            ("calls.list", "node-1.1", ""),
            ("calls.read", "node-1.1", ""),
            ("recordings.hear", "node-1.1 track-1", ""),
            ("tickets.list", number, ""),
            ("tickets.read", number, ""),
        ]


@pytest.mark.covers("R25.2")
async def test_what_cannot_be_audited_is_not_shown(tmp_path: Path, database_url: str) -> None:
    """With an audit that refuses to be written, the answer is a failure without the data."""
    async with desk(tmp_path, database_url) as at:
        number = await fill(at)

        def lose(connection: Connection) -> None:
            connection.exec_driver_sql("DROP TABLE audit")

        await at.at.database.write(lose)
        for address in ("/api/v1/calls", f"/api/v1/tickets/{number}", "/api/v1/recordings/track-1/audio"):
            answer = await at.get(address)
            assert answer.status == 503
            assert answer.is_problem
            assert b"node-1.1" not in answer.body


async def test_an_unchanged_list_is_not_sent_or_audited_again(tmp_path: Path, database_url: str) -> None:
    """Who has the list already gets 304 without an entry; after a change the new list comes."""
    async with desk(tmp_path, database_url) as at:
        await fill(at)
        first = await at.get("/api/v1/calls")
        again = await at.get("/api/v1/calls", **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
        await at.at.calls.save(call("node-1.2"))
        changed = await at.get("/api/v1/calls", **{"If-None-Match": first.headers["ETag"]})
        assert changed.status == 200
        assert len(await at.audited()) == 2


async def test_pages_follow_each_other(tmp_path: Path, database_url: str) -> None:
    """Following next shows every call once and ends, whatever arrives meanwhile."""
    async with desk(tmp_path, database_url) as at:
        for n in range(5):
            await at.at.calls.save(call(f"n.{n}", rang_at=MORNING + timedelta(seconds=n)))
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await at.get(f"/api/v1/calls?limit=2{cursor}")).json
            seen += [row["id"] for row in page["calls"]]
            await at.at.calls.save(call(f"new.{len(seen)}", rang_at=MORNING + timedelta(hours=1)))
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert seen == ["n.4", "n.3", "n.2", "n.1", "n.0"]


async def test_missed_calls_of_a_day_are_listed(tmp_path: Path, database_url: str) -> None:
    """``outcome=abandoned`` with a civil date are the calls to be called back."""
    async with desk(tmp_path, database_url) as at:
        await at.at.calls.save(call("missed", outcome=Outcome.ABANDONED, ended_at=MORNING))
        await at.at.calls.save(call("taken", outcome=Outcome.ANSWERED, ended_at=MORNING))
        await at.at.calls.save(
            call("earlier", outcome=Outcome.ABANDONED, ended_at=MORNING, rang_at=MORNING - timedelta(days=1))
        )
        for since in ("2026-11-24", "2026-11-24T10:00:00%2B08:00", "2026-11-24T09:59", "2026-11-24T02:00:00Z"):
            listed = (await at.get(f"/api/v1/calls?outcome=abandoned&since={since}")).json["calls"]
            assert [row["id"] for row in listed] == ["missed"]
        assert (await at.get("/api/v1/calls?number=13854301001&until=2026-11-24")).json["calls"][0]["id"] == "earlier"


async def test_sound_can_be_sought_in(tmp_path: Path, database_url: str) -> None:
    """A player gets the range that it asks for; a range beyond the end is refused as such."""
    async with desk(tmp_path, database_url) as at:
        await fill(at)
        part = await at.get("/api/v1/recordings/track-1/audio", Range="bytes=10-19")
        assert (part.status, part.body) == (206, bytes(range(10, 20)))
        assert part.headers["Content-Range"] == "bytes 10-19/1024"
        assert part.headers["Content-Type"] == "audio/wav"
        for wrong in ("bytes=5000-", "bytes=9-1", "lines=1-2", "bytes=a-b"):
            assert (await at.get("/api/v1/recordings/track-1/audio", Range=wrong)).status == 416


async def test_sound_that_is_not_there_is_said_so(tmp_path: Path, database_url: str) -> None:
    """Empty, missing, and a path that leads out of the recordings directory: a problem, and nothing of the disk."""
    async with desk(tmp_path, database_url) as at:
        (tmp_path / "outside.wav").write_bytes(b"private")
        await at.at.calls.save_recordings(
            [
                track("empty", state=RecordingState.EMPTY, path="x.wav"),
                track("gone", path="2026/11/24/gone.wav"),
                track("folder", path="."),
                track("outside", path="../outside.wav"),
                track("absolute", path=str(tmp_path / "outside.wav")),
            ]
        )
        for name in ("empty", "gone", "folder", "outside", "absolute", "unknown"):
            answer = await at.get(f"/api/v1/recordings/{name}/audio")
            assert (answer.status, answer.is_problem) == (404, True), name
        assert await at.audited() == []


async def test_alarms_and_figures(tmp_path: Path, database_url: str) -> None:
    """Standing alarms with their time, and today in numbers with the shares that the standard asks for."""
    async with desk(tmp_path, database_url) as at:
        await at.at.calls.raise_alarm("disk", "还剩 4 GB", MORNING)
        now = clock.now()
        await at.at.calls.save(call("n.1", rang_at=now, answered_at=now, ended_at=now, outcome=Outcome.ANSWERED))
        await at.at.calls.count_refusal("carrier", "shed", clock.civil(now).date())
        (alarm,) = (await at.get("/api/v1/alarms")).json["alarms"]
        assert alarm == {
            "code": "disk",
            "detail": "还剩 4 GB",
            "raised_at": "2026-11-24T10:00:00.000+08:00",
            "times": 1,
        }
        figures = (await at.get("/api/v1/figures")).json
        assert (figures["by_outcome"], figures["refused"]) == ({"answered": 1}, {"shed": 1})
        assert (figures["connected_share"], figures["within_goal_share"]) == (1.0, 1.0)


async def test_a_confidential_ticket_is_not_seen(tmp_path: Path, database_url: str) -> None:
    """Marked confidential, a ticket is in no list, and its number answers as if there were none."""
    async with desk(tmp_path, database_url) as at:
        number = await fill(at)

        def mark(connection: Connection) -> None:
            connection.exec_driver_sql("UPDATE tickets SET confidential = true")

        await at.at.database.write(mark)
        assert (await at.get("/api/v1/tickets")).json["tickets"] == []
        hidden = await at.get(f"/api/v1/tickets/{number}")
        unknown = await at.get("/api/v1/tickets/20261124-999999")
        assert (hidden.status, json.loads(hidden.body)) == (404, json.loads(unknown.body))
