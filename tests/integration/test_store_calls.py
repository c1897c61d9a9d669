"""The books of the telephone: calls, recordings, alarms, refusals, figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from common.paging import Cursor
from ivr.model import Alarm, Outcome, RecordingState
from ivr.store import CallFilter
from tests.books import MORNING, books, call, track


async def test_a_call_comes_back_as_it_was_saved(database_url: str) -> None:
    """Every field survives, instants to the microsecond and aware; an unknown id is None."""
    full = call(
        greeted_at=MORNING + timedelta(microseconds=1),
        queued_at=MORNING + timedelta(seconds=2),
        answered_at=MORNING + timedelta(seconds=9),
        ended_at=MORNING + timedelta(seconds=60),
        seat="8001",
        emergency="110",
        outcome=Outcome.EMERGENCY,
        cause=16,
        degraded=True,
        shadowed=True,
    )
    async with books(database_url) as at:
        await at.calls.save(full)
        assert await at.calls.get(full.id) == full
        assert await at.calls.get("unknown") is None


async def test_a_naive_time_is_refused(database_url: str) -> None:
    """A time without its zone never gets into the books."""
    async with books(database_url) as at:
        with pytest.raises(Exception, match="time zone"):
            await at.calls.save(call(rang_at=MORNING.replace(tzinfo=None)))


async def test_open_calls_are_those_without_an_end(database_url: str) -> None:
    """An answered call that goes on is open; one that ended is not: this is what a restart looks after."""
    async with books(database_url) as at:
        await at.calls.save(call("n.1", outcome=Outcome.ANSWERED, answered_at=MORNING))
        await at.calls.save(call("n.2", outcome=Outcome.ABANDONED, ended_at=MORNING))
        await at.calls.save(call("n.3", rang_at=MORNING - timedelta(hours=1)))
        assert [found.id for found in await at.calls.open_calls()] == ["n.3", "n.1"]


async def test_pages_hold_still_while_calls_come_in(database_url: str) -> None:
    """Read page by page, newest first, every call is seen once, though new ones arrive between two pages."""
    async with books(database_url) as at:
        # Three calls in each second, so that the id must decide within one instant.
        for n in range(30):
            await at.calls.save(call(f"n.{n:02}", rang_at=MORNING + timedelta(seconds=n // 3)))
        seen: list[str] = []
        after: Cursor | None = None
        while True:
            page = await at.calls.page(CallFilter(), limit=7, after=after)
            seen += [found.id for found in page.rows]
            await at.calls.save(call(f"new.{len(seen)}", rang_at=MORNING + timedelta(hours=1)))
            if page.next is None:
                break
            after = Cursor.parse(str(page.next))
        assert seen == [f"n.{n:02}" for n in reversed(range(30))]


async def test_a_list_shows_what_is_asked_for(database_url: str) -> None:
    """Outcome, number and time narrow the list; since counts in, until does not."""
    async with books(database_url) as at:
        hour = timedelta(hours=1)
        await at.calls.save(call("missed", outcome=Outcome.ABANDONED, ended_at=MORNING))
        await at.calls.save(call("taken", outcome=Outcome.ANSWERED, rang_at=MORNING + hour))
        await at.calls.save(call("other", number="05433123456", rang_at=MORNING + 2 * hour))

        async def ids(shown: CallFilter) -> list[str]:
            return [found.id for found in (await at.calls.page(shown, limit=10)).rows]

        assert await ids(CallFilter()) == ["other", "taken", "missed"]
        assert await ids(CallFilter(outcome=Outcome.ABANDONED)) == ["missed"]
        assert await ids(CallFilter(outcome=Outcome.ANSWERED)) == ["taken"]
        assert await ids(CallFilter(number="13854301001")) == ["taken", "missed"]
        assert await ids(CallFilter(since=MORNING + hour, until=MORNING + 2 * hour)) == ["taken"]


async def test_recordings_are_found_by_call_and_all_of_them_by_walking(database_url: str) -> None:
    """Tracks belong to their call in the order they began; the walk for reconciliation sees each one once."""
    async with books(database_url) as at:
        agent = track("b", who="8001", started_at=MORNING + timedelta(seconds=9))
        citizen = track("c")
        other = track("a", "node-1.2", state=RecordingState.MISSING)
        await at.calls.save_recordings([agent, citizen, other])
        await at.calls.save_recordings([])
        assert await at.calls.recordings_of("node-1.1") == [citizen, agent]
        assert await at.calls.recording("a") == other
        assert await at.calls.recording("unknown") is None
        assert [found.id async for found in at.calls.all_recordings(at_once=2)] == ["a", "b", "c"]
        await at.calls.save_recordings([replace(other, state=RecordingState.CLOSED)])
        assert await at.calls.recording("a") == replace(other, state=RecordingState.CLOSED)


async def test_an_alarm_stands_once_until_it_is_cleared(database_url: str) -> None:
    """Raised again it keeps its time and counts; cleared it is over; raised after that it is a new one."""
    later = MORNING + timedelta(minutes=5)
    async with books(database_url) as at:
        await at.calls.raise_alarm("disk", "4 GB free", MORNING)
        await at.calls.raise_alarm("disk", "3 GB free", later)
        assert await at.calls.alarms() == [Alarm("disk", "3 GB free", MORNING, times=2)]
        await at.calls.clear_alarm("disk", later)
        await at.calls.clear_alarm("never raised", later)
        assert await at.calls.alarms() == []
        assert await at.calls.alarms(cleared=True) == [Alarm("disk", "3 GB free", MORNING, later, times=2)]
        await at.calls.raise_alarm("disk", "1 GB free", later)
        assert await at.calls.alarms() == [Alarm("disk", "1 GB free", later)]


async def test_figures_of_a_civil_day(database_url: str) -> None:
    """A day runs from midnight to midnight in Shanghai; a call is connected when a person answered, in time or late."""
    day = date(2026, 11, 24)
    midnight = MORNING - timedelta(hours=10)
    quick = {"outcome": Outcome.ANSWERED, "ended_at": MORNING}
    async with books(database_url) as at:
        await at.calls.save(call("n.1", answered_at=MORNING + timedelta(seconds=15), **quick))
        await at.calls.save(call("n.2", answered_at=MORNING + timedelta(seconds=15, milliseconds=1), **quick))
        await at.calls.save(call("n.3", rang_at=midnight, outcome=Outcome.ABANDONED, ended_at=MORNING))
        await at.calls.save(call("n.4", outcome=Outcome.REFUSED, ended_at=MORNING))
        await at.calls.save(call("n.5"))
        await at.calls.save(call("yesterday", rang_at=midnight - timedelta(microseconds=1), outcome=Outcome.LOST))
        for reason in ("shed", "withheld.anonymous", "shed"):
            await at.calls.count_refusal("carrier", reason, day)
        await at.calls.count_refusal("other", "shed", day)
        await at.calls.count_refusal("other", "shed", day - timedelta(days=1))
        figures = await at.calls.figures(day, goal_seconds=15)
    assert figures.by_outcome == {"answered": 2, "abandoned": 1, "refused": 1, "live": 1}
    assert figures.refused == {"shed": 3, "withheld.anonymous": 1}
    assert (figures.offered, figures.connected, figures.within_goal) == (3, 2, 1)
    assert (figures.connected_share, figures.within_goal_share) == (2 / 3, 1 / 2)


async def test_figures_before_the_first_call(database_url: str) -> None:
    """With no call yet there is no share, rather than a wrong one."""
    async with books(database_url) as at:
        figures = await at.calls.figures(date(2026, 11, 24), goal_seconds=15)
    assert (figures.by_outcome, figures.connected_share, figures.within_goal_share) == ({}, None, None)
