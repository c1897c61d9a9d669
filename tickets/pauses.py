"""In which stretches of its history a ticket's clock stood still (A24, A26, R21.3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tickets.deadlines import Pause, PauseReason
from tickets.workflow import Step
from tickets.workflow_moves import Move
from tickets.workflow_terms import Status

#: The *ground* of the warning that a decision of ours is late.
LATE_DECISION = "decide_overdue"
#: The states in which a unit's limit does not run.
_STANDING = {
    Status.WAITING_FOR_MATERIAL: PauseReason.MATERIAL,
    Status.ADJUDICATION: PauseReason.ADJUDICATION,
}
#: Decisions of ours: from when they are late on, the unit's clock stands (A24).
DECISIONS = frozenset({Status.RETURN_REQUESTED, Status.EXTENSION_REQUESTED, Status.TERMINATION_REQUESTED})


def after_step(
    pauses: tuple[Pause, ...], before: Status, status: Status, at: datetime, *, late: bool
) -> tuple[Pause, ...]:
    """The pauses after one more step, which led from one state to another; ``late`` if it says that we are.

    ``at`` is then when the decision was due, however much later that was noticed.
    """
    standing = pauses[-1].reason if pauses and pauses[-1].until is None else None
    reason = _STANDING.get(status)
    if status in DECISIONS and (late or (standing and status is before)):
        reason = PauseReason.SILENCE
    if reason is standing:
        return pauses
    if standing:
        pauses = (*pauses[:-1], Pause(pauses[-1].since, at, standing))
    return (*pauses, Pause(at, None, reason)) if reason else pauses


def pauses_of(steps: Iterable[Step]) -> tuple[Pause, ...]:
    """The pauses of a history, oldest first; the last has no end while it lasts.

    Those before a unit's own delivery do no harm to it: a limit only looks at the days after its start.
    """
    found: tuple[Pause, ...] = ()
    before = Status.DRAFT
    for step in steps:
        late = step.row == Move.WARN and step.facts.ground == LATE_DECISION
        found = after_step(found, before, step.status, (late and step.facts.due) or step.at, late=late)
        before = step.status
    return found
