"""Tickets from above: their limit is inherited, and they close once the issuer has been told and has signed off."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.case_kit import DETAILS
from tests.case_kit import city as web_city
from tests.city import AGENT, CLERK, LEADER, REVIEWER, SUPERVISOR, City, city, handler, heating
from tests.city import at as civil_time
from tickets.cards import Card
from tickets.from_above import InheritedLimit, Origin
from tickets.model import Status, Ticket
from tickets.store import tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

SATISFIED = Facts(callback=CallbackResult.SATISFIED, solved=True)


def from_above(due: str | None = "2026-11-27T18:00") -> InheritedLimit:
    """The provincial government's office wants it by Friday evening."""
    return InheritedLimit(civil_time(due) if due else None, "省政府督查室", "鲁督〔2026〕7号", Origin.SUPERVISED)


async def handled(at: City, above: InheritedLimit | None = None) -> Ticket:
    """The housing department has answered; level 1 has the result."""
    return await at.answered(details=heating(inherited=above or from_above()))


@pytest.mark.covers("A27")
async def test_it_is_closed_only_after_the_report_and_the_signing_off(database_url: str) -> None:
    """督办件 鲁督〔2026〕7号: the caller is satisfied; it still waits until 省政府督查室 was told and signed off."""
    async with city(database_url) as at:
        ticket = await handled(at)
        with pytest.raises(IllegalMoveError, match="尚未报告省政府督查室"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)
        report = Facts(answer="室温已达20度,诉求人认可", told_at=at.now, channel="公文")
        with pytest.raises(IllegalMoveError, match="尚未报告交办上级"):
            await at.do(ticket, Move.SIGN_OFF, REVIEWER, Facts(basis="销号单3号", told_at=at.now))
        await at.do(ticket, Move.REPORT_BACK, REVIEWER, report)
        with pytest.raises(IllegalMoveError, match="已报告省政府督查室,待其销号"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)
        at.now = civil_time("2026-11-26T10:00")
        await at.do(ticket, Move.SIGN_OFF, REVIEWER, Facts(basis="销号单3号", told_at=at.now))
        closed = await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)
        assert closed.status is Status.CLOSED
        rows = [(one.row, one.facts.answer or one.facts.basis) for one in await at.books.tickets.history(ticket.id)]
        assert rows[-3:-1] == [("report_back", "室温已达20度,诉求人认可"), ("sign_off", "销号单3号")]


@pytest.mark.covers("A27")
async def test_the_issuer_sends_it_back_with_a_day_of_its_own(database_url: str) -> None:
    """Not content, it wants it again by Monday 30 November noon: that day holds, and the old report counts no more."""
    async with city(database_url) as at:
        ticket = await handled(at)
        await at.do(ticket, Move.REPORT_BACK, REVIEWER, Facts(answer="已办结", told_at=at.now))
        back = Facts(reason="未查明责任", told_at=at.now, due=civil_time("2026-11-30T12:00"))
        again = await at.do(ticket, Move.SENT_BACK_BY_ISSUER, REVIEWER, back)
        assert (again.status, again.unit) == (Status.HANDLED_AGAIN, "住建局")
        assert again.turn is not None
        assert again.turn.due.at == civil_time("2026-11-30T12:00")
        assert "由省政府督查室(鲁督〔2026〕7号)规定" in (await at.books.desk.reasoning(ticket.id, at.now))[0]
        assert any("交办上级退回" in text for text in await at.told(ticket, "unit"))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        with pytest.raises(IllegalMoveError, match="尚未报告省政府督查室"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)


@pytest.mark.covers("A27", "A9")
async def test_sent_back_without_a_day_it_has_three_working_days_but_no_more_than_were_left(database_url: str) -> None:
    """On Tuesday three working days would be Friday midnight; the issuer's own Friday 18:00 comes before."""
    async with city(database_url) as at:
        ticket = await handled(at)
        again = await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="诉求人不满意"))
        assert again.turn is not None
        assert again.turn.due.at == civil_time("2026-11-27T18:00")


@pytest.mark.covers("A27", "R3.3")
async def test_cards_and_reminders_go_by_the_inherited_day(database_url: str) -> None:
    """Due on Friday: yellow on Thursday, red on Monday; level 1 is reminded on Thursday and when the hour is over."""
    async with city(database_url) as at:
        ticket = await at.signed(details=heating(inherited=from_above()))
        await at.tick(civil_time("2026-11-25T23:59"))
        assert (await at.fresh(ticket)).card is None
        await at.tick(civil_time("2026-11-26T00:00"))
        assert (await at.fresh(ticket)).card is Card.YELLOW
        await at.tick(civil_time("2026-11-27T18:00"))
        await at.tick(civil_time("2026-11-30T00:00"))
        assert (await at.fresh(ticket)).card is Card.RED
        rows = await at.rows(tables_work.notices)
        office = [row["text"].partition(":")[2] for row in rows if row["recipient"] == "12345"]
        assert office[:2] == ["上级交办件期限将到,尚未报告上级", "上级交办件期限已过,尚未报告上级"]


@pytest.mark.covers("A27")
async def test_a_result_that_was_reported_in_time_is_not_reminded_of(database_url: str) -> None:
    """Reported on Tuesday, nobody is told on Thursday that it is still to be reported."""
    async with city(database_url) as at:
        ticket = await handled(at)
        await at.do(ticket, Move.REPORT_BACK, REVIEWER, Facts(answer="已办结", told_at=at.now))
        await at.tick(civil_time("2026-11-30T00:00"))
        assert not [text for text in await at.told(ticket, "unit") if "尚未报告上级" in text]


@pytest.mark.covers("A27", "R22.3")
async def test_without_a_named_day_the_five_days_hold_and_the_report_is_owed_all_the_same(database_url: str) -> None:
    """领导信箱件 without a limit: due on Tuesday 1 December as any other, and closed only when signed off."""
    async with city(database_url) as at:
        letter = InheritedLimit(None, "市长信箱", "2026-118", Origin.LEADER)
        ticket = await handled(at, letter)
        assert ticket.turn is not None
        assert ticket.turn.due.on == date(2026, 12, 1)
        with pytest.raises(IllegalMoveError, match="尚未报告市长信箱"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)


@pytest.mark.covers("A27", "R22.1")
async def test_level_1_cannot_end_it_by_itself(database_url: str) -> None:
    """Answered at once it is not over: it waits for the report; sent back, it is level 1's to review again."""
    async with city(database_url) as at:
        ticket = await at.submitted(heating(inherited=from_above()))
        done = await at.do(ticket, Move.ANSWER_AT_ONCE, AGENT, Facts(answer="已当场答复"))
        assert done.status is Status.AWAITING_CALLBACK
        await at.do(ticket, Move.REPORT_BACK, LEADER, Facts(answer="已答复", told_at=at.now))
        back = await at.do(ticket, Move.SENT_BACK_BY_ISSUER, LEADER, Facts(reason="须现场核实", told_at=at.now))
        assert (back.status, back.case.reported) == (Status.AWAITING_REVIEW, False)


@pytest.mark.covers("A27")
async def test_a_limit_learnt_of_later_holds_from_then_on(database_url: str) -> None:
    """On Wednesday the province asks for it by Friday: the running Tuesday limit becomes Friday 18:00."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-25T10:00")
        await at.books.desk.describe(ticket.id, at.acting(REVIEWER), heating(inherited=from_above()))
        now = await at.fresh(ticket)
        assert now.turn is not None
        assert now.turn.due.at == now.case.due == civil_time("2026-11-27T18:00")
        assert now.turn.due.promised == date(2026, 12, 1)
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert (last.row, last.facts.reason) == ("shift_limits", "省政府督查室(鲁督〔2026〕7号)规定了时限(A27)")


@pytest.mark.covers("A27")
async def test_over_http_it_is_handed_in_reported_and_signed_off(database_url: str, tmp_path: Path) -> None:
    """Kind, issuer, number and day are told at intake and shown; report and signing off are moves."""
    async with web_city(tmp_path, database_url) as at:
        above = {"origin": "province", "issuer": "省12345", "number": "SD-1", "due": "2040-01-06T18:00"}
        number = await at.open(details={**DETAILS, "inherited": above})
        whole = (await at.get(f"/tickets/{number}")).json
        assert whole["from_above"] is True
        assert whole["above"] == {
            **above,
            "due": "2040-01-06T18:00:00.000+08:00",
            "reported": False,
            "signed_off": False,
        }
        told = {"basis": "派单目录", "unit": "住建局"}
        assert (await at.move(number, "dispatch", **told)).status == 201
        assert (await at.move(number, "sign", "housing")).status == 201
        answered = {"facts_found": "阀门损坏", "done": "已更换", "result": "达标", "contact": "电话"}
        answered |= {"acceptance": "accepted"}
        assert (await at.move(number, "submit_answer", "housing", **answered)).status == 201
        refused = await at.move(number, "close", callback="satisfied", solved=True)
        assert (refused.status, "尚未报告省12345" in refused.json["detail"]) == (409, True)
        reported = await at.move(number, "report_back", answer="已办结", told_at="2020-10-14T11:00")
        assert reported.status == 201
        assert (await at.move(number, "sign_off", basis="省销号", told_at="2020-10-14T12:00")).status == 201
        assert (await at.move(number, "close", callback="satisfied", solved=True)).status == 201
