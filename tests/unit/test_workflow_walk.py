"""Random walks through the workflow: several people, a jumping clock, right and wrong moves."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.unit.workflow_world import NOW, TREE, Desk, actor, answer, at
from tickets.disputes import Dispute
from tickets.ruleset import DEFAULT_RULES
from tickets.workflow import IllegalMoveError, Step, apply, possible, replay
from tickets.workflow_moves import Move
from tickets.workflow_table import ROWS
from tickets.workflow_terms import CallbackResult, Case, Facts, Role, Status

UNITS = ("12345", *TREE.parents)
#: Everything that a move could ask for; a test takes some of it away.
FULL = replace(
    answer(),
    matter="x",
    answer="x",
    reason_code="x",
    lawful_channel="x",
    reason="x",
    basis="x",
    suggestion="x",
    handling_ticket="x",
    exception="x",
    notice_id="x",
    ground="R23.1",
    statement_id="x",
    sms_id="x",
    read_by="x",
    ruling="x",
    dispute=Dispute.DUTY,
    adjudicator="编办",
    reasonable=False,
    entry="x",
    archive_class="x",
    explained_at=NOW,
    told_at=NOW,
    inner_due=NOW,
    attempts=(at("2026-11-24T09:00"), at("2026-11-25T15:00"), at("2026-11-26T15:00")),
)
PEOPLE = [*((place, role) for place in UNITS for role in Role), ("编办", Role.ADJUDICATOR)]
#: Moves that end a ticket or leave it with nobody to act for long.
SELDOM = {
    Move.ARCHIVE,
    Move.WITHDRAW,
    Move.REFUSE,
    Move.ANSWER_AT_ONCE,
    Move.LINK,
    Move.CLOSE,
    Move.CLOSE_AS_UNREASONABLE,
    Move.RECALL,
    Move.URGE,
    Move.SUPPLEMENT,
    Move.ACKNOWLEDGE,
    Move.REPORT,
    Move.WARN,
    Move.RECORD_CALLBACK,
    Move.SHIFT_LIMITS,
    Move.HAND_OVER,
    Move.PARTNER_NEWS,
    Move.READ_NEWS,
    Move.SET_INNER_DUE,
}
#: Moves that carry a ticket nowhere.
IDLE = {
    Move.URGE,
    Move.SUPPLEMENT,
    Move.WITHDRAW,
    Move.ACKNOWLEDGE,
    Move.REPORT,
    Move.WARN,
    Move.RECORD_CALLBACK,
    Move.PROPOSE_FINDING,
    Move.REFER_DISPUTE,
    Move.SHIFT_LIMITS,
    Move.HAND_OVER,
    Move.PARTNER_NEWS,
    Move.READ_NEWS,
    Move.SET_INNER_DUE,
    Move.REPORT_BACK,
}
#: States in which the caller's matter is at an end.
ENDED = {Status.CLOSED, Status.ARCHIVED, Status.ANSWERED, Status.NOT_ACCEPTED}


@dataclass(frozen=True)
class Told:
    """What somebody happens to say with a move."""

    unit: str
    days: int
    callback: CallbackResult
    helpers: tuple[str, ...]


TOLD = st.builds(
    Told,
    unit=st.sampled_from(UNITS),
    days=st.integers(-1, 12),
    callback=st.sampled_from(CallbackResult),
    helpers=st.sampled_from([(), (), ("城管局",), ("北镇街道",), ("北镇街道", "梁才街道"), ("12345",)]),
)


@pytest.mark.covers("R3.2", "A9", "A17", "A22", "A26", "R22.4", "R14.6")
class Walk(RuleBasedStateMachine):
    """One ticket, moved by anybody to anywhere."""

    #: Somebody above gave it to the hotline (A27).
    from_above = False

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        if self.from_above:
            self.desk.first = self.desk.case = replace(self.desk.case, issuer="省政府督查室")
        self.seen: list[Step] = []
        self.bound = ""

    @rule(
        hours=st.integers(-3, 60),
        who=st.tuples(st.sampled_from(UNITS), st.sampled_from(Role)),
        move=st.sampled_from(Move),
        told=TOLD,
        gone=st.sampled_from(["", *(field.name for field in fields(Facts))]),
    )
    def anybody_tries_anything(self, hours: int, who: tuple[str, Role], move: Move, told: Told, gone: str) -> None:
        """A move is made or refused with a reason; a refusal changes nothing."""
        self.desk.now += timedelta(hours=hours)
        facts = self._facts(told)
        self._try(move, who, replace(facts, **{gone: getattr(Facts(), gone)}) if gone else facts)

    @rule(data=st.data(), hours=st.integers(0, 12), told=TOLD, ending=st.integers(0, 9))
    def somebody_does_what_is_possible(self, data: st.DataObject, hours: int, told: Told, ending: int) -> None:
        """What is listed as possible, with all it requires at hand, is refused only for what the facts say."""
        self.desk.now += timedelta(hours=hours)
        offers: dict[Move, list[tuple[str, Role]]] = {}
        for who in PEOPLE:
            for option in possible(self.desk.case, actor(*who), self.desk.world):
                offers.setdefault(option.move, []).append(who)
        # Else most walks would be over, or with the caller, after a few steps.
        if ending:
            offers = {move: who for move, who in offers.items() if move not in SELDOM} or offers
        if offers:
            move = data.draw(st.sampled_from(sorted(offers)))
            who = data.draw(st.sampled_from(offers[move]))
            refused = self._try(move, who, self._sensible(move, who, told))
            assert "只有在" not in refused
            assert "应由" not in refused or "共同的上级机构" in refused
            assert "缺少" not in refused or "缺少协办单位" in refused

    def _sensible(self, move: Move, who: tuple[str, Role], told: Told) -> Facts:
        """The facts as told, with a unit that the move accepts if there is one."""
        first = UNITS.index(told.unit)
        for unit in (*UNITS[first:], *UNITS[:first]):
            facts = self._facts(replace(told, unit=unit))
            try:
                apply(self.desk.case, move, actor(*who), facts, self.desk.world)
            except IllegalMoveError:
                continue
            return facts
        return self._facts(told)

    def _facts(self, told: Told) -> Facts:
        now = self.desk.now
        return replace(
            FULL,
            unit=told.unit,
            working_days=told.days,
            callback=told.callback,
            co_handlers=told.helpers,
            answered_at=now,
            return_by=now + timedelta(days=2),
            apply_by=now + timedelta(days=4),
            due=now + timedelta(days=5),
        )

    def _try(self, move: Move, who: tuple[str, Role], facts: Facts) -> str:
        """Why it was refused, or an empty text."""
        before, known = self.desk.case, list(self.desk.steps)
        try:
            self.desk.do(move, *who, facts)
        except IllegalMoveError as error:
            refused = error
        else:
            self._judge(before, move, who)
            return ""
        assert (self.desk.case, self.desk.steps) == (before, known)
        assert refused.why
        assert move.words in str(refused)
        assert refused.instead == possible(before, actor(*who), self.desk.world)
        return str(refused)

    def _judge(self, before: Case, move: Move, who: tuple[str, Role]) -> None:
        """What no rule of the table may ever let happen, said without the table."""
        case, (place, role) = self.desk.case, who
        if case.status is Status.CLOSED and before.status is not Status.CLOSED:
            assert (place, role in (Role.CALLBACK_CLERK, Role.CALLBACK_SUPERVISOR)) == ("12345", True)  # A17
            assert before.status in (Status.AWAITING_CALLBACK, Status.NO_FURTHER_HANDLING)
            assert not before.tasks
            assert before.signed_off or not before.issuer  # A27
        if case.unit != before.unit:  # R3.2: it only goes over by these
            assert move in {Move.DISPATCH, Move.FORCE_DISPATCH, Move.SIGN, Move.ACCEPT_RETURN, Move.RECALL}
        if move is Move.FORCE_DISPATCH:
            self.bound = case.unit
        if move is Move.REQUEST_RETURN:
            assert before.unit != self.bound  # A22
        if case.status is Status.AWAITING_CALLBACK and move is not Move.WITHDRAW:
            assert not case.tasks  # A10

    @invariant()
    def there_is_exactly_one_accountable_unit(self) -> None:
        """At any instant, and it is a unit of the tree."""
        assert self.desk.case.unit in TREE

    @invariant()
    def the_history_only_grows_and_rebuilds_the_case(self) -> None:
        """Nothing that was written changes; from the history alone the same case comes out."""
        assert self.desk.steps[: len(self.seen)] == self.seen
        self.seen = list(self.desk.steps)
        assert replay(self.desk.first, self.desk.steps, TREE, DEFAULT_RULES) == self.desk.case
        assert all(ROWS[step.row].cites for step in self.desk.steps)

    @invariant()
    def the_limits_of_the_rules_hold(self) -> None:
        """Ten WD of extension, two extensions, two rounds, one pause."""
        case = self.desk.case
        assert case.extended_days + case.granted_days <= 10
        assert case.extensions <= 2
        assert case.rounds <= 2
        assert case.pauses <= 1

    @invariant()
    def an_open_ticket_is_never_stuck(self) -> None:
        """Until it has ended somebody always has a move that carries it on."""
        case = self.desk.case
        if case.status is Status.ARCHIVED:
            return
        moves = {option.move for who in PEOPLE for option in possible(case, actor(*who), self.desk.world)}
        assert moves - IDLE
        if case.transferred or case.issuer:
            assert case.status not in (Status.ANSWERED, Status.NOT_ACCEPTED)  # R14.6

    @invariant()
    def whoever_has_a_limit_was_given_one(self) -> None:
        """A unit that handles has a due instant."""
        case = self.desk.case
        if case.unit != "12345" and case.status not in ENDED:
            assert case.due is not None


Walk.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase


@pytest.mark.covers("A27")
class WalkFromAbove(Walk):
    """The same with a ticket from above: it is never closed before its issuer has signed off."""

    from_above = True


WalkFromAbove.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestWalkFromAbove = WalkFromAbove.TestCase


def test_a_refusal_can_fail() -> None:
    """The walk's own check is able to fail: a wrong move by the wrong person is refused."""
    with pytest.raises(IllegalMoveError, match="应由"):
        apply(Desk().case, Move.SUBMIT, actor("住建局", Role.HANDLER), FULL, Desk().world)
