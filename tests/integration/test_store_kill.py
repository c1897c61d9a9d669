"""kill -9 in the middle of a stream of writes: what was acknowledged is there, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.books import MORNING, books, call
from tickets.model import Kind
from tickets.store import TicketFilter

#: Writes calls and tickets without end, 20 at a time, and says each id once it is acknowledged.
WRITER = """
import asyncio, sys
from tests.books import MORNING, books, call
from tickets.model import Kind

async def stream(at, lane):
    n = 0
    while True:
        name = f"{lane}.{n}"
        await at.calls.save(call(name))
        ticket = await at.desk.open_from_call(name, "13854301001", Kind.MATTER, MORNING)
        print(name, ticket.number, flush=True)
        n += 1

async def main():
    async with books(sys.argv[1]) as at:
        await asyncio.gather(*(stream(at, lane) for lane in range(20)))

asyncio.run(main())
"""


@pytest.mark.covers("R14.1")
async def test_what_was_acknowledged_survives_a_kill(database_url: str) -> None:
    """Killed in mid-stream, every acknowledged call and ticket is there; asked again, each has the same ticket."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WRITER, database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as writer:  # noqa: ASYNC220 - nothing else runs
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(300)]
        writer.kill()
        lines += writer.stdout.readlines()
    # The last line may be cut off by the kill.
    told = dict(line.split() for line in lines if line.endswith("\n"))
    assert len(told) >= 300
    assert writer.returncode == -9
    async with books(database_url) as at:
        for name, number in told.items():
            assert await at.calls.get(name) == call(name)
            again = await at.desk.open_from_call(name, "13854301001", Kind.MATTER, MORNING)
            assert again.number == number
        kept = await at.tickets.page(TicketFilter(), limit=10_000)
        numbers = [ticket.number for ticket in kept.rows]
        assert len(numbers) == len(set(numbers))
        calls = [ticket.call_id for ticket in kept.rows]
        assert len(calls) == len(set(calls))
