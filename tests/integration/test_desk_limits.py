"""The limits of Article 22 from delivery to the last day, as a ticket meets them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import LEADER, REVIEWER, WHY, city, handler, heating
from tests.city import at as civil_time
from tickets.details import Details, Nature
from tickets.model import Status
from tickets.store import tables_work
from tickets.ticket_deadlines import ExtensionError
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts


@pytest.mark.covers("R22.3", "A1", "A2")
async def test_five_working_days_run_from_delivery_and_are_explained_day_by_day(database_url: str) -> None:
    """Sent on Tuesday 24 November: due at the end of Tuesday 1 December; the rule, the calendar and why are kept."""
    async with city(database_url) as at:
        ticket = await at.dispatched()
        turn = ticket.turn
        assert turn is not None
        assert (turn.due.on, turn.due.at) == (date(2026, 12, 1), civil_time("2026-12-02T00:00"))
        assert (turn.rules_version, turn.calendar_version[:5]) == ("滨政办字〔2020〕68号-2", "2026-")
        assert turn.return_by is not None
        assert turn.return_by.on == date(2026, 11, 26)
        lines = await at.books.desk.reasoning(ticket.id, at.now)
        assert lines[0].startswith("2026年11月24日(周二)09:00起,时限5个工作日(第二十二条第二项)")
        assert lines[-1] == "12月1日(周二)工作日,计第5个工作日"


@pytest.mark.covers("R22.5")
async def test_a_limit_set_by_law_goes_before_the_five_days(database_url: str) -> None:
    """政府信息公开: twenty working days, extended by twenty as that law says, not by ten."""
    async with city(database_url) as at:
        details = Details(matter="申请公开", nature=Nature.HELP, category="公开")
        ticket = await at.signed("住建局", details)
        assert ticket.turn is not None
        assert ticket.turn.due.on == date(2026, 12, 22)
        asked = await at.do(
            ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="征求第三方意见", working_days=20)
        )
        assert asked.status is Status.EXTENSION_REQUESTED


@pytest.mark.covers("R22.6", "A3")
async def test_not_its_duty_is_returned_within_two_days_and_the_next_unit_has_its_own_five(database_url: str) -> None:
    """Reason, basis and suggestion, all three; afterwards nobody is late for another's time."""
    async with city(database_url) as at:
        ticket = await at.signed()
        with pytest.raises(IllegalMoveError, match="缺少依据、建议"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), Facts(reason="不是我的"))
        at.now = civil_time("2026-11-26T16:00")
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        back = await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        assert (back.unit, back.turn, back.case.due) == ("12345", None, None)
        again = await at.sent(ticket, "城管局", reason="裁量")
        assert again.turn is not None
        assert again.turn.due.on == date(2026, 12, 3)


@pytest.mark.covers("R22.6")
async def test_after_two_days_only_adjudication_is_left(database_url: str) -> None:
    """On Friday the return of Tuesday's ticket is refused by the date."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-27T08:00")
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-27 00:00已过"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        moved = await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        assert moved.status is Status.ADJUDICATION


@pytest.mark.covers("R22.6")
async def test_a_refused_return_does_not_set_the_five_days_back(database_url: str) -> None:
    """Decided in time, the due day is as it was."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        kept = await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属供热"))
        assert kept.turn == ticket.turn


@pytest.mark.covers("R22.4", "A4", "A18")
async def test_an_extension_counts_once_the_caller_has_been_told_limit_and_reason(database_url: str) -> None:
    """Asked, consented, told: only then is the new day the due day, ten working days after the old at the most."""
    async with city(database_url) as at:
        ticket = await at.signed()
        asked = Facts(reason="需更换主管道", working_days=10)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        granted = await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        assert granted.turn == ticket.turn
        notice = next(row for row in await at.rows(tables_work.notices) if row["kind"] == "extended")
        told = await at.books.desk.notice_sent(notice["id"], {"gateway": "ok-1"}, at.now)
        assert told.turn is not None
        assert (told.turn.due.on, told.turn.due.promised) == (date(2026, 12, 15), date(2026, 12, 15))
        assert told.case.due == told.turn.due.at
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert (last.facts.reason, last.facts.notice_id) == ("需更换主管道", notice["id"])
        twice = await at.books.desk.notice_sent(notice["id"], {"gateway": "ok-1"}, at.now)
        assert twice.steps == told.steps
        with pytest.raises(IllegalMoveError, match="延期合计已满"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)


@pytest.mark.covers("A4")
async def test_a_second_extension_is_the_leaders_to_grant(database_url: str) -> None:
    """Three days by the reviewer, then four by the leader; together counted from the original due day."""
    async with city(database_url) as at:
        ticket = await at.signed()
        for days, who in ((3, REVIEWER), (4, LEADER)):
            asked = Facts(reason="施工", working_days=days)
            await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
            if who is LEADER:
                with pytest.raises(IllegalMoveError, match="第二次延期只能由"):
                    await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
            await at.do(ticket, Move.APPROVE_EXTENSION, who)
            told = await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="电话告知"))
        assert told.turn is not None
        assert (told.turn.original_due.on, told.turn.due.on) == (date(2026, 12, 1), date(2026, 12, 10))


@pytest.mark.covers("R22.4", "A5")
async def test_an_extension_asked_for_too_late_is_refused_and_recorded_as_late(database_url: str) -> None:
    """The last day to ask is the working day before the due day; on the due day it is too late."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-12-01T00:00")
        asked = Facts(reason="才想起", working_days=3)
        after = await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        assert after.status is Status.IN_HANDLING
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert last.row == "request_extension_late"
        with pytest.raises(IllegalMoveError):
            await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)


@pytest.mark.covers("A28", "A18")
async def test_who_cannot_be_told_does_not_hold_the_extension_up(database_url: str) -> None:
    """No name, no number: that there was nobody to tell is recorded instead."""
    async with city(database_url) as at:
        ticket = await at.sent(await at.submitted(number=""), "住建局")
        await at.do(ticket, Move.SIGN, handler("住建局"))
        asked = Facts(reason="施工", working_days=1)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        done = await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        assert done.turn is not None
        assert done.turn.due.on == date(2026, 12, 2)


@pytest.mark.covers("A26", "R14.2")
async def test_waiting_for_material_moves_the_due_day_by_the_days_waited(database_url: str) -> None:
    """Consented on Wednesday, resumed on Friday: Wednesday was used, Thursday and Friday do not count."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-25T10:00")
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="请提供热费票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="sms"))
        at.now = civil_time("2026-11-27T10:00")
        again = await at.do(ticket, Move.RESUME, handler("住建局"))
        assert again.turn is not None
        assert (again.turn.due.on, again.turn.due.promised) == (date(2026, 12, 3), date(2026, 12, 1))
        assert again.case.due == again.turn.due.at
        reasons = await at.books.desk.reasoning(ticket.id, at.now)
        assert any("待补充材料,暂停不计" in line for line in reasons)
        assert reasons[-1] == "原告知的办结期限是2026-12-01"
        with pytest.raises(IllegalMoveError, match="只能使用一次"):
            await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="再等"))


@pytest.mark.covers("R22.4")
async def test_more_than_is_left_is_refused_before_anything_changes(database_url: str) -> None:
    """Eleven days are refused with the number that is left."""
    async with city(database_url) as at:
        ticket = await at.signed()
        asked = Facts(reason="施工", working_days=11)
        with pytest.raises((IllegalMoveError, ExtensionError), match="不得超过10个工作日"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        assert await at.fresh(ticket) == ticket


def test_the_words_of_a_heating_matter_are_complete() -> None:
    """The record that these scenarios use has what its category asks for."""
    assert heating().field("小区") == "阳光花园"
