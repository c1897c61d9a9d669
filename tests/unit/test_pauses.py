"""Pauses come out of the history and move the due day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.workflow_world import NOW, Desk, at
from tickets.calendar_library import library_years
from tickets.deadlines import Pause, PauseReason
from tickets.disputes import Dispute
from tickets.pauses import pauses_of
from tickets.ruleset import DEFAULT_RULES
from tickets.ticket_deadlines import Terms, ticket_deadlines
from tickets.workdays import Calendar
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts, Role


@pytest.mark.covers("A26")
def test_a_pause_in_the_history_moves_the_due_day() -> None:
    """Waiting from Wednesday to Friday, urged meanwhile: two working days more; while it lasts it has no end."""
    desk = Desk().dispatched("住建局").signed("住建局")
    assert pauses_of(desk.steps) == ()
    desk.now = at("2026-11-25T10:00")
    desk.do(Move.ASK_FOR_PAUSE, "住建局", Role.HANDLER, Facts(reason="缺房产证"))
    desk.do(Move.PAUSE, "12345", Role.REVIEWER, Facts(notice_id="n1")).do(Move.URGE, "", Role.CALLER)
    assert pauses_of(desk.steps) == (Pause(at("2026-11-25T10:00"), None, PauseReason.MATERIAL),)
    desk.now = at("2026-11-27T10:00")
    desk.do(Move.RESUME, "住建局", Role.HANDLER, Facts(due=desk.now))
    pauses = pauses_of(desk.steps)
    assert pauses == (Pause(at("2026-11-25T10:00"), at("2026-11-27T10:00"), PauseReason.MATERIAL),)
    calendar = Calendar(library_years())
    assert ticket_deadlines(Terms(NOW), calendar, DEFAULT_RULES).due.on == date(2026, 12, 1)
    assert ticket_deadlines(Terms(NOW, pauses=pauses), calendar, DEFAULT_RULES).due.on == date(2026, 12, 3)


@pytest.mark.covers("R21.3")
def test_adjudication_stands_until_the_forced_dispatch() -> None:
    """The ruling itself does not end it: the dispatch does."""
    desk = Desk().dispatched("住建局").signed("住建局")
    desk.now = at("2026-11-26T09:00")
    why = Facts(reason="职责不清", basis="三定方案", suggestion="裁定", dispute=Dispute.DUTY, adjudicator="编办")
    desk.do(Move.REQUEST_ADJUDICATION, "住建局", Role.HANDLER, why)
    desk.do(Move.RULE, "编办", Role.ADJUDICATOR, Facts(ruling="x", basis="x", unit="城管局"))
    desk.now = at("2026-11-30T09:00")
    desk.do(Move.FORCE_DISPATCH, "12345", Role.REVIEWER, Facts(unit="城管局", due=NOW, apply_by=NOW))
    assert pauses_of(desk.steps) == (Pause(at("2026-11-26T09:00"), at("2026-11-30T09:00"), PauseReason.ADJUDICATION),)
