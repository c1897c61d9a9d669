"""The workflow: one table of who may take which move from which state, what it requires, and by which article.

``possible`` lists what an actor may do now, ``apply`` makes one move, ``replay`` rebuilds a case from its history. All
are pure. A history is only ever added to, and the state follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tickets.ruleset import RuleSet
from tickets.unit_tree import UnitTree
from tickets.workflow_moves import Move
from tickets.workflow_row import By, Row
from tickets.workflow_table import OF_MOVE, ROWS, TABLE
from tickets.workflow_terms import FIELD_WORDS, Actor, Case, Facts, Relation, Status, Surroundings


class IllegalMoveError(Exception):
    """A move that may not be made: what was tried, by whom, why not, and what is possible instead."""

    def __init__(self, case: Case, move: Move, actor: Actor, why: str, instead: tuple[Possible, ...]) -> None:
        self.status, self.move, self.actor, self.why, self.instead = case.status, move, actor, why, instead
        offers = "、".join(dict.fromkeys(option.move.words for option in instead)) or "无"
        super().__init__(
            f"{actor.unit}的{actor.role.words}{actor.who}要「{move.words}」,不能办理:{why}。"
            f"工单状态为{case.status.words},其现在可以:{offers}"
        )


@dataclass(frozen=True, slots=True)
class Possible:
    """A move that an actor may make now, with the fields it requires and the articles it comes from."""

    move: Move
    requires: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the history: enough, with those before it, to rebuild the case.

    ``seq`` counts from 1; ``row`` names the row of the table that was carried out; ``status`` and ``unit`` are what the
    ticket had after it.
    """

    seq: int
    at: datetime
    actor: Actor
    row: str
    facts: Facts
    status: Status
    unit: str

    @property
    def cites(self) -> tuple[str, ...]:
        """The articles that the step rests on."""
        return ROWS[self.row].cites


def opened(tree: UnitTree, *, automatic: bool = False) -> Case:
    """A new case: an agent's draft, or one that a call opened by itself and that awaits review (R14.1)."""
    return Case(Status.AWAITING_REVIEW if automatic else Status.DRAFT, tree.root)


def possible(case: Case, actor: Actor, world: Surroundings) -> tuple[Possible, ...]:
    """Every move that this actor may make now, in the table's order."""
    return tuple(
        Possible(row.move, row.fields, row.cites) for row in TABLE if not _why_not_offered(row, case, actor, world)
    )


def apply(
    case: Case, move: Move, actor: Actor, facts: Facts, world: Surroundings, *, seq: int = 1
) -> tuple[Case, Step]:
    """The case after a move, and the step to add to its history.

    Raises:
        IllegalMoveError: nothing has changed; says why and what is possible.
    """
    rows = OF_MOVE[move]
    reasons = [_why_not(row, case, actor, facts, world) for row in rows]
    if "" not in [reason.why for reason in reasons]:
        nearest = max(reasons, key=lambda reason: reason.reached)
        raise IllegalMoveError(case, move, actor, nearest.why, possible(case, actor, world))
    row = next(row for row, reason in zip(rows, reasons, strict=True) if not reason.why)
    after = _carry_out(row, case, actor, facts, world)
    return after, Step(seq, world.now, actor, row.name, facts, after.status, after.unit)


def follow(case: Case, step: Step, tree: UnitTree, rules: RuleSet) -> Case:
    """The case after one step of a history; it was judged when it was written and is not judged again.

    Raises:
        ValueError: the step does not follow from the case, or does not lead to what it says.
    """
    row = ROWS.get(step.row)
    if row is None or case.status not in row.frm:
        raise ValueError(f"step {step.seq} of the history ({step.row}) does not follow")
    case = _carry_out(row, case, step.actor, step.facts, Surroundings(tree, rules, step.at))
    if (case.status, case.unit) != (step.status, step.unit):
        raise ValueError(f"step {step.seq} of the history ({step.row}) does not lead to {step.status}, {step.unit}")
    return case


def replay(first: Case, steps: Iterable[Step], tree: UnitTree, rules: RuleSet) -> Case:
    """The case that a history makes; it was judged when it was written and is not judged again.

    Raises:
        ValueError: a step is missing, doubled, out of order, or does not lead to what it says.
    """
    case = first
    for number, step in enumerate(steps, start=1):
        if step.seq != number:
            raise ValueError(f"step {number} of the history ({step.row}, number {step.seq}) does not follow")
        case = follow(case, step, tree, rules)
    return case


def _carry_out(row: Row, case: Case, actor: Actor, facts: Facts, world: Surroundings) -> Case:
    after = row.effect(case, actor, facts, world)
    status = case.status if row.to == "stay" else after.back if row.to == "back" else row.to
    return after if after.status is status else replace(after, status=status)


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a row does not apply; ``reached`` is how far it got, so that the nearest row gives the answer."""

    why: str
    reached: int


def _why_not(row: Row, case: Case, actor: Actor, facts: Facts, world: Surroundings) -> _Reason:
    if case.status not in row.frm:
        states = "、".join(status.words for status in Status if status in row.frm)
        return _Reason(f"只有在{states}时才能办理", 0)
    if not any(_is(by, case, actor, world) for by in row.by):
        return _Reason(f"应由{'或'.join(by.words for by in row.by)}办理", 1)
    if why := next(filter(None, (when(case, actor, world) for when in row.when)), ""):
        return _Reason(why, 2)
    if missing := [FIELD_WORDS[name] for name in row.fields if _blank(getattr(facts, name))]:
        return _Reason(f"缺少{'、'.join(missing)}", 3)
    return _Reason(next(filter(None, (check(case, actor, facts, world) for check in row.checks)), ""), 4)


def _why_not_offered(row: Row, case: Case, actor: Actor, world: Surroundings) -> bool:
    return (
        case.status not in row.frm
        or not any(_is(by, case, actor, world) for by in row.by)
        or any(when(case, actor, world) for when in row.when)
    )


def _blank(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else value is None or value == ()


def _is(by: By, case: Case, actor: Actor, world: Surroundings) -> bool:
    return actor.role in by.roles and _STANDS[by.relation](case, actor.unit, world.tree)


_STANDS: dict[Relation, Callable[[Case, str, UnitTree], bool]] = {
    Relation.HOTLINE: lambda _, unit, tree: unit == tree.root,
    Relation.ACCOUNTABLE: lambda case, unit, _: unit == case.unit,
    Relation.OFFERED: lambda case, unit, _: bool(case.offered_to) and unit == case.offered_to,
    Relation.UPPER: lambda case, unit, _: unit == case.upper,
    Relation.ABOVE: lambda case, unit, tree: case.unit in tree.parents and unit in tree.above(case.unit),
    Relation.CO_HANDLER: lambda case, unit, _: unit in case.tasks,
    Relation.LEVEL_2: lambda case, unit, _: bool(case.level_2) and unit == case.level_2,
    Relation.NAMER: lambda case, unit, _: any(unit == case.namer(one) for one in case.tasks),
    Relation.ADJUDICATING: lambda case, unit, _: bool(case.adjudicator) and unit == case.adjudicator,
    Relation.ANYWHERE: lambda _, __, ___: True,
}
