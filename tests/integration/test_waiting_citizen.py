"""The citizen's own wait runs from first acceptance on, and is shown beside the limit of whoever has it now (A3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case_kit import city as web_city
from tests.city import AGENT, CLERK, REVIEWER, WHY, City, city, handler, lamp
from tests.city import at as civil_time
from tickets.api_waiting import WaitShown, wait_shown
from tickets.model import Ticket
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts


async def wait(at: City, ticket: Ticket) -> WaitShown | None:
    """What is shown of the wait now."""
    history = await at.books.tickets.history(ticket.id)
    return wait_shown(await at.fresh(ticket), history, await at.books.tickets.register(), at.now)


@pytest.mark.covers("A3")
async def test_the_wait_runs_on_through_a_return_and_is_alarmed(database_url: str) -> None:
    """Accepted on Tuesday, given to another unit on Thursday: its own limit is later, the citizen's wait is not."""
    async with city(database_url) as at:
        draft = await at.drafted(lamp())
        assert await wait(at, draft) is None
        ticket = await at.do(draft, Move.SUBMIT, AGENT)
        await at.sent(ticket, "住建局")
        at.now = civil_time("2026-11-25T10:00")
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        at.now = civil_time("2026-11-26T10:00")
        again = await at.sent(ticket, "城管局")
        shown = await wait(at, ticket)
        assert shown is not None
        assert again.turn is not None
        assert (shown.since, shown.until, shown.working_days) == (ticket.opened_at, None, 2)
        assert (shown.limit, again.turn.due.at) == (civil_time("2026-12-02T00:00"), civil_time("2026-12-04T00:00"))
        assert (shown.exceeded, shown.alarmed_at) == (False, None)
        await at.tick(civil_time("2026-12-02T00:00"))
        late = await wait(at, ticket)
        assert late is not None
        assert (late.working_days, late.exceeded, late.alarmed_at) == (6, True, at.now)
        await at.do(ticket, Move.SIGN, handler("城管局"))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("城管局"), at.answer())
        await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        ended, at.now = at.now, civil_time("2026-12-09T10:00")
        over = await wait(at, ticket)
        assert over is not None
        assert (over.until, over.working_days) == (ended, 6)


@pytest.mark.covers("A3")
async def test_the_wait_is_in_the_tickets_answer_beside_the_units_limit(tmp_path: Path, database_url: str) -> None:
    """Both the hotline and the unit read it; a new ticket has waited no working day and nobody was alarmed."""
    async with web_city(tmp_path, database_url) as at:
        number = await at.dispatched()
        for token in ("agent", "housing"):
            whole = (await at.get(f"/tickets/{number}", token)).json
            told = whole["waiting"]
            assert (told["since"], told["working_days"], told["alarmed_at"]) == (whole["opened_at"], 0, None)
            assert (told["limit"], told["exceeded"], told["until"]) == (whole["due"], False, None)
