"""The limits of Article 22 on the days of Binzhou's calendar: feasts, make-up Saturdays, midnights, New Year."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import REVIEWER, WHY, city, handler, heating
from tests.city import at as civil_time
from tickets.details import Urgency
from tickets.errors import NotReadyError
from tickets.model import Status
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts


@pytest.mark.covers("R22.3", "R22.4", "R22.6", "A1", "A2", "A5")
@pytest.mark.parametrize(
    ("delivered", "dates"),
    [
        # 春节: Saturday 14 and 28 February are make-up days, 15 to 23 February are off.
        ("2026-02-13T10:00", "2026-02-24 2026-02-27 2026-02-26 2026-03-12"),
        ("2026-02-14T09:00", "2026-02-25 2026-02-28 2026-02-27 2026-03-13"),
        # On 除夕 itself: the first working day is 24 February.
        ("2026-02-16T20:00", "2026-02-25 2026-02-28 2026-02-27 2026-03-13"),
        # 国庆: Sunday 20 September and Saturday 10 October are make-up days; 中秋 is off from 25 to 27 September.
        ("2026-09-18T17:00", "2026-09-21 2026-09-24 2026-09-23 2026-10-15"),
        ("2026-09-30T09:00", "2026-10-09 2026-10-13 2026-10-12 2026-10-27"),
    ],
)
async def test_the_four_dates_across_the_feasts(database_url: str, delivered: str, dates: str) -> None:
    """春节 and 国庆: make-up weekends count, feasts do not, nor does the day of receipt."""
    async with city(database_url) as at:
        at.now = civil_time(delivered)
        turn = (await at.dispatched()).turn
        assert turn is not None
        assert turn.return_by is not None
        assert turn.apply_by is not None
        assert turn.latest is not None
        found = (turn.return_by.on, turn.due.on, turn.apply_by.on, turn.latest.on)
        assert found == tuple(map(date.fromisoformat, dates.split()))
        assert not turn.provisional


@pytest.mark.covers("A1", "A2", "R22.3")
@pytest.mark.parametrize(
    ("delivered", "due"),
    [("2026-11-24T23:59:59", "2026-12-01"), ("2026-11-25T00:00:00", "2026-12-02")],
)
async def test_a_second_around_midnight_is_a_day(database_url: str, delivered: str, due: str) -> None:
    """What reaches 市住建局 on 24 November at 23:59:59 has that day; a second later it is a working day more."""
    async with city(database_url) as at:
        at.now = civil_time(delivered)
        turn = (await at.dispatched()).turn
        assert turn is not None
        assert turn.due.on == date.fromisoformat(due)


@pytest.mark.covers("R22.6")
async def test_the_last_second_of_the_second_working_day_still_returns(database_url: str) -> None:
    """Sent on 13 February: 24 February (after 春节) returns until its last second, then only adjudication is left."""
    async with city(database_url) as at:
        at.now = civil_time("2026-02-13T10:00")
        first, second = await at.signed(), await at.signed()
        at.now = civil_time("2026-02-24T23:59:59")
        back = await at.do(first, Move.REQUEST_RETURN, handler("住建局"), WHY)
        assert back.status is Status.RETURN_REQUESTED
        at.now = civil_time("2026-02-25T00:00:00")
        with pytest.raises(IllegalMoveError, match="退回期限2026-02-25 00:00已过,须申请职责裁定"):
            await at.do(second, Move.REQUEST_RETURN, handler("住建局"), WHY)
        ruled = await at.do(second, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        assert ruled.status is Status.ADJUDICATION


@pytest.mark.covers("R22.4", "A5")
async def test_an_extension_is_applied_for_until_the_end_of_a_make_up_saturday(database_url: str) -> None:
    """Due on Monday 2 March: Saturday 28 February, a make-up day, is the last to ask; Monday is late."""
    async with city(database_url) as at:
        at.now = civil_time("2026-02-24T09:00")
        first, second = await at.signed(), await at.signed()
        assert first.turn is not None
        assert first.turn.due.on == date(2026, 3, 2)
        asked = Facts(reason="主管道需更换", working_days=10)
        at.now = civil_time("2026-02-28T23:59:59")
        assert (await at.do(first, Move.REQUEST_EXTENSION, handler("住建局"), asked)).status is (
            Status.EXTENSION_REQUESTED
        )
        at.now = civil_time("2026-03-02T08:30")
        late = await at.do(second, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        assert (late.status, late.turn) == (Status.IN_HANDLING, second.turn)
        (*_, last) = await at.books.tickets.history(second.id)
        assert last.row == "request_extension_late"


@pytest.mark.covers("A26", "R22.3")
async def test_a_pause_over_a_new_year_that_is_not_published_is_marked_and_not_guessed(database_url: str) -> None:
    """From 28 December into a year without a notice: the day is provisional, and the reasons say why."""
    async with city(database_url) as at:
        at.now = civil_time("2026-12-24T09:00")
        ticket = await at.signed()
        at.now = civil_time("2026-12-28T09:00")
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="请提供房产证"))
        await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="n1"))
        await at.tick(civil_time("2027-01-04T23:59"))
        waiting = await at.fresh(ticket)
        assert (waiting.status, waiting.card) == (Status.WAITING_FOR_MATERIAL, None)
        await at.tick(civil_time("2027-01-05T00:00"))
        again = await at.fresh(ticket)
        assert again.turn is not None
        # The 25th and 28th are used; it stood from the 29th to 4 January: three days are left.
        assert (again.status, again.turn.due.on, again.turn.due.promised) == (
            Status.IN_HANDLING,
            date(2027, 1, 7),
            date(2026, 12, 31),
        )
        assert again.turn.due.provisional
        lines = await at.books.desk.reasoning(ticket.id, at.now)
        assert any("2027年放假安排尚未公布" in line for line in lines)


@pytest.mark.covers("R7.2", "A2")
async def test_an_emergency_of_the_national_day_night_runs_on_clock_time(database_url: str) -> None:
    """Declared on 2 October at 23:50, a holiday: target, dispatch and first report go by the clock."""
    async with city(database_url) as at:
        at.now = civil_time("2026-10-02T23:50")
        ticket = await at.submitted(heating(urgency=Urgency.EMERGENCY))

        async def warned() -> list[str]:
            return [one.facts.ground for one in await at.books.tickets.history(ticket.id) if one.row == Move.WARN]

        await at.tick(civil_time("2026-10-02T23:59:59"))
        assert await warned() == []
        await at.tick(civil_time("2026-10-03T00:00"))
        assert await warned() == ["emergency_target"]
        await at.tick(civil_time("2026-10-03T00:50"))
        assert await warned() == ["emergency_target", "emergency_dispatch"]
        sent = await at.sent(ticket, "住建局")
        assert [unit for unit, _ in sent.awaited] == ["住建局"]
        await at.do(ticket, Move.SIGN, handler("住建局"))
        await at.tick(civil_time("2026-10-03T01:50"))
        assert (await warned())[2:] == ["emergency_report"]


@pytest.mark.covers("R7.2", "R14.1")
async def test_an_emergency_does_not_wait_for_the_fields_of_its_category(database_url: str) -> None:
    """Heating asks for address and 小区: an emergency goes out without them, an ordinary ticket does not."""
    async with city(database_url) as at:
        bare = {"address": "", "fields": ()}
        sent = await at.sent(await at.submitted(heating(urgency=Urgency.EMERGENCY, **bare)), "住建局")
        assert sent.status is Status.AWAITING_SIGNATURE
        with pytest.raises(NotReadyError, match="地址、小区"):
            await at.sent(await at.submitted(heating(**bare)), "住建局")


@pytest.mark.covers("A2")
async def test_an_urgent_ticket_is_signed_within_two_hours_by_the_clock(database_url: str) -> None:
    """By night too; and the five working days run from delivery, whenever the unit signs."""
    async with city(database_url) as at:
        at.now = civil_time("2026-11-24T22:00")
        ticket = await at.dispatched(details=heating(urgency=Urgency.URGENT))
        await at.tick(civil_time("2026-11-25T00:00"))
        grounds = [one.facts.ground for one in await at.books.tickets.history(ticket.id) if one.row == Move.WARN]
        assert grounds == ["sign_overdue"]
        at.now = civil_time("2026-11-26T10:00")
        signed = await at.do(ticket, Move.SIGN, handler("住建局"))
        assert signed.turn == ticket.turn
