"""The truth table of callbacks: solved x satisfied x partial x refused, cell by cell, as a ticket goes by it (A8)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.workflow_world import Desk, actor, answer, at
from tickets.callback_table import WHAT_FOLLOWS, Follows
from tickets.workflow import IllegalMoveError, Possible, possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts, Role, Status

CLERK, SUPERVISOR = ("12345", Role.CALLBACK_CLERK), ("12345", Role.CALLBACK_SUPERVISOR)
R, F = CallbackResult, Follows
CELLS = [
    (R.SATISFIED, True, F.CLOSES),
    (R.SATISFIED, False, F.READ),
    (R.SATISFIED, None, F.ASKED),
    (R.PARTIAL, True, F.READ),
    (R.PARTIAL, False, F.JUDGED),
    (R.PARTIAL, None, F.ASKED),
    (R.DISSATISFIED, True, F.JUDGED),
    (R.DISSATISFIED, False, F.JUDGED),
    (R.DISSATISFIED, None, F.ASKED),
    (R.REFUSED, True, F.READ),
    (R.REFUSED, False, F.READ),
    (R.REFUSED, None, F.READ),
    (R.UNREACHED, True, F.TRIED),
    (R.UNREACHED, False, F.TRIED),
    (R.UNREACHED, None, F.TRIED),
    (R.NO_CONTACT, True, F.READ),
    (R.NO_CONTACT, False, F.READ),
    (R.NO_CONTACT, None, F.READ),
    (R.WITHDRAWN, True, F.CLOSES),
    (R.WITHDRAWN, False, F.CLOSES),
    (R.WITHDRAWN, None, F.CLOSES),
]
TRIES = tuple(at(text) for text in ("2026-11-24T10:00", "2026-11-25T10:00", "2026-11-25T19:00"))


@pytest.fixture
def desk() -> Desk:
    """A ticket that is answered; the callback is next."""
    return Desk().dispatched("住建局").signed("住建局").do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())


def refused(desk: Desk, facts: Facts) -> str:
    """Why the clerk may not close with this; empty where it is closed."""
    try:
        desk.do(Move.CLOSE, *CLERK, facts)
    except IllegalMoveError as error:
        return error.why
    return ""


@pytest.mark.covers("A8", "R14.6", "R14.7", "A7")
@pytest.mark.parametrize(("result", "solved", "follows"), CELLS)
def test_each_cell_is_what_happens_to_a_ticket(
    desk: Desk,
    result: CallbackResult,
    solved: bool | None,
    follows: Follows,
) -> None:
    """Closing by the clerk is held against the cell: at once, once read, once tried enough, or not at all."""
    assert WHAT_FOLLOWS[result, solved] is follows
    if result is R.WITHDRAWN:
        desk = Desk().dispatched("住建局").do(Move.WITHDRAW, "12345", Role.CALLER, Facts(reason="已修好"))
    told = Facts(callback=result, solved=solved)
    read = replace(told, read_by="u9")
    if follows is F.ASKED:
        assert "是否解决" in refused(desk, read)
    elif follows is F.JUDGED:
        assert "由回访主管认定" in refused(desk, read)
    elif follows is F.CLOSES:
        assert refused(desk, told) == ""
    else:
        if follows is F.TRIED:
            assert "至少3次" in refused(desk, replace(read, attempts=TRIES[:2]))
            assert "先发短信" in refused(desk, replace(read, attempts=TRIES))
            told, read = (replace(one, attempts=TRIES, sms_id="s1") for one in (told, read))
        assert "阅看" in refused(desk, told)
        assert refused(desk, read) == ""
    assert desk.stands() is (Status.AWAITING_CALLBACK if follows in (F.ASKED, F.JUDGED) else Status.CLOSED)


@pytest.mark.covers("A8")
def test_the_table_has_every_cell_and_stands_in_the_documents() -> None:
    """No combination is left out, and docs/workflow.md says of each what the table says."""
    assert {(result, solved) for result, solved, _ in CELLS} == set(WHAT_FOLLOWS)
    assert len(WHAT_FOLLOWS) == len(CallbackResult) * 3
    page = (Path(__file__).parents[2] / "docs/workflow.md").read_text(encoding="utf-8")
    for result in CallbackResult:
        cells = " | ".join(WHAT_FOLLOWS[result, solved].value for solved in (True, False, None))
        assert f"| {result.value} | {cells} |" in page


@pytest.mark.covers("A8", "R14.7")
def test_the_clerk_proposes_and_the_supervisor_decides(desk: Desk) -> None:
    """Without the clerk's view neither decision is open; the supervisor may decide otherwise; only clerks propose."""
    assert Move.PROPOSE_FINDING not in {one.move for one in options(desk)}
    desk.do(Move.RECORD_CALLBACK, *CLERK, Facts(callback=R.DISSATISFIED, solved=False))
    back, closing = Facts(reason="未解决", due=at("2026-12-04T00:00")), Facts(callback=R.DISSATISFIED, reason="违法")
    with pytest.raises(IllegalMoveError, match="须先由回访员提出"):
        desk.do(Move.SEND_BACK, *SUPERVISOR, back)
    with pytest.raises(IllegalMoveError, match="须先由回访员提出"):
        desk.do(Move.CLOSE_AS_UNREASONABLE, *SUPERVISOR, replace(closing, read_by="u9"))
    with pytest.raises(IllegalMoveError, match="应由一级机构回访员办理"):
        desk.do(Move.PROPOSE_FINDING, *SUPERVISOR, Facts(reasonable=False, reason="要求违法"))
    desk.do(Move.PROPOSE_FINDING, *CLERK, Facts(reasonable=False, reason="要求违法"))
    assert (desk.case.proposed, desk.stands()) == (False, Status.AWAITING_CALLBACK)
    desk.do(Move.SEND_BACK, *SUPERVISOR, back)
    assert (desk.stands(), desk.case.proposed, desk.case.called) == (Status.HANDLED_AGAIN, None, None)


@pytest.mark.covers("A8")
def test_a_word_of_dissatisfaction_is_not_closed_over(desk: Desk) -> None:
    """Neither a milder result nor unanswered calls afterwards lead around the supervisor; a later better word does."""
    desk.do(Move.RECORD_CALLBACK, *CLERK, Facts(callback=R.DISSATISFIED, solved=False))
    desk.do(Move.RECORD_CALLBACK, *CLERK, Facts(callback=R.UNREACHED))
    for result in (R.PARTIAL, R.REFUSED, R.UNREACHED, R.NO_CONTACT):
        told = Facts(callback=result, solved=True, read_by="u9", attempts=TRIES, sms_id="s1")
        assert "由回访主管认定" in refused(desk, told)
    desk.do(Move.RECORD_CALLBACK, *CLERK, Facts(callback=R.SATISFIED, solved=True))
    assert refused(desk, Facts(callback=R.SATISFIED, solved=True)) == ""


def options(desk: Desk) -> tuple[Possible, ...]:
    """What a clerk may do now."""
    return possible(desk.case, actor(*CLERK), desk.world)
