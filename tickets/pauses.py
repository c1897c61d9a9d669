"""In which stretches of its history a ticket's clock stood still (A26, R21.3)."""

from __future__ import annotations

from collections.abc import Iterable

from tickets.deadlines import Pause, PauseReason
from tickets.workflow import Step
from tickets.workflow_terms import Status

#: The states in which a unit's limit does not run.
_STANDING = {
    Status.WAITING_FOR_MATERIAL: PauseReason.MATERIAL,
    Status.ADJUDICATION: PauseReason.ADJUDICATION,
}


def pauses_of(steps: Iterable[Step]) -> tuple[Pause, ...]:
    """The pauses of a history, oldest first; the last has no end while it lasts.

    Those before a unit's own delivery do no harm to it: a limit only looks at the days after its start.
    """
    found: list[Pause] = []
    standing: PauseReason | None = None
    for step in steps:
        reason = _STANDING.get(step.status)
        if reason is standing:
            continue
        if standing:
            found[-1] = Pause(found[-1].since, step.at, standing)
        if reason:
            found.append(Pause(step.at, None, reason))
        standing = reason
    return tuple(found)
