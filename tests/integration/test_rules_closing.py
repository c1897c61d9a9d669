"""How a ticket ends: answer, callback, Article 23, withdrawal, and who may close it (Articles 14, 23, 24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.city import AGENT, CALLER, CLERK, REVIEWER, SUPERVISOR, city, handler
from tickets.errors import NotReadyError
from tickets.model import Status
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, Actor, CallbackResult, Facts, Role

SATISFIED = Facts(callback=CallbackResult.SATISFIED, solved=True)


@pytest.mark.covers("A17", "R14.6")
async def test_nobody_but_the_callback_team_closes_and_not_without_a_callback(database_url: str) -> None:
    """Neither the unit, agent, reviewer or leader, nor the team itself without a result."""
    async with city(database_url) as at:
        ticket = await at.answered()
        others = [handler("住建局"), AGENT, REVIEWER, Actor("主任", "12345", Role.LEADER)]
        for who in (*others, Actor("回访员", "住建局", Role.CALLBACK_CLERK)):
            with pytest.raises(IllegalMoveError, match="应由一级机构回访员/回访主管办理"):
                await at.do(ticket, Move.CLOSE, who, SATISFIED)
        with pytest.raises(IllegalMoveError, match="缺少回访结果"):
            await at.do(ticket, Move.CLOSE, CLERK)
        assert (await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)).status is Status.CLOSED


@pytest.mark.covers("R14.6")
@pytest.mark.parametrize("result", [CallbackResult.SATISFIED, CallbackResult.PARTIAL, CallbackResult.DISSATISFIED])
async def test_a_callback_that_reached_somebody_says_whether_it_is_solved(
    database_url: str, result: CallbackResult
) -> None:
    """Article 14: solved? satisfied? opinions? Where nobody was reached there is nothing to say."""
    async with city(database_url) as at:
        ticket = await at.answered()
        with pytest.raises(NotReadyError, match="问题是否解决"):
            await at.do(ticket, Move.RECORD_CALLBACK, CLERK, Facts(callback=result))
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, Facts(callback=CallbackResult.UNREACHED))
        with pytest.raises(NotReadyError, match="问题是否解决"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED))
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, Facts(callback=result, solved=False, opinions="太慢"))


@pytest.mark.covers("R14.6", "R14.7")
async def test_what_the_caller_said_is_not_closed_over_with_something_else(database_url: str) -> None:
    """Dissatisfied on record, it does not close as satisfied; called again and recorded, it does."""
    async with city(database_url) as at:
        ticket = await at.answered()
        said = Facts(callback=CallbackResult.DISSATISFIED, solved=False, opinions="仍不热")
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, said)
        with pytest.raises(NotReadyError, match="须先记录新的回访"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, SATISFIED)
        closed = await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED))
        assert closed.status is Status.CLOSED
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert last.facts.solved is True


@pytest.mark.covers("A28", "R14.6")
async def test_only_who_left_no_way_to_be_reached_is_closed_without_a_call(database_url: str) -> None:
    """Who left a number is called; who left none is closed after a clerk has read the answer."""
    async with city(database_url) as at:
        unheard = Facts(callback=CallbackResult.NO_CONTACT, read_by="回访员")
        reachable = await at.answered()
        with pytest.raises(NotReadyError, match="留有联系方式"):
            await at.do(reachable, Move.CLOSE, CLERK, unheard)
        ticket = await at.sent(await at.submitted(number=""), "住建局")
        await at.do(ticket, Move.SIGN, handler("住建局"))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer(Acceptance.NOT_REACHED))
        with pytest.raises(IllegalMoveError, match="须有工作人员阅看答复"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.NO_CONTACT))
        assert (await at.do(ticket, Move.CLOSE, CLERK, unheard)).status is Status.CLOSED


@pytest.mark.covers("R14.7")
@pytest.mark.parametrize("result", [CallbackResult.PARTIAL, CallbackResult.REFUSED])
async def test_a_clerk_reads_the_answer_where_the_caller_was_not_wholly_satisfied(
    database_url: str, result: CallbackResult
) -> None:
    """Partly satisfied or refusing to say: it does not close unread."""
    async with city(database_url) as at:
        ticket = await at.answered()
        with pytest.raises(IllegalMoveError, match="须有工作人员阅看答复"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=result, solved=True))
        closed = await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=result, solved=True, read_by="回访员"))
        assert closed.status is Status.CLOSED


@pytest.mark.covers("R23.1", "R23.2", "R23.3", "R23.4")
@pytest.mark.parametrize("ground", ["R23.1", "R23.2", "R23.3", "R23.4"])
async def test_each_ground_of_article_23_is_explained_stated_and_approved(database_url: str, ground: str) -> None:
    """Explained before, stated in writing, consented to by level 1, called back, read: then it closes."""
    async with city(database_url) as at:
        ticket = await at.signed()
        full = Facts(ground=ground, reason="见书面说明", explained_at=at.now, statement_id="说明1")
        for wanting, why in (
            (Facts(ground=ground, reason="x", explained_at=at.now), "缺少书面说明附件"),
            (Facts(ground=ground, reason="x", statement_id="说明1"), "缺少向诉求人解释的时间"),
            (Facts(ground="其他", reason="x", explained_at=at.now, statement_id="1"), "不再办理的情形应为:R23.1"),
            (
                Facts(ground=ground, reason="x", explained_at=at.now + timedelta(hours=1), statement_id="1"),
                "解释的时间不能晚于现在",
            ),
        ):
            with pytest.raises(IllegalMoveError, match=why):
                await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), wanting)
        asked = await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), full)
        with pytest.raises(IllegalMoveError, match="应由一级机构审核派单员"):
            await at.do(asked, Move.APPROVE_TERMINATION, handler("住建局"))
        await at.do(ticket, Move.REFUSE_TERMINATION, REVIEWER, Facts(reason="尚未判决"))
        await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), full)
        ended = await at.do(ticket, Move.APPROVE_TERMINATION, REVIEWER)
        assert ended.status is Status.NO_FURTHER_HANDLING
        with pytest.raises(IllegalMoveError, match="缺少阅看人"):
            await at.do(ticket, Move.CLOSE, CLERK, SATISFIED)
        read = Facts(callback=CallbackResult.SATISFIED, solved=False, read_by="回访员")
        assert (await at.do(ticket, Move.CLOSE, CLERK, read)).status is Status.CLOSED


@pytest.mark.covers("R24.1", "R14.4")
async def test_what_the_caller_disputes_is_handled_again_within_the_limit_or_told_as_it_is(database_url: str) -> None:
    """What the caller said to the answer is told, and the answer lies in the past; disputed, a person calls."""
    async with city(database_url) as at:
        ticket = await at.signed()
        silent = replace(at.answer(), acceptance=None)
        with pytest.raises(IllegalMoveError, match="缺少诉求人是否认可"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), silent)
        early = replace(at.answer(), answered_at=at.now + timedelta(minutes=1))
        with pytest.raises(IllegalMoveError, match="不能晚于现在"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), early)
        before = replace(at.answer(), answered_at=ticket.opened_at - timedelta(seconds=1))
        with pytest.raises(NotReadyError, match="不能早于诉求提出的时间"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), before)
        done = await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer(Acceptance.DISPUTED))
        assert done.status is Status.AWAITING_CALLBACK
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert last.facts.acceptance is Acceptance.DISPUTED


@pytest.mark.covers("A25", "A17")
async def test_a_withdrawal_is_confirmed_by_the_callback_team_and_nobody_claims_one(database_url: str) -> None:
    """Only the caller withdraws, only the callback team closes, and only what was withdrawn as withdrawn."""
    async with city(database_url) as at:
        withdrawn = Facts(callback=CallbackResult.WITHDRAWN)
        other = await at.answered()
        with pytest.raises(IllegalMoveError, match="诉求人没有撤诉"):
            await at.do(other, Move.CLOSE, CLERK, withdrawn)
        ticket = await at.signed(co_handlers=("城管局",))
        with pytest.raises(IllegalMoveError, match="应由诉求人或一级机构话务员"):
            await at.do(ticket, Move.WITHDRAW, handler("住建局"), Facts(reason="已谈妥"))
        gone = await at.do(ticket, Move.WITHDRAW, CALLER, Facts(reason="已修好"))
        assert (gone.status, gone.case.tasks) == (Status.AWAITING_CALLBACK, ())
        with pytest.raises(IllegalMoveError, match="应由一级机构回访员"):
            await at.do(ticket, Move.CLOSE, handler("住建局"), withdrawn)
        assert (await at.do(ticket, Move.CLOSE, CLERK, withdrawn)).status is Status.CLOSED


@pytest.mark.covers("A9", "R14.7")
async def test_again_after_the_second_round_means_supervision(database_url: str) -> None:
    """The supervisor decides; there is no third round."""
    async with city(database_url) as at:
        ticket = await at.answered()
        with pytest.raises(IllegalMoveError, match="应由一级机构回访主管"):
            await at.do(ticket, Move.SEND_BACK, CLERK, Facts(reason="不满意"))
        for _ in range(2):
            await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="不满意"))
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        last = await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="不满意"))
        assert (last.status, last.case.rounds) == (Status.SUPERVISED, 2)


@pytest.mark.covers("R24.1", "R14.7")
async def test_handled_again_the_caller_is_answered_again(database_url: str) -> None:
    """Sent back, a unit cannot hand in the answer that the caller was not satisfied with."""
    async with city(database_url) as at:
        ticket = await at.answered()
        old = at.answer()
        at.now += timedelta(hours=3)
        await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="仍然不热"))
        with pytest.raises(NotReadyError, match="须重新答复诉求人"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), old)
        done = await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        assert done.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("A13", "R14.6")
async def test_a_ticket_to_which_others_are_linked_is_not_linked_away(database_url: str) -> None:
    """Otherwise those callers would wait for ever: each of them is called back in the end."""
    async with city(database_url) as at:
        handling, middle, last = await at.signed(), await at.submitted(), await at.submitted()
        await at.do(last, Move.LINK, REVIEWER, Facts(handling_ticket=middle.id))
        with pytest.raises(NotReadyError, match="已有其他诉求人的工单关联到此件"):
            await at.do(middle, Move.LINK, REVIEWER, Facts(handling_ticket=handling.id))
        await at.do(middle, Move.REFUSE, AGENT, Facts(reason_code="r6_3"))
        assert (await at.fresh(last)).status is Status.AWAITING_CALLBACK
