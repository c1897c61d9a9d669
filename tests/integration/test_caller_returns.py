"""The caller comes back to an open ticket, and nobody overlooks it; nor what is overdue with ourselves (A24, A25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from common import clock
from tests.case_kit import city as web_city
from tests.city import AGENT, CALLER, CLERK, REVIEWER, WHY, City, city, handler
from tests.city import at as civil_time
from tickets.desk.clockwork import fire_due
from tickets.ruleset import DEFAULT_RULES
from tickets.store import TicketFilter
from tickets.store.duties import overdue_duties, reminders
from tickets.timer_rules import TimerKind
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts


async def news_of(at: City, unit: str) -> list[str]:
    """The tickets that a unit finds under 诉求人来意未阅."""
    page = await at.books.tickets.page(TicketFilter(unit=unit, news=True), limit=10)
    return [one.number for one in page.rows]


async def owed(at: City) -> list[tuple[str, TimerKind, str]]:
    """What is overdue with ourselves: ticket, what for, who owes it."""
    register = await at.books.tickets.register()
    found = await at.books.tickets.read(lambda connection: overdue_duties(connection, register, most=10))
    return [(one.ticket.number, one.kind, one.unit) for one in found]


@pytest.mark.covers("A25")
@pytest.mark.parametrize(
    ("move", "facts"),
    [
        (Move.URGE, Facts()),
        (Move.SUPPLEMENT, Facts(matter="邻居家也不热")),
        (Move.WITHDRAW, Facts(reason="已经热了")),
    ],
)
async def test_the_unit_has_it_on_its_list_at_once_until_it_has_read_it(
    database_url: str, move: Move, facts: Facts
) -> None:
    """催办、补充、撤诉 each stand on the unit's own list and in its reminders; read, they are gone from the list."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.signed()
        assert await news_of(at, "住建局") == []
        await at.do(ticket, move, CALLER, facts)
        assert await news_of(at, "住建局") == [ticket.number]
        assert (await at.fresh(ticket)).news == (move.value,)
        page = await at.books.tickets.read(lambda c: reminders(c, ["住建局"], limit=1))
        assert page.rows[0].text.startswith(f"工单{ticket.number}:诉求人")
        await at.do(ticket, Move.READ_NEWS, handler("住建局"))
        assert await news_of(at, "住建局") == []


@pytest.mark.covers("A25")
async def test_what_others_do_does_not_count_as_read(database_url: str) -> None:
    """A card and a level-1 clerk's decision leave the flag; the unit's own next step takes it away."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="施工", working_days=2))
        await at.do(ticket, Move.URGE, AGENT, Facts(remark="再次来电"))
        await at.do(ticket, Move.URGE, CALLER)
        await at.do(ticket, Move.REFUSE_EXTENSION, REVIEWER, Facts(reason="应按期"))
        await at.tick(civil_time("2026-11-30T00:00"))
        assert (await at.fresh(ticket)).news == ("urge",)
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        assert (await at.fresh(ticket)).news == ()


@pytest.mark.covers("A25")
async def test_a_ticket_that_has_ended_has_no_news(database_url: str) -> None:
    """Withdrawn, unread, and closed by the callback team: it stands on no list of open news."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.WITHDRAW, CALLER, Facts(reason="已热"))
        await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.WITHDRAWN))
        assert await news_of(at, "住建局") == []


@pytest.mark.covers("A25", "R12.2")
async def test_over_http_the_unit_filters_reads_and_is_reminded(database_url: str, tmp_path: Path) -> None:
    """``news=true`` shows what the caller came back with; another unit sees neither the ticket nor the reminder."""
    async with web_city(tmp_path, database_url) as at:
        number, quiet = await at.signed(), await at.signed()
        assert (await at.move(number, "urge", remark="再次来电")).status == 201
        (row,) = (await at.get("/tickets?news=true", "housing")).json["tickets"]
        assert (row["number"], row["news"]) == (number, ["urge"])
        texts = [one["text"] for one in (await at.get("/reminders", "housing")).json["reminders"]]
        assert texts[0] == f"工单{number}:诉求人催办"
        assert any(quiet in text for text in texts)
        assert (await at.get("/reminders", "urban")).json["reminders"] == []
        assert (await at.get("/reminders?unit=%E4%BD%8F%E5%BB%BA%E5%B1%80", "urban")).json["reminders"] == []
        first = (await at.get("/reminders?limit=1", "housing")).json
        second = (await at.get(f"/reminders?limit=1&cursor={first['next']}", "housing")).json
        assert first["reminders"][0]["id"] != second["reminders"][0]["id"]
        assert (await at.move(number, "read_news", "housing")).status == 201
        assert (await at.get("/tickets?news=true", "housing")).json["tickets"] == []


@pytest.mark.covers("A24")
async def test_what_is_overdue_with_ourselves_stands_on_a_list_until_it_is_done(database_url: str) -> None:
    """Not reviewed, not decided, not called back by the end of Wednesday: each on the list, the longest first."""
    async with city(database_url) as at:
        unreviewed = await at.submitted()
        returned = await at.do(await at.signed(), Move.REQUEST_RETURN, handler("住建局"), WHY)
        uncalled = await at.answered()
        await at.tick(civil_time("2026-11-25T23:59"))
        assert await owed(at) == [(unreviewed.number, TimerKind.REVIEW_TARGET, "12345")]
        await at.tick(civil_time("2026-11-26T00:00"))
        assert sorted(await owed(at)) == sorted(
            [
                (unreviewed.number, TimerKind.REVIEW, "12345"),
                (returned.number, TimerKind.DECIDE, "12345"),
                (uncalled.number, TimerKind.CALLBACK, "12345"),
            ]
        )
        for ticket in (unreviewed, returned, uncalled):
            warned = [text for text in await at.told(ticket, "unit") if text.startswith("warning 12345")]
            assert len(warned) == 1
        await at.sent(unreviewed, "住建局")
        await at.do(returned, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属供热"))
        await at.do(uncalled, Move.RECORD_CALLBACK, CLERK, Facts(callback=CallbackResult.UNREACHED))
        assert await owed(at) == []


@pytest.mark.covers("A24", "R18")
async def test_a_districts_late_decision_is_the_districts_and_its_heads_hear_of_it(database_url: str) -> None:
    """The street's return waits with the district: on the list as the district's, told to deputy and principal."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.do(ticket, Move.REQUEST_RETURN, handler("市西街道"), WHY)
        await at.tick(civil_time("2026-11-26T00:00"))
        assert await owed(at) == [(ticket.number, TimerKind.UPPER_DECIDE, "滨城区")]
        rows = await at.books.tickets.read(lambda c: reminders(c, ["滨城区"], limit=1))
        assert (rows.rows[0].kind, rows.rows[0].roles) == ("warning", ("deputy", "principal"))


@pytest.mark.covers("A24")
@pytest.mark.parametrize(
    ("opened", "target"),
    [
        ("2026-11-24T09:00", "2026-11-24T11:00"),
        ("2026-11-24T17:30", "2026-11-25T09:30"),
        ("2026-11-27T22:00", "2026-11-30T10:00"),
        ("2026-11-24T16:00", "2026-11-24T18:00"),
    ],
)
async def test_by_day_review_has_a_target_of_two_hours_that_only_the_list_tells_of(
    database_url: str, opened: str, target: str
) -> None:
    """Counted from 8:00 to 18:00 of working days; nobody is written to, and dispatched in time there is nothing."""
    async with city(database_url) as at:
        at.now = civil_time(opened)
        ticket, quick = await at.submitted(), await at.submitted()
        await at.sent(quick, "住建局")
        await at.tick(civil_time(target) - timedelta(seconds=1))
        assert await owed(at) == []
        await at.tick(civil_time(target))
        register = await at.books.tickets.register()
        (duty,) = await at.books.tickets.read(lambda connection: overdue_duties(connection, register, most=10))
        assert (duty.ticket.number, duty.kind, duty.warning) == (ticket.number, TimerKind.REVIEW_TARGET, True)
        assert duty.overdue_since == civil_time(target)
        assert not any(text.startswith("warning") for text in await at.told(ticket, "unit"))
        assert (await at.fresh(ticket)).steps == ticket.steps


@pytest.mark.covers("A24")
async def test_the_day_is_a_versioned_rule(database_url: str) -> None:
    """A city that works from 8:30 to 17:00 says so in a set of rules, from a day on; what cannot be is refused."""
    async with city(database_url) as at:
        fresh = replace(
            DEFAULT_RULES, version="2026-11", valid_from=at.now.date(), day_begins=time(8, 30), day_ends=time(17)
        )
        await at.books.tickets.put(fresh, at=at.now)
        at.now = civil_time("2026-11-24T16:30")
        await at.submitted()
        await at.tick(civil_time("2026-11-25T09:59"))
        assert await owed(at) == []
        await at.tick(civil_time("2026-11-25T10:00"))
        assert [kind for _, kind, _ in await owed(at)] == [TimerKind.REVIEW_TARGET]
        with pytest.raises(ValueError, match="ends before it begins"):
            replace(DEFAULT_RULES, day_begins=time(18))


@pytest.mark.covers("A24")
async def test_over_http_a_unit_sees_only_what_it_owes_itself(database_url: str, tmp_path: Path) -> None:
    """A month later the unreviewed ticket is level 1's; the housing department is not shown what others owe."""
    async with web_city(tmp_path, database_url) as at:
        number = await at.open()
        assert (await at.get("/overdue-duties")).json == {"duties": []}
        month = clock.now() + timedelta(days=30)
        await at.desk.at.tickets.run(lambda work: fire_due(work, month))
        (duty,) = (await at.get("/overdue-duties")).json["duties"]
        assert (duty["ticket"], duty["words"], duty["unit"]) == (number, "审核派单超过时限", "12345")
        assert duty["warning"] is False
        assert (await at.get("/overdue-duties", "housing")).json == {"duties": []}
