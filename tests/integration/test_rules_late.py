"""Who is late and who is not: our own decisions, extensions, tasks, supervision (Articles 3, 21, 22)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import REVIEWER, SUPERVISOR, WHY, City, city, handler
from tests.city import at as civil_time
from tickets.cards import Card
from tickets.model import Status, Ticket
from tickets.store import tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

DEPUTY = Actor("分管区长", "滨城区", Role.DEPUTY)


async def grounds(at: City, ticket: Ticket) -> list[str]:
    """What the clock has warned of."""
    return [one.facts.ground for one in await at.books.tickets.history(ticket.id) if one.row == Move.WARN]


async def asked_on_the_last_day(at: City, days: int = 10) -> Ticket:
    """Due on Tuesday 1 December, the extension is asked for on Monday; ours to decide until Tuesday's end."""
    ticket = await at.signed()
    await at.tick(civil_time("2026-11-30T17:00"))
    asked = Facts(reason="需更换主管道", working_days=days)
    return await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)


@pytest.mark.covers("A24", "R22.4")
async def test_an_extension_that_we_refuse_too_late_leaves_the_unit_a_working_day(database_url: str) -> None:
    """Asked in time on Monday, refused on Wednesday: no red card, and Thursday is left."""
    async with city(database_url) as at:
        ticket = await asked_on_the_last_day(at)
        await at.tick(civil_time("2026-12-02T00:00"))
        at.now = civil_time("2026-12-02T10:00")
        kept = await at.do(ticket, Move.REFUSE_EXTENSION, REVIEWER, Facts(reason="可以按期办结"))
        await at.tick()
        assert kept.turn is not None
        assert kept.turn.due.on == date(2026, 12, 3)
        after = await at.fresh(ticket)
        assert (after.status, after.card) == (Status.IN_HANDLING, Card.YELLOW)
        assert await grounds(at, ticket) == ["yellow_card", "decide_overdue", "yellow_card"]
        await at.tick(civil_time("2026-12-04T00:00"))
        assert (await at.fresh(ticket)).card is Card.RED


@pytest.mark.covers("A24", "A18", "R22.4")
async def test_an_extension_that_we_grant_too_late_makes_nobody_overdue_meanwhile(database_url: str) -> None:
    """Granted on Wednesday: neither red nor supervised while the caller is being told."""
    async with city(database_url) as at:
        ticket = await asked_on_the_last_day(at, 3)
        await at.tick(civil_time("2026-12-02T09:00"))
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.tick(civil_time("2026-12-02T09:01"))
        waiting = await at.fresh(ticket)
        assert (waiting.status, waiting.card) == (Status.IN_HANDLING, Card.YELLOW)
        told = await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="电话告知"))
        assert told.turn is not None
        assert (told.status, told.turn.due.on) == (Status.IN_HANDLING, date(2026, 12, 8))


@pytest.mark.covers("A24", "A4")
async def test_our_day_to_decide_begins_when_level_2_has_looked(database_url: str) -> None:
    """滨城区 looks first; its delay stops no clock and is not counted as ours."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("市西街道"), Facts(reason="等灯具", working_days=2))
        await at.tick(civil_time("2026-11-26T00:00"))
        at.now = civil_time("2026-11-26T09:00")
        await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        with pytest.raises(IllegalMoveError, match="已经初审"):
            await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        await at.tick(civil_time("2026-11-27T23:59"))
        assert (await grounds(at, ticket), (await at.fresh(ticket)).paused) == (["upper_decide_overdue"], False)
        await at.tick(civil_time("2026-11-28T00:00"))
        assert (await grounds(at, ticket))[1:] == ["decide_overdue"]
        assert (await at.fresh(ticket)).paused


@pytest.mark.covers("A24", "R23.1")
async def test_who_has_stated_in_time_why_nothing_further_is_done_is_not_late(database_url: str) -> None:
    """Stated on the due day, approved within our own day: no red card."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.tick(civil_time("2026-12-01T10:00"))
        why = Facts(ground="R23.1", reason="法院已判决", explained_at=at.now, statement_id="a1")
        await at.do(ticket, Move.REQUEST_TERMINATION, handler("住建局"), why)
        await at.tick(civil_time("2026-12-02T09:00"))
        ended = await at.do(ticket, Move.APPROVE_TERMINATION, REVIEWER)
        assert (ended.status, await grounds(at, ticket)) == (Status.NO_FURTHER_HANDLING, ["yellow_card"])


@pytest.mark.covers("R3.3", "A9", "A2")
@pytest.mark.parametrize("signed", [False, True])
async def test_a_unit_that_never_signs_is_overdue_and_supervised_all_the_same(database_url: str, signed: bool) -> None:
    """Not to sign saves nobody, neither the unit nor one whose street does not sign: signed, it is supervised."""
    async with city(database_url) as at:
        ticket = await (at.signed("滨城区") if signed else at.dispatched("滨城区"))
        if signed:
            ticket = await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.tick(civil_time("2026-12-02T00:00"))
        late = await at.fresh(ticket)
        assert (late.status, late.card, late.unit) == (Status.AWAITING_SIGNATURE, Card.RED, "滨城区")
        on = await at.do(ticket, Move.SIGN, handler("市西街道" if signed else "滨城区"))
        assert (on.status, on.card) == (Status.SUPERVISED, Card.RED)


@pytest.mark.covers("R22.4", "A4")
async def test_extensions_together_end_at_ten_working_days(database_url: str) -> None:
    """Six and five are eleven: refused with the four that are left."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="施工", working_days=6))
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="电话告知"))
        with pytest.raises(IllegalMoveError, match="合计不得超过10个工作日,尚可申请1至4个"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="施工", working_days=5))


@pytest.mark.covers("A10", "R3.3")
async def test_a_co_handlers_day_moves_with_its_parents_and_is_warned_of(database_url: str) -> None:
    """Extended by three, the task is still due a working day before; its unit hears when that day is over."""
    async with city(database_url) as at:
        ticket = await at.signed("住建局", co_handlers=("城管局",))
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="施工", working_days=3))
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="电话告知"))
        (task,) = await at.rows(tables_work.tasks)
        assert task["due"] == civil_time("2026-12-04T00:00")
        await at.tick(civil_time("2026-12-03T23:59"))
        assert "task_overdue" not in await grounds(at, ticket)
        await at.tick(civil_time("2026-12-04T00:00"))
        assert (await grounds(at, ticket))[-1] == "task_overdue"
        assert any(text.startswith("warning 城管局") for text in await at.told(ticket, "unit"))


@pytest.mark.covers("R22.6", "A9")
async def test_handled_again_a_ticket_is_not_returned_after_a_pause(database_url: str) -> None:
    """Waiting for material in a second round gives no new time to return."""
    async with city(database_url) as at:
        ticket = await at.answered()
        at.now = civil_time("2026-11-30T09:00")
        await at.do(ticket, Move.SEND_BACK, SUPERVISOR, Facts(reason="仍然不热"))
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="请约定入户时间"))
        await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="n1"))
        at.now = civil_time("2026-12-01T09:00")
        await at.do(ticket, Move.RESUME, handler("住建局"))
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-27 00:00已过"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)


@pytest.mark.covers("A26")
async def test_what_one_unit_asked_for_is_not_the_next_ones(database_url: str) -> None:
    """住建局 asked for a pause and returned the ticket: 城管局 did not ask."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="票据"))
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        await at.sent(ticket, "城管局", reason="井盖")
        await at.do(ticket, Move.SIGN, handler("城管局"))
        with pytest.raises(IllegalMoveError, match="没有申请待补充"):
            await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="n1"))
