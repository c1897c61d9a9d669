"""Refusing stops where a carrier has lost its caller ids, and comes back (R6.5)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.refusals import LOOK_BACK, MOST_TRUNKS, RefusalGuard, Turn

pytestmark = pytest.mark.covers("R6.5")


def feed(guard: RefusalGuard, outcomes: str, trunk: str = "a", start: float = 0.0) -> list[Turn | None]:
    """One call a second: ``x`` is refused by the rules, ``.`` is not."""
    return [guard.seen(trunk, outcome == "x", start + second) for second, outcome in enumerate(outcomes)]


def test_a_jump_stops_refusing_and_raises_one_alarm() -> None:
    """With enough calls seen and half of them refused, the alarm is due at that call and never again."""
    guard = RefusalGuard(0.5, 10, 600)
    turns = feed(guard, ".....xxxxx" + "x" * 40)
    assert turns[9] is Turn.STOPPED
    assert turns.count(Turn.STOPPED) == 1
    assert not guard.applies("a")


def test_too_few_calls_prove_nothing() -> None:
    """Nine forged calls in a row on a trunk that needs ten are refused, every one."""
    guard = RefusalGuard(0.5, 10, 600)
    assert feed(guard, "x" * 9) == [None] * 9
    assert guard.applies("a")


def test_a_share_below_the_threshold_changes_nothing() -> None:
    """A steady fifth of refused calls is the ordinary day."""
    guard = RefusalGuard(0.5, 10, 600)
    assert set(feed(guard, "x...." * 100)) == {None}


def test_calls_outside_the_window_do_not_count() -> None:
    """Nine refused calls of an hour ago do not add to one of now."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 9)
    assert feed(guard, "x", start=3600) == [None]
    assert feed(guard, "x" * 9, start=3601)[-1] is Turn.STOPPED


def test_a_trunk_stops_alone() -> None:
    """The other trunks go on refusing."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 10, "a")
    feed(guard, "." * 10, "b")
    assert (guard.applies("a"), guard.applies("b"), guard.applies("never seen")) == (False, True, True)


def test_refusing_resumes_when_the_share_is_under_half_the_threshold() -> None:
    """At 30 % it stays stopped although that is under the threshold; at 20 % it resumes, and says so once."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 10)
    assert set(feed(guard, "xxx......." * 5, start=10)) == {None}
    assert not guard.applies("a")
    turns = feed(guard, "xx........" * 3, start=60)
    assert turns.count(Turn.RESUMED) == 1
    assert guard.applies("a")


def test_a_quiet_trunk_resumes_too() -> None:
    """Ten good calls in ten hours are enough; the night does not keep refusing off."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 10)
    turns = [guard.seen("a", refused=False, at=3600.0 * hour) for hour in range(1, 11)]
    assert turns == [None] * 9 + [Turn.RESUMED]


def test_the_calls_of_the_jump_do_not_count_after_resuming() -> None:
    """A second alarm needs a second jump."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 10 + "." * 10)
    assert feed(guard, "x" * 9, start=20) == [None] * 9
    assert feed(guard, "x", start=29) == [Turn.STOPPED]


def test_an_operator_can_reset_a_trunk() -> None:
    """After a reset refusing applies, and what was seen before is forgotten."""
    guard = RefusalGuard(0.5, 10, 600)
    feed(guard, "x" * 10)
    guard.reset("a")
    guard.reset("never seen")
    assert guard.applies("a")
    assert feed(guard, "x" * 9, start=10) == [None] * 9


def test_memory_is_bounded() -> None:
    """Neither many calls within a window nor many trunk names make it grow; the longest unseen trunk goes first."""
    guard = RefusalGuard(0.9, 10, 1e9)
    feed(guard, "." * (LOOK_BACK + 500))
    assert len(guard._trunks["a"].latest) == LOOK_BACK
    for number in range(MOST_TRUNKS + 50):
        guard.seen(f"t{number}", refused=False, at=2e3)
    assert len(guard._trunks) == MOST_TRUNKS
    assert "a" not in guard._trunks


CALLS = st.lists(st.tuples(st.booleans(), st.floats(0, 120)), max_size=200)


@given(CALLS, st.floats(0.05, 1), st.integers(1, 30), st.floats(1, 900))
def test_stops_and_resumptions_alternate(
    calls: list[tuple[bool, float]], share: float, least: int, window: float
) -> None:
    """Beginning with a stop, each turn is the other one; refusing applies exactly when the last was none or RESUMED."""
    guard = RefusalGuard(share, least, window)
    at, turns = 0.0, []
    for refused, gap in calls:
        at += gap
        turn = guard.seen("a", refused, at)
        if turn:
            turns.append(turn)
        assert guard.applies("a") is (not turns or turns[-1] is Turn.RESUMED)
    assert turns[:1] in ([], [Turn.STOPPED])
    assert all(one is not other for one, other in pairwise(turns))


@given(CALLS, st.floats(0.05, 1), st.integers(1, 30), st.floats(1, 900))
def test_the_first_stop_is_where_the_rule_says(
    calls: list[tuple[bool, float]], share: float, least: int, window: float
) -> None:
    """Against the rule written out: the first call whose window holds enough calls and a high enough share."""
    guard = RefusalGuard(share, least, window)
    at = 0.0
    seen: list[tuple[float, bool]] = []
    for refused, gap in calls:
        at += gap
        seen.append((at, refused))
        within = [was for then, was in seen if at - then <= window]
        jumped = len(within) >= least and sum(within) >= share * len(within)
        assert guard.seen("a", refused, at) is (Turn.STOPPED if jumped else None)
        if jumped:
            break


@given(st.lists(st.booleans(), max_size=300))
def test_trunks_never_influence_each_other(outcomes: list[bool]) -> None:
    """What happens on one trunk is the same whether or not another is busy."""
    alone, beside = RefusalGuard(0.5, 10, 60), RefusalGuard(0.5, 10, 60)
    for at, refused in enumerate(outcomes):
        beside.seen("b", not refused, at)
        assert alone.seen("a", refused, at) == beside.seen("a", refused, at)
