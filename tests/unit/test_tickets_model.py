"""What a call's ticket becomes when it is asked for once more."""

from __future__ import annotations

from itertools import product

import pytest

from tests.books import MORNING
from tickets.entry_words import words
from tickets.model import WEIGHT, Kind, Opening, Status, Ticket, asked_again, opened


def opening(kind: Kind, recording_id: str = "") -> Opening:
    """A call asks for its ticket."""
    return Opening("node-1.1", "13854301001", kind, MORNING, recording_id)


def ticket(kind: Kind, recording_id: str = "") -> Ticket:
    """The ticket that this opens."""
    return opened(opening(kind, recording_id), ticket_id="t", number="20261124-000001")[0]


@pytest.mark.parametrize("kind", Kind)
def test_a_new_ticket_awaits_review_and_its_history_says_why(kind: Kind) -> None:
    """Every kind begins with one step, in words that people read, and the state of the ticket is that of the step."""
    made, step = opened(opening(kind, "track-1"), ticket_id="t", number="20261124-000001")
    assert made.status is step.status is Status.AWAITING_REVIEW
    assert (step.ticket_id, step.seq, step.at, made.kind) == ("t", made.steps, MORNING, kind)
    assert "建单" in words(step)
    assert (made.recording_id, made.caller_number, made.call_id) == ("track-1", "13854301001", "node-1.1")


@pytest.mark.parametrize(("first", "then"), [pair for pair in product(Kind, Kind) if pair[0] is not pair[1]])
def test_the_weightiest_kind_stays(first: Kind, then: Kind) -> None:
    """Of any two kinds of one call the weightier is the ticket's, whichever came first; only a rise is a step."""
    changed, step = asked_again(ticket(first), opening(then))
    assert changed.kind is max(first, then, key=WEIGHT.__getitem__)
    if changed.kind is first:
        assert step is None
        assert changed == ticket(first)
    else:
        assert step is not None
        assert (step.seq, changed.kind, changed.steps) == (2, then, 2)
        assert words(step).startswith("同一通来电其后")


def test_an_emergency_outweighs_all() -> None:
    """Nothing that happens later in a call hides that it was put through to an emergency service."""
    assert max(Kind, key=WEIGHT.__getitem__) is Kind.EMERGENCY_TRANSFER


def test_a_recording_is_noted_once_and_never_replaced() -> None:
    """A recording that comes later is noted with a step; a second one does not take its place."""
    noted, step = asked_again(ticket(Kind.MESSAGE), opening(Kind.MESSAGE, "track-1"))
    assert noted.recording_id == "track-1"
    assert step is not None
    assert words(step) == "已关联录音"
    assert asked_again(noted, opening(Kind.MESSAGE, "track-2")) == (noted, None)
