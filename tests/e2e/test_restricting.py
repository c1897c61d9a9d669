"""A number that was restricted after abuse of the line, calling over the trunk (R8.1, A21)."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.roles import Role
from ivr.abuse.desk import AbuseDesk
from ivr.abuse.model import Abuse, Person
from ivr.abuse.store import AbuseStore
from simnet.listen import find
from simnet.sipp import invite
from simnet.sound import RATE, Samples, read
from tests.books import books, call, track, url
from tests.e2e.trunk_line import TRUNKS, Line, Row, running

pytestmark = [pytest.mark.timeout(180), pytest.mark.covers("R8.1", "A21")]

NUMBER, OTHER = "13854301077", "13854301078"


async def _restricted(data: Path) -> None:
    """The books of a house in which a leader has approved the restriction of a number, before it opens."""
    async with books(url(data)) as at:
        await at.calls.save(call("before-1.1", number=NUMBER, rang_at=clock.now(), ended_at=clock.now()))
        await at.calls.save_recordings([track("before-1.1-r", "before-1.1")])
        desk = AbuseDesk(AbuseStore(at.database.reads, at.once), restricting=True)
        agent = Person("agent", frozenset({Role.AGENT}), "12345")
        supervisor = replace(agent, account="supervisor", roles=frozenset({Role.SHIFT_SUPERVISOR}))
        leader = replace(agent, account="leader", roles=frozenset({Role.LEADER}))
        mark = await desk.mark(agent, "before-1.1", Abuse.HARASSMENT, "深夜反复来电骚扰")
        await desk.decide(supervisor, mark.id, confirm=True, why="录音属实")
        await desk.propose(supervisor, mark.id, 24, "经劝阻不改")
        await desk.approve(leader, mark.id, agree=True, why="同意")


async def _screened(line: Line, number: str) -> dict[str, Any]:
    """What ``hotline screen-call`` says of a number."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hotline", "screen-call", "--from", number, "--json"),
        env=line.supervisor,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    answer: dict[str, Any] = json.loads(printed)
    return answer


async def _call(line: Line, number: str, trunk: str = "carrier") -> int:
    sender = f"<sip:{number}@127.0.0.3>"
    done = await invite(
        line.product.host, line.product.sip_port, source=TRUNKS[trunk], from_line=sender, hold=0.2, seconds=40
    )
    return done.final


def _pieces(announcement: Samples) -> list[Samples]:
    """An announcement cut into seconds; the last, which the final response may cut off, is left out."""
    return [announcement[start : start + RATE] for start in range(0, len(announcement) - RATE, RATE)][:-1]


@pytest.mark.covers("R6.5", "A14")
async def test_a_restricted_caller_hears_where_emergencies_are_answered_and_is_refused(tmp_path: Path) -> None:
    """Where the city restricts: the whole announcement before the refusal; others, and linked houses, get through.

    Where it does not: the same rows stand in the books, and the caller is answered.
    """
    (tmp_path / "data").mkdir()
    await _restricted(tmp_path / "data")
    async with running(tmp_path, {"RESTRICTING": True}) as line:
        await line.net.start(line.product.host, line.product.sip_port)
        said = await _screened(line, NUMBER)
        assert (said["accepted"], said["reason"], said["number"]) == (False, "restricted", NUMBER)
        line.seen.append("before-1.1")

        dialled = await line.net.dial(caller_id=NUMBER)
        others = asyncio.gather(_call(line, OTHER), _call(line, NUMBER, "linked"))
        ending = await dialled.ended.within(40)
        assert (ending.sip, dialled.answered.happened) == (403, False)
        heard = dialled.heard.samples()
        pieces = _pieces(read(line.product.data / "sounds" / "zh" / "refused-restricted.alaw"))
        places = [find(piece, heard) for piece in pieces]
        # A packet that came late on a busy machine may spoil a piece, never the order.
        found = [place for place in places if place is not None]
        assert found == sorted(found), places
        assert len(found) >= 0.7 * len(pieces), places
        # Where emergencies are answered comes first (A14), and from the first seconds of the call on.
        assert found[0] < 2
        assert list(await others) == [200, 200]
        assert sorted(await line.new_rows(3)) == [
            Row("carrier", NUMBER, "restricted", shadowed=False, outcome="refused"),
            Row("carrier", OTHER, "accepted.mobile", shadowed=False, outcome="abandoned"),
            Row("linked", NUMBER, "accepted.allow-listed", shadowed=False, outcome="abandoned"),
        ]

    async with running(tmp_path, {}) as line:
        assert (await _screened(line, NUMBER))["reason"] == "accepted.mobile"
        line.seen.extend(row[0] for row in line.read("SELECT id FROM calls"))
        assert line.read("SELECT count(*) FROM abuse_steps WHERE kind = 'approved'") == [(1,)]
        assert await _call(line, NUMBER) == 200
        assert await line.new_rows(1) == [
            Row("carrier", NUMBER, "accepted.mobile", shadowed=False, outcome="abandoned")
        ]
