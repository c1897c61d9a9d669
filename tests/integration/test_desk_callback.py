"""Answer, callback, handling again, supervision, no further handling, closing (Articles 14, 23, 24)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from tests.city import AGENT, CLERK, LEADER, REVIEWER, SUPERVISOR, city, handler, heating, lamp
from tests.city import at as civil_time
from tickets.errors import NotReadyError
from tickets.model import Status
from tickets.store import TicketFilter, tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, Actor, CallbackResult, Facts, Role


@pytest.mark.covers("R14.4", "R24.1")
async def test_the_unit_answers_both_the_caller_and_level_1_and_both_are_dated(database_url: str) -> None:
    """Article 14: the dated answer to the caller with what they said to it, and the step by which level 1 has it."""
    async with city(database_url) as at:
        ticket = await at.signed()
        at.now += timedelta(hours=5)
        with pytest.raises(IllegalMoveError, match="缺少查明的事实、采取的措施"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"))
        told = at.answer(Acceptance.DISPUTED)
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), told)
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert (last.facts.answered_at, last.at, last.facts.acceptance) == (at.now, at.now, Acceptance.DISPUTED)
        assert [text.split()[0] for text in await at.told(ticket)] == ["accepted", "finished"]


@pytest.mark.covers("R24.1", "R18")
async def test_level_2_looks_at_the_answer_of_level_3_and_reports_to_level_1(database_url: str) -> None:
    """Article 24: a street's answer goes to its district first, which sends it on or back."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("市西街道"), at.answer())
        deputy = Actor("分管区长", "滨城区", Role.DEPUTY)
        back = await at.do(ticket, Move.RETURN_ANSWER, deputy, Facts(reason="未说明何时修好"))
        assert (back.status, back.unit) == (Status.IN_HANDLING, "市西街道")
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("市西街道"), at.answer())
        on = await at.do(ticket, Move.APPROVE_ANSWER, deputy)
        assert on.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("R14.6", "A7", "A17")
async def test_a_callback_that_reaches_nobody_is_tried_three_times_before_it_may_close(database_url: str) -> None:
    """Three attempts, two days, two parts of the day, then a message, then a clerk reads the answer."""
    async with city(database_url) as at:
        ticket = await at.answered()
        missed = Facts(callback=CallbackResult.UNREACHED)
        closing = Facts(callback=CallbackResult.UNREACHED, sms_id="sms-1", read_by="回访员")
        for instant in ("2026-11-25T09:00", "2026-11-25T15:00", "2026-11-26T19:30"):
            with pytest.raises(IllegalMoveError, match="至少3次"):
                await at.do(ticket, Move.CLOSE, CLERK, closing)
            at.now = civil_time(instant)
            await at.do(ticket, Move.RECORD_CALLBACK, CLERK, missed)
        assert len((await at.fresh(ticket)).attempts) == 3
        assert (await at.told(ticket))[-1].startswith("survey")
        with pytest.raises(IllegalMoveError, match="应先发短信"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.UNREACHED, read_by="回访员"))
        assert (await at.do(ticket, Move.CLOSE, CLERK, closing)).status is Status.CLOSED


@pytest.mark.covers("A7")
async def test_attempts_that_were_not_recorded_do_not_count(database_url: str) -> None:
    """Whoever claims three attempts without having recorded them does not close."""
    async with city(database_url) as at:
        ticket = await at.answered()
        claimed = tuple(civil_time(f"2026-11-{day}T{hour}:00") for day, hour in ((25, "09"), (25, "15"), (26, "19")))
        closing = Facts(callback=CallbackResult.UNREACHED, sms_id="s", read_by="回访员", attempts=claimed)
        with pytest.raises(IllegalMoveError, match="至少3次"):
            await at.do(ticket, Move.CLOSE, CLERK, closing)


@pytest.mark.covers("R14.6", "R14.7")
async def test_a_callback_records_solved_satisfied_and_opinions(database_url: str) -> None:
    """Article 14: what the caller said stands in the history in detail; only the callback team closes."""
    async with city(database_url) as at:
        ticket = await at.answered()
        said = Facts(callback=CallbackResult.SATISFIED, solved=True, opinions="建议提前检修")
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, said)
        with pytest.raises(IllegalMoveError, match="应由一级机构回访员"):
            await at.do(ticket, Move.CLOSE, handler("住建局"), said)
        await at.do(ticket, Move.CLOSE, CLERK, said)
        rows = [step for step in await at.books.tickets.history(ticket.id) if step.row == Move.RECORD_CALLBACK]
        assert [(one.facts.solved, one.facts.opinions) for one in rows] == [(True, "建议提前检修")]
        assert (await at.books.tickets.page(TicketFilter(open=True), limit=9)).rows == []


@pytest.mark.covers("R14.7", "A9")
async def test_not_satisfied_is_handled_again_within_three_days_twice_then_supervised(database_url: str) -> None:
    """Article 14: sent back with 3 WD; after two rounds the ticket is supervised."""
    async with city(database_url) as at:
        ticket = await at.answered()
        for status in (Status.HANDLED_AGAIN, Status.HANDLED_AGAIN, Status.SUPERVISED):
            again = await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="仍然不热"))
            assert again.status is status
            assert again.turn is not None
            assert again.turn.due.on == date(2026, 11, 27)
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())


@pytest.mark.covers("A8")
async def test_a_unit_appeals_once_against_being_sent_back(database_url: str) -> None:
    """The leader grants it: then the callback goes on; the raw rate keeps what the caller said."""
    async with city(database_url) as at:
        ticket = await at.answered()
        await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="不满意"))
        await at.do(ticket, Move.APPEAL, handler("住建局"), Facts(reason="诉求超出标准"))
        back = await at.do(ticket, Move.GRANT_APPEAL, LEADER, Facts(reason="室温已达标"))
        assert back.status is Status.AWAITING_CALLBACK
        closing = Facts(callback=CallbackResult.DISSATISFIED, solved=False, reason="诉求不合理", read_by="主管")
        with pytest.raises(IllegalMoveError, match="由回访主管认定"):
            await at.do(ticket, Move.CLOSE, CLERK, closing)
        assert (await at.do(ticket, Move.CLOSE_AS_UNREASONABLE, SUPERVISOR, closing)).status is Status.CLOSED


@pytest.mark.covers("R23.1", "R14.7")
async def test_no_further_handling_is_explained_written_approved_called_back_and_read(database_url: str) -> None:
    """Article 23: explained to the caller and stated in writing; a clerk reads it before it closes."""
    async with city(database_url) as at:
        ticket = await at.signed()
        asked = Facts(ground="R23.1", reason="法院已受理", explained_at=at.now)
        with pytest.raises(IllegalMoveError, match="书面说明"):
            await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), asked)
        full = Facts(ground="R23.1", reason="法院已受理", explained_at=at.now, statement_id="a1")
        await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), full)
        ended = await at.do(ticket, Move.APPROVE_TERMINATION, REVIEWER)
        assert ended.status is Status.NO_FURTHER_HANDLING
        with pytest.raises(IllegalMoveError, match="缺少阅看人"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        closed = await at.do(
            ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True, read_by="回访员")
        )
        assert closed.status is Status.CLOSED


@pytest.mark.covers("A13", "R14.6")
async def test_repeat_callers_are_linked_and_each_is_called_back(database_url: str) -> None:
    """One ticket is handled; each caller keeps their own record, notice and callback."""
    async with city(database_url) as at:
        first = await at.signed()
        second = await at.submitted(heating(matter="我家也不热"))
        linked = await at.do(second, Move.LINK, REVIEWER, Facts(handling_ticket=first.id))
        assert (linked.status, linked.handling_ticket) == (Status.LINKED, first.id)
        assert (await at.told(second))[0].startswith("accepted")
        third = await at.submitted()
        with pytest.raises(NotReadyError, match="不能作为承办的工单"):
            await at.do(third, Move.LINK, REVIEWER, Facts(handling_ticket=second.id))
        await at.do(first, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        assert (await at.fresh(second)).status is Status.AWAITING_CALLBACK
        assert (await at.told(second))[-1].startswith("finished")


@pytest.mark.covers("A13")
async def test_a_clerk_sees_open_tickets_of_the_same_caller_and_of_the_same_matter(database_url: str) -> None:
    """What a new ticket may be linked to: not what is closed, not itself."""
    async with city(database_url) as at:
        same_caller = await at.submitted(number="13854301234")
        same_matter = await at.submitted(lamp())
        await at.closed()
        ticket = await at.submitted(lamp(), number="13854301234")
        advice = await at.books.desk.advice(ticket.id, at.now)
        assert {one.id for one in advice.repeats} == {same_caller.id, same_matter.id}


@pytest.mark.covers("A13")
async def test_whoever_calls_when_the_result_is_there_already_is_called_back_at_once(database_url: str) -> None:
    """Linked to a ticket that awaits its callback, a later caller does not wait for it to happen again."""
    async with city(database_url) as at:
        first = await at.answered()
        late = await at.submitted()
        called = await at.do(late, Move.LINK, REVIEWER, Facts(handling_ticket=first.id))
        assert called.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("A13", "A25")
async def test_one_of_several_callers_withdraws_and_the_others_are_still_served(database_url: str) -> None:
    """The ticket that is handled for all goes on; that this caller withdrew is in its history."""
    async with city(database_url) as at:
        first = await at.signed()
        second = await at.submitted()
        await at.do(second, Move.LINK, REVIEWER, Facts(handling_ticket=first.id))
        on = await at.do(first, Move.WITHDRAW, AGENT, Facts(reason="已搬家"))
        assert on.status is Status.IN_HANDLING
        (*_, last) = await at.books.tickets.history(first.id)
        assert last.facts.matter.startswith("本诉求人撤诉:已搬家")
        gone = await at.do(second, Move.WITHDRAW, AGENT, Facts(reason="已修好"))
        assert gone.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("A13")
async def test_many_links_of_one_moment_raise_one_alert(database_url: str) -> None:
    """Eight callers linked within one transaction are counted one after the other."""
    async with city(database_url) as at:
        first = await at.signed()
        made = [await at.submitted() for _ in range(8)]
        facts = Facts(handling_ticket=first.id)
        await asyncio.gather(*(at.do(ticket, Move.LINK, REVIEWER, facts) for ticket in made))
        assert [row["callers"] for row in await at.rows(tables_work.hot_topics)] == [9]
        assert len([text for text in await at.told(first, "unit") if text.startswith("alert")]) == 1


@pytest.mark.covers("A13")
async def test_more_callers_than_five_in_three_days_raise_one_alert(database_url: str) -> None:
    """The sixth caller of one matter raises it; the seventh is counted; those of last week are not."""
    async with city(database_url) as at:
        first = await at.signed()
        await at.do(await at.submitted(), Move.LINK, REVIEWER, Facts(handling_ticket=first.id))
        at.now += timedelta(days=5)
        for callers in range(2, 8):
            await at.do(await at.submitted(), Move.LINK, REVIEWER, Facts(handling_ticket=first.id))
            alerts = [row["callers"] for row in await at.rows(tables_work.hot_topics)]
            assert alerts == ([callers] if callers > 5 else [])
        alerts = [text for text in await at.told(first, "unit") if text.startswith("alert")]
        assert len(alerts) == 1
        assert "6人反映同一事项" in alerts[0]
