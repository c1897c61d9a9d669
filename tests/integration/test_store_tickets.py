"""One automatic ticket per call, whoever asks, however often, however many at once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.paging import Cursor
from tests.books import MORNING, books
from tickets.model import Channel, Entry, Kind, Opened, Raised, Status
from tickets.store import TicketFilter
from tickets.store.rows import forget
from tickets.store.tables import tickets

pytestmark = pytest.mark.covers("R3.1", "R14.1")


async def test_a_call_becomes_a_ticket_with_what_is_recorded_for_every_case(database_url: str) -> None:
    """The ticket says who called, when, how, and where the recording is; its number is the civil date and a count."""
    async with books(database_url) as at:
        made = await at.desk.open_from_call("node-1.1", "13854301001", Kind.MESSAGE, MORNING, "track-1")
        assert await at.tickets.by_number(made.number) == made
        assert await at.tickets.by_number("20261124-999999") is None
        assert [step.row for step in await at.tickets.history(made.id)] == ["open"]
    assert re.fullmatch(r"20261124-\d{6}", made.number)
    assert (made.caller_number, made.opened_at, made.channel) == ("13854301001", MORNING, Channel.TELEPHONE)
    assert (made.recording_id, made.call_id, made.status) == ("track-1", "node-1.1", Status.AWAITING_REVIEW)


async def test_fifty_who_open_at_once_open_one(database_url: str) -> None:
    """Fifty tasks that ask for one call's ticket at the same moment get the same one, over several transactions."""
    async with books(database_url, window=0.001) as at:

        async def ask(n: int) -> str:
            await asyncio.sleep(n % 5 / 200)
            return (await at.desk.open_from_call("node-1.1", "13854301001", Kind.MATTER, MORNING)).number

        numbers = set(await asyncio.gather(*map(ask, range(50))))
        assert len(numbers) == 1
        assert len((await at.tickets.page(TicketFilter(), limit=10)).rows) == 1


async def test_two_processes_open_one(database_url: str) -> None:
    """Two services on one database (the old one still stopping) race for the same calls: still one ticket each."""
    async with books(database_url) as one, books(database_url) as two:
        asked = (at.desk.open_from_call(f"n.{n}", "", Kind.MATTER, MORNING) for n in range(40) for at in (one, two))
        made = await asyncio.gather(*asked)
        assert [a.id for a in made[::2]] == [b.id for b in made[1::2]]
        assert len({ticket.number for ticket in made}) == 40


async def test_a_call_that_weighs_more_later_raises_its_ticket(database_url: str) -> None:
    """Callback, then answered, then an emergency, then answered again: one ticket, raised twice, with its history."""
    kinds = [Kind.CALLBACK, Kind.MATTER, Kind.EMERGENCY_TRANSFER, Kind.MATTER]
    async with books(database_url) as at:
        for minute, kind in enumerate(kinds):
            last = await at.desk.open_from_call("node-1.1", "", kind, MORNING + timedelta(minutes=minute))
        assert [made.id for made in await at.tickets.of_call("node-1.1")] == [last.id]
        history = await at.tickets.history(last.id)
    assert (last.kind, last.opened_at) == (Kind.EMERGENCY_TRANSFER, MORNING)
    assert [(step.seq, kind_of(step)) for step in history] == [(1, kinds[0]), (2, kinds[1]), (3, kinds[2])]


async def test_all_at_once_ends_with_the_weightiest(database_url: str) -> None:
    """Different kinds of one call in one transaction leave one ticket of the weightiest kind and a whole history."""
    async with books(database_url, window=0.05) as at:
        await asyncio.gather(*(at.desk.open_from_call("node-1.1", "", kind, MORNING) for kind in reversed(Kind)))
        (made,) = await at.tickets.of_call("node-1.1")
        assert made.kind is Kind.EMERGENCY_TRANSFER
        assert [step.seq for step in await at.tickets.history(made.id)] == list(range(1, made.steps + 1))


async def test_an_agent_opens_further_tickets_for_further_matters(database_url: str) -> None:
    """Further matters of a call are tickets of their own, by name of who opened them; the automatic one stays first."""
    async with books(database_url) as at:
        automatic = await at.desk.open_from_call("node-1.1", "", Kind.MATTER, MORNING)
        for _ in range(2):
            further = await at.desk.open_further("node-1.1", "", MORNING, who="zhang", unit="话务一组")
        of_call = await at.tickets.of_call("node-1.1")
        (step,) = await at.tickets.history(further.id)
    assert [made.automatic for made in of_call] == [True, False, False]
    assert of_call[0] == automatic
    assert (step.actor.who, step.actor.unit) == ("zhang", "话务一组")


async def test_numbers_count_anew_each_civil_day(database_url: str) -> None:
    """The count belongs to the day on the office's wall: a second before midnight there is still the old day."""
    midnight = MORNING - timedelta(hours=10)
    async with books(database_url) as at:
        numbers = [
            (await at.desk.open_from_call(f"n.{n}", "", Kind.MATTER, midnight + timedelta(seconds=n))).number
            for n in (-2, -1, 0)
        ]
    assert numbers == ["20261123-000001", "20261123-000002", "20261124-000001"]


async def test_calls_of_both_sides_of_midnight_in_one_transaction_are_numbered_by_their_own_days(
    database_url: str,
) -> None:
    """What is committed together is not of one day because of that: each number has the day of its own call."""
    midnight = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    async with books(database_url, window=0.2) as at:

        async def numbers(*seconds: int) -> list[str]:
            instants = [midnight + timedelta(seconds=one) for one in seconds]
            opening = (at.desk.open_from_call(f"n.{instant}", "", Kind.MATTER, instant) for instant in instants)
            return [ticket.number for ticket in await asyncio.gather(*opening)]

        assert await numbers(-9, -8) == ["20261124-000001", "20261124-000002"]
        assert await numbers(-1, 0) == ["20261124-000003", "20261125-000001"]


async def test_a_call_without_an_id_opens_nothing(database_url: str) -> None:
    """All calls without an id would share one ticket; they are refused."""
    async with books(database_url) as at:
        with pytest.raises(ValueError, match="call's id"):
            await at.desk.open_from_call("", "", Kind.MATTER, MORNING)


async def test_pages_hold_still_while_tickets_come_in(database_url: str) -> None:
    """Read page by page, newest first, each ticket is seen once, though new ones arrive between two pages."""
    async with books(database_url) as at:
        made = [
            await at.desk.open_from_call(f"n.{n}", "", Kind.MATTER, MORNING + timedelta(seconds=n // 3))
            for n in range(20)
        ]
        seen: list[str] = []
        after: Cursor | None = None
        while True:
            page = await at.tickets.page(TicketFilter(), limit=6, after=after)
            seen += [shown.id for shown in page.rows]
            await at.desk.open_from_call(f"new.{len(seen)}", "", Kind.MATTER, MORNING + timedelta(hours=1))
            if page.next is None:
                break
            after = Cursor.parse(str(page.next))
    assert sorted(seen) == sorted(one.id for one in made)
    assert len(seen) == 20


async def test_a_list_shows_what_is_asked_for(database_url: str) -> None:
    """Kind, state, number, call and time narrow the list."""
    hour = timedelta(hours=1)
    async with books(database_url) as at:
        await at.desk.open_from_call("n.1", "13854301001", Kind.MATTER, MORNING)
        await at.desk.open_from_call("n.2", "05433123456", Kind.MESSAGE, MORNING + hour)

        async def calls(shown: TicketFilter) -> list[str]:
            return [found.call_id for found in (await at.tickets.page(shown, limit=10)).rows]

        assert await calls(TicketFilter(status=Status.AWAITING_REVIEW)) == ["n.2", "n.1"]
        assert await calls(TicketFilter(kind=Kind.MESSAGE)) == ["n.2"]
        assert await calls(TicketFilter(number="13854301001")) == ["n.1"]
        assert await calls(TicketFilter(call_id="n.2")) == ["n.2"]
        assert await calls(TicketFilter(since=MORNING + hour)) == ["n.2"]
        assert await calls(TicketFilter(until=MORNING + hour)) == ["n.1"]


def kind_of(step: Entry) -> Kind:
    """What the ticket was after a step of its intake."""
    assert isinstance(step.told, Opened | Raised)
    return step.told.kind


async def test_a_ticket_is_read_as_it_stands_whoever_wrote_it(database_url: str) -> None:
    """What was kept from writing it is not shown once its row says anything else."""
    async with books(database_url) as at:
        made = await at.desk.open_from_call("n.1", "13854301001", Kind.MATTER, MORNING, "track-1")
        forget()
        assert await at.tickets.get(made.id) == made
        wiped = tickets.update().values(caller_number="")
        await at.database.write(lambda connection: connection.execute(wiped))
        assert await at.tickets.get(made.id) == replace(made, caller_number="")


async def test_numbers_go_on_from_one_transaction_to_the_next(database_url: str) -> None:
    """Those that came together have counted too."""
    async with books(database_url, window=0.05) as at:

        async def numbers(*calls: int) -> list[str]:
            opening = (at.desk.open_further(f"n.{n}", "", MORNING, who="小王", unit="12345") for n in calls)
            return [ticket.number[-3:] for ticket in await asyncio.gather(*opening)]

        assert await numbers(1, 2, 3) == ["001", "002", "003"]
        assert await numbers(4) == ["004"]
