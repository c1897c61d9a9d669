"""Timers happen exactly once: with several services, after a crash, and when the clock jumps (R3.3, A24)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from common.store import NotWritten
from tests.books import books
from tests.city import City, city, handler
from tests.city import at as civil_time
from tickets.desk.clockwork import fire_due
from tickets.ruleset import DEFAULT_RULES
from tickets.store import TicketStore, tables_register, tables_work
from tickets.timers import TimerLoop
from tickets.workflow_moves import Move

YELLOW = civil_time("2026-11-30T00:00")


async def cards(at: City) -> Counter[tuple[str, str]]:
    """How often each warning stands in the history of each ticket."""
    found: Counter[tuple[str, str]] = Counter()
    for row in await at.rows(tables_work.timers):
        found[row["ticket_id"], row["kind"]] += 0
    for ticket in {ticket for ticket, _ in found}:
        for step in await at.books.tickets.history(ticket):
            if step.row == Move.WARN:
                found[ticket, step.facts.ground] += 1
    return found


async def test_two_services_fire_each_timer_once(database_url: str) -> None:
    """Two loops that look at the same moment, again and again: one yellow card and one notice per ticket."""
    async with city(database_url) as at, books(database_url) as other:
        made = [await at.signed() for _ in range(25)]
        looks = [
            store.run(lambda work: fire_due(work, YELLOW, 10))
            for _ in range(12)
            for store in (at.books.tickets, other.tickets)
        ]
        fired = await asyncio.gather(*looks)
        assert sum(one.fired for one in fired) == len(made)
        counted = await cards(at)
        assert [counted[ticket.id, "yellow_card"] for ticket in made] == [1] * len(made)
        told = Counter(row["ticket_id"] for row in await at.rows(tables_work.notices) if row["kind"] == "warning")
        assert set(told.values()) == {1}


async def test_what_came_due_while_nobody_ran_fires_at_the_next_start(tmp_path: Path) -> None:
    """The service is down from before the yellow card until after it: it fires once after the start, never again."""
    async with city(tmp_path) as at:
        ticket = await at.signed()
    async with books(tmp_path) as later:
        again = City(later, now=YELLOW + timedelta(hours=9))
        assert (await again.tick()).fired == 1
        assert (await again.tick()).fired == 0
        assert (await cards(again))[ticket.id, "yellow_card"] == 1


async def test_a_clock_that_jumps_fires_nothing_twice(database_url: str) -> None:
    """A month forward all comes at once, in the order of its instants; back and forward again nothing more."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.tick(civil_time("2027-01-04T00:00"))
        assert [s.facts.ground for s in await at.books.tickets.history(ticket.id) if s.row == Move.WARN] == [
            "yellow_card",
            "red_card",
        ]
        await at.tick(civil_time("2026-11-25T00:00"))
        await at.tick(civil_time("2027-01-04T00:00"))
        assert set((await cards(at)).values()) == {1}


async def test_a_timer_whose_reason_is_gone_does_nothing(database_url: str) -> None:
    """Answered in the very batch in which its card came due, a ticket gets none."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now = YELLOW
        looked, _ = await asyncio.gather(
            at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer()), at.tick(YELLOW)
        )
        grounds = [step.facts.ground for step in await at.books.tickets.history(looked.id)]
        assert "red_card" not in grounds
        assert (await at.tick(civil_time("2026-12-31T00:00"))).fired == 1  # the callback that nobody began
        assert (await cards(at))[ticket.id, "red_card"] == 0


async def test_one_ticket_that_cannot_be_moved_keeps_no_other_waiting(database_url: str) -> None:
    """Its rule set was lost: its timer is tried again later and later, all others fire; once it is back it fires."""
    async with city(database_url) as at:
        lost = replace(DEFAULT_RULES, version="v2", valid_from=date(2026, 11, 1))
        good = await at.signed()
        await at.books.tickets.put(lost, at=at.now)
        bad = await at.signed()
        table = tables_register.rule_sets

        def forget(connection: Connection) -> None:
            connection.execute(table.delete().where(table.c.version == "v2"))
            connection.execute(tables_register.register_version.update().values(version=99))

        await at.books.database.write(forget)
        fired = await at.tick(YELLOW)
        assert (fired.fired, fired.failed) == (1, 1)
        assert (await at.tick(YELLOW)).failed == 0
        assert (await at.tick(YELLOW + timedelta(minutes=1))).failed == 1
        await at.books.tickets.put(lost, at=at.now)
        assert (await at.tick(YELLOW + timedelta(minutes=3))).fired == 1
        counted = await cards(at)
        assert (counted[good.id, "yellow_card"], counted[bad.id, "yellow_card"]) == (1, 1)


#: Fires timers without end, saying when it has begun.
FIRING = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from tests.books import books
from tickets.desk.clockwork import fire_due

async def main():
    at = datetime.fromisoformat(sys.argv[2])
    async with books(Path(sys.argv[1])) as open_books:
        print("begun", flush=True)
        while True:
            await open_books.tickets.run(lambda work: fire_due(work, at, 1))
            print("fired", flush=True)

asyncio.run(main())
"""


async def test_killed_in_the_middle_each_timer_still_fires_exactly_once(tmp_path: Path) -> None:
    """Killed between and within transactions: what was done has all its effects, the rest is done after the start."""
    async with city(tmp_path) as at:
        made = [await at.signed() for _ in range(30)]
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FIRING, str(tmp_path), YELLOW.isoformat()]
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as firing:  # noqa: ASYNC220 - nothing else runs
            assert firing.stdout is not None
            for _line in range(5):
                firing.stdout.readline()
            firing.kill()
    async with books(tmp_path) as later:
        again = City(later, now=YELLOW)
        while (await again.tick()).fired:
            pass
        counted = await cards(again)
        assert [counted[ticket.id, "yellow_card"] for ticket in made] == [1] * 30


class Refusing(TicketStore):
    """Books that do not answer at first."""

    refusals = 2

    async def run(self, use_case: object, *touches: str) -> object:  # type: ignore[override]  # the test's own
        """Refuse twice."""
        if self.refusals:
            self.refusals -= 1
            raise NotWritten("the disk is full")
        return await super().run(use_case, *touches)  # type: ignore[arg-type]  # as it came


async def test_the_loop_goes_on_when_the_database_does_not_answer(tmp_path: Path) -> None:
    """Refused twice it looks a third time, and fires."""
    async with city(tmp_path) as at:
        ticket = await at.signed()
        slept: asyncio.Queue[float] = asyncio.Queue()

        async def sleep(seconds: float) -> None:
            await slept.put(seconds)
            await asyncio.sleep(0)

        def now() -> datetime:
            return YELLOW

        store = Refusing(at.books.database.reads, at.books.ledger, at.books.tickets.sealing.vault)
        loop = asyncio.create_task(TimerLoop(store, now=now, every_seconds=7, sleep=sleep).run())
        assert [await slept.get() for _ in range(3)] == [7, 7, 7]
        loop.cancel()
        await asyncio.wait({loop})
        assert (await cards(at))[ticket.id, "yellow_card"] == 1
