"""How long what is kept (A23): the settings as instants, and the words that a tombstone cites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from common import clock


@dataclass(frozen=True, slots=True)
class Age:
    """One rule: what is older than ``years`` goes. ``before`` is the first instant that stays."""

    kind: str
    years: int
    before: datetime

    @property
    def rule(self) -> str:
        """As it is cited."""
        return f"A23 {self.kind} {self.years} years"


def age(kind: str, years: int, now: datetime) -> Age:
    """A rule as of now: whole civil days, so that nothing goes before its last day is over."""
    today = clock.civil(now).date()
    try:
        first = today.replace(year=today.year - years)
    except ValueError:
        # The 29th of February: the day before it, so that nothing goes a day early.
        first = date(today.year - years, 2, 28)
    return Age(kind, years, clock.day_bounds(first)[0])
