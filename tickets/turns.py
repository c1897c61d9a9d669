"""One unit's time at a ticket: its dates, and all that they can be computed from again.

A turn stands in the history with the step that began or changed it. It keeps the versions of rules and calendar; from
them and from the pauses the day-by-day reasoning comes out again, so it is not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tickets.deadlines import Deadline, Pause, deadline, end_of, working_days_before
from tickets.from_above import InheritedLimit
from tickets.ruleset import RuleId, RuleSet
from tickets.ticket_deadlines import Terms, TicketDeadlines, extended, limited_from_above, ticket_deadlines
from tickets.workdays import Calendar
from tickets.workflow_terms import Facts


@dataclass(frozen=True, slots=True)
class Dated:
    """A due date as it stands; ``promised`` is what was first told and stays."""

    on: date
    at: datetime
    provisional: bool
    promised: date

    @classmethod
    def of(cls, found: Deadline, before: Dated | None = None) -> Dated:
        """The date of a computed deadline; what was promised ``before`` is kept."""
        return cls(found.on, found.at, found.provisional, before.promised if before else found.on)


@dataclass(frozen=True, slots=True)
class Turn:
    """One unit's time at a ticket. ``seq`` is the step that began it; ``rule`` HANDLE or HANDLE_AGAIN.

    ``due`` is what holds now, ``original_due`` what it was before extensions.
    """

    seq: int
    rule: RuleId
    received: datetime
    rules_version: str
    calendar_version: str
    due: Dated
    original_due: Dated
    return_by: Dated | None = None
    apply_by: Dated | None = None
    latest: Dated | None = None
    category: str = ""
    inherited: InheritedLimit | None = None
    extended_days: int = 0

    @property
    def provisional(self) -> bool:
        """Some date of it reaches into days that are not published yet."""
        named = (self.due, self.return_by, self.apply_by, self.latest)
        return any(found.provisional for found in named if found)

    def limits(self, facts: Facts) -> Facts:
        """The facts with the instants that the workflow judges by."""
        return replace(
            facts,
            return_by=self.return_by.at if self.return_by else None,
            apply_by=self.apply_by.at if self.apply_by else None,
            due=self.due.at,
        )


def delivered(
    seq: int,
    received: datetime,
    calendar: Calendar,
    rules: RuleSet,
    *,
    category: str = "",
    inherited: InheritedLimit | None = None,
) -> Turn:
    """The turn of a unit to which a ticket is delivered now (A2, R22.3-6, A27)."""
    blank = Dated(received.date(), received, provisional=False, promised=received.date())
    turn = Turn(seq, RuleId.HANDLE, received, rules.version, "", blank, blank, category=category, inherited=inherited)
    return _dated(turn, calendar, rules, (), fresh=True)


def handled_again(
    seq: int, received: datetime, calendar: Calendar, rules: RuleSet, *, inherited: InheritedLimit | None = None
) -> Turn:
    """The turn of a unit that handles again (A9); a day that the issuer has named for it goes before (A27)."""
    blank = Dated(received.date(), received, provisional=False, promised=received.date())
    turn = Turn(seq, RuleId.HANDLE_AGAIN, received, rules.version, "", blank, blank, inherited=inherited)
    return _dated(turn, calendar, rules, (), fresh=True)


def shifted(turn: Turn, calendar: Calendar, rules: RuleSet, pauses: Sequence[Pause]) -> Turn:
    """The turn under other pauses or another calendar; what was promised is kept.

    Raises:
        ValueError: ``rules`` are not those of the turn, or a pause lasts.
    """
    if rules.version != turn.rules_version:
        raise ValueError(f"the turn runs under rules {turn.rules_version!r}, not {rules.version!r}")
    return _dated(turn, calendar, rules, pauses, fresh=False)


def extended_by(turn: Turn, days: int, calendar: Calendar, rules: RuleSet, pauses: Sequence[Pause]) -> Turn:
    """The turn with so many more working days (R22.4).

    Raises:
        ExtensionError: more than may be granted.
        ValueError: see ``shifted``.
    """
    more = shifted(replace(turn, extended_days=turn.extended_days + days), calendar, rules, pauses)
    # The new limit is what the caller is told from now on.
    return replace(more, due=replace(more.due, promised=more.due.on))


def reasoning(
    turn: Turn, calendar: Calendar, rules: RuleSet, pauses: Sequence[Pause], now: datetime
) -> tuple[str, ...]:
    """Why the due day is what it is, day by day; ``calendar`` is the one that the turn was computed with."""
    computed = _computed(turn, calendar, rules, pauses, as_of=now)
    lines = list(computed.original.explain())
    if isinstance(computed.dates, TicketDeadlines):
        lines = [*computed.dates.notes, *lines]
    if computed.extension:
        lines += computed.extension.explain()
    if turn.due.promised != turn.due.on:
        lines.append(f"原告知的办结期限是{turn.due.promised}")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _Computed:
    original: Deadline
    dates: TicketDeadlines | None
    extension: Deadline | None


def _computed(
    turn: Turn, calendar: Calendar, rules: RuleSet, pauses: Sequence[Pause], as_of: datetime | None = None
) -> _Computed:
    if turn.rule is not RuleId.HANDLE:
        found = deadline(turn.rule, turn.received, calendar, rules, pauses=tuple(pauses), as_of=as_of)
        above = turn.inherited
        return _Computed(limited_from_above(found, above, above.due) if above and above.due else found, None, None)
    terms = Terms(turn.received, turn.category, turn.inherited, tuple(pauses))
    dates = ticket_deadlines(terms, calendar, rules, as_of=as_of)
    extension = extended(dates, turn.extended_days, calendar, rules, as_of=as_of) if turn.extended_days else None
    return _Computed(dates.due, dates, extension)


def _dated(turn: Turn, calendar: Calendar, rules: RuleSet, pauses: Sequence[Pause], *, fresh: bool) -> Turn:
    found = _computed(turn, calendar, rules, pauses)
    due = found.extension or found.original
    dates = found.dates
    versions = (dates.latest_extended_due if dates else None) or due

    def kept(name: str, computed: Deadline | None) -> Dated | None:
        return Dated.of(computed, None if fresh else getattr(turn, name)) if computed else None

    return replace(
        turn,
        calendar_version=versions.calendar_version,
        due=Dated.of(due, None if fresh else turn.due),
        original_due=Dated.of(found.original, None if fresh else turn.original_due),
        return_by=kept("return_by", dates.return_by if dates else None),
        apply_by=_apply_by(
            turn, due, kept("apply_by", dates.last_day_to_apply_for_extension if dates else None), calendar, rules
        ),
        latest=kept("latest", dates.latest_extended_due if dates else None),
    )


def _apply_by(turn: Turn, due: Deadline, original: Dated | None, calendar: Calendar, rules: RuleSet) -> Dated | None:
    """A second extension is applied for before the extended day (A4, A5)."""
    if original is None or not turn.extended_days:
        return original
    day = working_days_before(due.on, rules.limits[RuleId.APPLY_FOR_EXTENSION], calendar)
    return Dated(day, end_of(day, rules), due.provisional, day)
