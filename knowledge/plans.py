"""What level 1 plans: which classes of entries each unit keeps, from when on, how often looked at (R20.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from common.store import upserting
from knowledge.model import EntryClass
from knowledge.tables import entries, plans, steps

#: With these somebody has looked at an entry.
_LOOKS = ("approve", "confirm")
_save = upserting(plans)


@dataclass(frozen=True, slots=True)
class Plan:
    """One line: the unit has entries of this class from the end of ``first_by`` on.

    Each is looked at again within ``days`` calendar days.
    """

    unit: str
    entry_class: EntryClass
    days: int
    first_by: date
    who: str
    at: datetime
    #: A line that is taken back stays to be read.
    active: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """A line, and when the entry that was longest left alone was looked at; None where there is no entry in use."""

    plan: Plan
    looked_at: datetime | None

    @property
    def due(self) -> date:
        """The day by which the unit must have written, or looked, next."""
        if self.looked_at is None:
            return self.plan.first_by
        return civil(self.looked_at).date() + timedelta(days=self.plan.days)


def put(connection: Connection, told: Sequence[Plan]) -> Sequence[Plan]:
    """Write lines down; of one unit and class the last holds."""
    for plan in told:
        row = {
            "unit": plan.unit,
            "entry_class": plan.entry_class.value,
            "days": plan.days,
            "first_by": plan.first_by,
            "who": plan.who,
            "at": plan.at,
            "active": plan.active,
        }
        _save(connection, [row])
    return told


def standing_query(today: date) -> sa.Select[*tuple[Any, ...]]:
    """Every line in force, by unit and class, with the oldest look at an entry that may be answered from today."""
    e = entries.c
    looked = (
        sa.select(e.owner, e.entry_class, sa.func.max(steps.c.at).label("at"))
        .join_from(entries, steps, steps.c.entry_id == e.id)
        .where(e.withdrawn.is_(sa.false()), sa.or_(e.expires_on.is_(None), e.expires_on >= today))
        .where(steps.c.act.in_(_LOOKS))
        .group_by(e.id, e.owner, e.entry_class)
        .subquery()
    )
    same = sa.and_(looked.c.owner == plans.c.unit, looked.c.entry_class == plans.c.entry_class)
    oldest = sa.select(sa.func.min(looked.c.at)).where(same).scalar_subquery().label("looked_at")
    return (
        sa.select(plans, sa.type_coerce(oldest, steps.c.at.type).label("looked_at"))
        .where(plans.c.active.is_(sa.true()))
        .order_by(plans.c.unit, plans.c.entry_class)
    )


def standing_of(row: Any) -> Standing:
    """A line of that query."""
    plan = Plan(row.unit, EntryClass(row.entry_class), row.days, row.first_by, row.who, row.at, active=row.active)
    return Standing(plan, row.looked_at)
