"""A year's notice arrives: what it changes is shown, then done, and what was promised is kept (R22.3)."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest

from common.roles import Role
from hotline.__main__ import main
from tests.books import url
from tests.city import REVIEWER, City, city, handler
from tests.city import at as civil_time
from tests.cli_kit import as_person
from tickets.model import Ticket
from tickets.workdays import CalendarYear, LocalDay
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

#: 30 December 2026: its five days reach into a year whose notice is not out.
DECEMBER = civil_time("2026-12-30T09:00")
#: A notice as it may come: New Year's Day, a Friday, and the Monday after it.
NOTICE = CalendarYear(
    2027,
    {
        date(2027, 1, 1): "元旦",
        date(2027, 1, 4): "元旦",
        date(2027, 5, 1): "劳动节",
        date(2027, 10, 1): "国庆节",
    },
    {},
    "published",
    "国办发明电〔2026〕8号",
)


async def provisional(at: City) -> Ticket:
    """A ticket whose due day is not certain."""
    at.now = DECEMBER
    ticket = await at.signed()
    assert ticket.turn is not None
    assert ticket.turn.provisional
    return ticket


@pytest.mark.covers("R22.3")
async def test_a_due_day_in_an_unpublished_year_says_so_and_is_settled_by_the_notice(database_url: str) -> None:
    """Nothing is guessed; recomputed, the day moves and the one that was told stays beside it."""
    async with city(database_url) as at:
        ticket = await provisional(at)
        assert ticket.turn is not None
        assert ticket.turn.due.on == date(2027, 1, 6)
        assert any("暂定" in line for line in await at.books.desk.reasoning(ticket.id, at.now))
        assert await at.books.desk.changes_by_calendar() == []
        await at.books.tickets.put(NOTICE, at=at.now)
        shown = await at.books.desk.changes_by_calendar()
        assert f"{ticket.number} 办结期限:由2027-01-06改为2027-01-08;原告知日期2027-01-06保留" in [
            change.words() for change in shown
        ]
        assert await at.fresh(ticket) == ticket
        assert await at.books.desk.recompute(at.now) == shown
        moved = await at.fresh(ticket)
        assert moved.turn is not None
        assert (moved.turn.due.on, moved.turn.due.promised) == (date(2027, 1, 8), date(2027, 1, 6))
        assert (moved.case.due, moved.turn.provisional) == (moved.turn.due.at, False)
        assert await at.books.desk.recompute(at.now) == []


@pytest.mark.covers("R22.3")
async def test_an_old_deadline_is_explained_by_the_days_that_were_known_then(database_url: str) -> None:
    """The notice is there, but the ticket was not recomputed: the reasons given are still those of its date."""
    async with city(database_url) as at:
        ticket = await provisional(at)
        before = await at.books.desk.reasoning(ticket.id, at.now)
        await at.books.tickets.put(NOTICE, at=at.now)
        await at.books.tickets.put(LocalDay(date(2027, 1, 5), working=False, reason="暴雪"), at=at.now)
        assert await at.books.desk.reasoning(ticket.id, at.now) == before


async def test_a_day_of_the_citys_own_counts_from_the_next_delivery_on(database_url: str) -> None:
    """Closed for a storm, the day does not count for what is delivered after it was registered."""
    async with city(database_url) as at:
        before = await at.dispatched()
        await at.books.tickets.put(LocalDay(date(2026, 11, 26), working=False, reason="暴雪停工"), at=at.now)
        after = await at.dispatched()
        assert before.turn is not None
        assert after.turn is not None
        assert (before.turn.due.on, after.turn.due.on) == (date(2026, 12, 1), date(2026, 12, 2))
        assert any("本市放假(暴雪停工)" in line for line in await at.books.desk.reasoning(after.id, at.now))


async def test_a_clock_that_stands_is_recomputed_when_it_runs_again(database_url: str) -> None:
    """Waiting for material, a ticket is left alone; resumed, it has the dates of the new calendar."""
    async with city(database_url) as at:
        ticket = await provisional(at)
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="sms"))
        await at.books.tickets.put(NOTICE, at=at.now)
        assert await at.books.desk.changes_by_calendar() == []
        again = await at.do(ticket, Move.RESUME, handler("住建局"))
        assert again.turn is not None
        assert not again.turn.provisional


def test_the_commands_show_before_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Imported from a file, shown, applied; shown again there is nothing left."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", url(tmp_path))

    async def fill() -> None:
        async with city(tmp_path) as at:
            await provisional(at)

    asyncio.run(fill())
    as_person(monkeypatch, Role.REVIEWER)
    days = [{"name": name, "date": str(day), "isOffDay": True} for day, name in NOTICE.holidays.items()]
    file = tmp_path / "2027.json"
    file.write_text(json.dumps({"year": 2027, "days": days}), encoding="utf-8")
    assert main(["calendar", "import", str(file)]) == 0
    assert main(["calendar", "import", str(file)]) == 0
    assert "内容相同" in capsys.readouterr().out
    assert main(["calendar", "local", "2027-01-05", "off", "暴雪"]) == 0
    assert main(["calendar", "list"]) == 0
    listed = capsys.readouterr().out
    assert "2027 2027-" in listed
    assert "2027年1月5日(周二) 放假:暴雪" in listed
    assert main(["recompute-deadlines"]) == 0
    shown = capsys.readouterr().out
    assert "由2027-01-06改为2027-01-11" in shown
    assert "共1件工单的期限有变化,未写入" in shown
    assert main(["recompute-deadlines", "--apply"]) == 0
    assert "已写入" in capsys.readouterr().out
    assert main(["recompute-deadlines"]) == 0
    assert "没有需要重算的期限" in capsys.readouterr().out


def test_a_file_that_is_no_notice_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is imported; the line says what is wrong."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", url(tmp_path))
    as_person(monkeypatch, Role.REVIEWER)
    file = tmp_path / "2027.json"
    file.write_text("{}", encoding="utf-8")
    assert main(["calendar", "import", str(file)]) == 1
    assert "year" in capsys.readouterr().err
    assert main(["calendar", "import", str(tmp_path / "none.ics")]) == 1
