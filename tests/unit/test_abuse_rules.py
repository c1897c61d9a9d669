"""Who may do what about a mark of abuse, by the rules alone (R8.1, A21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.roles import Role
from ivr.abuse.model import (
    Abuse,
    Evidence,
    Mark,
    MarkState,
    NotFitError,
    NotTheirsError,
    Person,
    RestrictionState,
    Step,
)
from ivr.abuse.rules import Earlier, Referral, approve, decide, lift, propose, refer

pytestmark = pytest.mark.covers("R8.1", "A21")

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AGENT = Person("zhang", frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}), "12345")
SUPERVISOR = Person("li", frozenset({Role.SHIFT_SUPERVISOR}), "12345")
LEADER = Person("wang", frozenset({Role.LEADER}), "12345")
EVIDENCE = Evidence("r1", "a" * 64, "citizen", 9.0, "zhang", NOW)
MARK = Mark("m1", "n-1.1", "13854301001", Abuse.SLANDER, "辱骂", "zhang", Role.AGENT, "12345", NOW, (EVIDENCE,))


def after(mark: Mark, *steps: Step) -> Mark:
    """The mark with what was done."""
    return replace(mark, steps=(*mark.steps, *steps))


CONFIRMED = after(MARK, decide(MARK, SUPERVISOR, NOW, confirm=True, why="录音属实"))
PROPOSED = after(CONFIRMED, propose(CONFIRMED, SUPERVISOR, NOW, hours=24, why="屡次", earlier=Earlier()))
APPROVED = after(PROPOSED, approve(PROPOSED, LEADER, NOW, agree=True, why="同意", earlier=Earlier()))


def test_who_marked_does_not_decide() -> None:
    """Not even a supervisor who marked it themselves; nor anybody who is no supervisor; nor twice."""
    with pytest.raises(NotTheirsError, match="标记人不能认定"):
        decide(MARK, AGENT, NOW, confirm=True, why="")
    with pytest.raises(NotTheirsError, match="值班长"):
        decide(MARK, LEADER, NOW, confirm=True, why="")
    with pytest.raises(NotFitError, match="已经认定"):
        decide(CONFIRMED, SUPERVISOR, NOW, confirm=False, why="")
    assert (MARK.state, CONFIRMED.state) == (MarkState.WAITING, MarkState.CONFIRMED)


def test_nothing_is_confirmed_without_evidence() -> None:
    """A mark without a recording can only be dismissed."""
    bare = replace(MARK, evidence=())
    with pytest.raises(NotFitError, match="没有录音"):
        decide(bare, SUPERVISOR, NOW, confirm=True, why="")
    assert after(bare, decide(bare, SUPERVISOR, NOW, confirm=False, why="误标")).state is MarkState.DISMISSED


def test_the_police_get_evidence_of_confirmed_marks_only() -> None:
    """Which of its recordings, when, where and under which receipt stands in the step."""
    referral = Referral(LATER, "滨北派出所", "滨公受字2026-11", ("r1", "r1"))
    step = refer(CONFIRMED, SUPERVISOR, LATER, referral, "")
    assert (step.station, step.receipt, step.done_at, step.handed) == ("滨北派出所", "滨公受字2026-11", LATER, ("r1",))
    for mark, told, why in (
        (MARK, referral, "只有认定属实"),
        (CONFIRMED, replace(referral, recordings=("r2",)), "不是这个标记的证据"),
        (CONFIRMED, replace(referral, recordings=()), "哪些证据"),
        (CONFIRMED, replace(referral, at=LATER + timedelta(minutes=1)), "移送的时间"),
        (CONFIRMED, replace(referral, at=NOW - timedelta(days=1)), "移送的时间"),
    ):
        with pytest.raises(NotFitError, match=why):
            refer(mark, SUPERVISOR, LATER, told, "")


@pytest.mark.parametrize(
    ("ever", "hours", "fits"),
    [(False, 1, True), (False, 24, True), (False, 25, False), (True, 25, True), (True, 720, True), (True, 721, False)],
)
def test_24_hours_the_first_time_and_30_days_at_most(ever: bool, hours: int, fits: bool) -> None:
    """By what the number has behind it, when it is proposed and again when it is approved."""
    before = Earlier(ever=ever)
    if fits:
        assert propose(CONFIRMED, SUPERVISOR, NOW, hours=hours, why="", earlier=before).hours == hours
        return
    with pytest.raises(NotFitError, match="应为1至"):
        propose(CONFIRMED, SUPERVISOR, NOW, hours=hours, why="", earlier=before)
    forged = after(CONFIRMED, replace(PROPOSED.steps[-1], hours=hours))
    with pytest.raises(NotFitError, match="应为1至"):
        approve(forged, LEADER, NOW, agree=True, why="", earlier=before)


def test_a_restriction_follows_from_a_confirmed_mark_with_a_number() -> None:
    """Once for a mark, never on top of another, never for a caller without a number."""
    for mark, before, why in (
        (MARK, Earlier(), "只有认定属实"),
        (replace(CONFIRMED, number=""), Earlier(), "没有可用的号码"),
        (CONFIRMED, Earlier(ever=True, now=True), "已经在限制之中"),
        (PROPOSED, Earlier(), "已经提出过"),
        (APPROVED, Earlier(ever=True), "已经提出过"),
    ):
        with pytest.raises(NotFitError, match=why):
            propose(mark, SUPERVISOR, NOW, hours=2, why="", earlier=before)


def test_another_person_approves() -> None:
    """A leader who neither marked nor decided nor proposed, whatever other roles these hold."""
    everything = frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR, Role.LEADER})
    for who in ("zhang", "li"):
        with pytest.raises(NotTheirsError, match="不能批准"):
            approve(PROPOSED, Person(who, everything, "12345"), NOW, agree=True, why="", earlier=Earlier())
    with pytest.raises(NotTheirsError, match="负责人"):
        approve(PROPOSED, replace(SUPERVISOR, account="zhao"), NOW, agree=True, why="", earlier=Earlier())
    with pytest.raises(NotFitError, match="没有待批准"):
        approve(CONFIRMED, LEADER, NOW, agree=True, why="", earlier=Earlier())
    with pytest.raises(NotFitError, match="已经在限制之中"):
        approve(PROPOSED, LEADER, NOW, agree=True, why="", earlier=Earlier(ever=True, now=True))
    refused = after(PROPOSED, approve(PROPOSED, LEADER, NOW, agree=False, why="过重", earlier=Earlier()))
    assert refused.restriction(NOW) is RestrictionState.REFUSED
    assert propose(refused, SUPERVISOR, NOW, hours=2, why="改为2小时", earlier=Earlier()).hours == 2


def test_it_ends_by_itself_or_is_lifted_at_once() -> None:
    """24 h after the approval, or when one supervisor says so; a lifted one does not come back."""
    end = NOW + timedelta(hours=24)
    assert APPROVED.steps[-1].until == end
    assert APPROVED.restriction(end - timedelta(seconds=1)) is RestrictionState.STANDING
    assert APPROVED.restriction(end) is RestrictionState.ENDED
    lifted = after(APPROVED, lift(APPROVED, SUPERVISOR, LATER, "已道歉"))
    assert lifted.restriction(LATER) is RestrictionState.LIFTED
    for mark, at in ((APPROVED, end), (lifted, LATER), (PROPOSED, NOW)):
        with pytest.raises(NotFitError, match="没有生效"):
            lift(mark, LEADER, at, "")
    with pytest.raises(NotTheirsError):
        lift(APPROVED, replace(AGENT, roles=frozenset({Role.AGENT})), LATER, "")
