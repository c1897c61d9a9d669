"""Supervision cards: yellow when one working day is left, red on the first working day overdue (Shandong, 2017).

An overlay on a ticket, never a state of it. "Left" is counted as everything is (A1): today is excluded, so the yellow
card comes on the working day before the due day, while an extension can still be applied for (A5).
"""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum

from common.clock import CIVIL, civil
from tickets.deadlines import Deadline, end_of, working_days_before
from tickets.ruleset import RuleId, RuleSet
from tickets.turns import Dated
from tickets.workdays import Calendar


class Card(StrEnum):
    """A warning on a ticket that runs late."""

    YELLOW = "yellow"
    RED = "red"


def yellow_from(due: Deadline | Dated, calendar: Calendar, rules: RuleSet) -> datetime:
    """The instant from which the yellow card shows: 00:00 of that working day."""
    day = working_days_before(due.on, rules.limits[RuleId.YELLOW_CARD], calendar)
    return datetime.combine(day, time(), CIVIL)


def red_from(due: Deadline | Dated, calendar: Calendar) -> datetime:
    """The instant from which the red card shows: 00:00 of the first working day after the due day."""
    return datetime.combine(calendar.add(due.on, 1), time(), CIVIL)


def task_due(due: Deadline | Dated, calendar: Calendar, rules: RuleSet) -> datetime:
    """The instant at which a co-handler's task is due: the end of the WD before the parent's due day (A10)."""
    return end_of(working_days_before(due.on, rules.limits[RuleId.CO_HANDLER], calendar), rules)


def card(due: Deadline | Dated, now: datetime, calendar: Calendar, rules: RuleSet) -> Card | None:
    """The card that an unfinished ticket carries at an instant.

    Raises:
        ValueError: ``now`` is naive.
    """
    instant = civil(now)
    if instant >= red_from(due, calendar):
        return Card.RED
    return Card.YELLOW if instant >= yellow_from(due, calendar, rules) else None
