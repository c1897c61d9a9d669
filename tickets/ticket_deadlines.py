"""The four dates of a transferred ticket (Article 22), an extension granted, and what a new calendar changes.

A limit from above (A27) goes before one set by law (R22.5), which goes before the 5 WD (R22.3). Each runs from delivery
to the unit's queue (A2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.clock import civil
from tickets.deadlines import Deadline, Pause, deadline, end_of, working_days_before
from tickets.from_above import InheritedLimit
from tickets.ruleset import Limit, RuleId, RuleSet, Unit
from tickets.workdays import Calendar, spoken


@dataclass(frozen=True)
class Terms:
    """What a ticket's dates are computed from; kept with them, so that they can be computed again."""

    received: datetime
    category: str = ""
    inherited: InheritedLimit | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True)
class TicketDeadlines:
    """The dates of one unit's turn at a ticket.

    ``last_day_to_apply_for_extension`` and ``latest_extended_due`` are None where no extension is possible: ``notes``
    says why.
    """

    terms: Terms
    return_by: Deadline
    due: Deadline
    last_day_to_apply_for_extension: Deadline | None
    latest_extended_due: Deadline | None
    notes: tuple[str, ...] = field(default=())

    def named(self) -> dict[str, Deadline | None]:
        """The four dates by their names."""
        return {
            "return_by": self.return_by,
            "due": self.due,
            "last_day_to_apply_for_extension": self.last_day_to_apply_for_extension,
            "latest_extended_due": self.latest_extended_due,
        }


class ExtensionError(Exception):
    """The extension asked for is longer than what may be granted; the message says how much is left."""


def ticket_deadlines(
    terms: Terms, calendar: Calendar, rules: RuleSet, *, as_of: datetime | None = None
) -> TicketDeadlines:
    """The four dates of a ticket delivered to a unit (R22.3–6, A1–A5, A26–27).

    Args:
        terms: delivery, category, limit from above, pauses.
        calendar: the days as they are known now.
        rules: the set in force for this ticket.
        as_of: needed while a pause lasts; the dates are as though it ended then.

    Raises:
        ValueError: a naive instant, or a pause that lasts and no ``as_of``.
    """
    due, extension, notes = _due(terms, calendar, rules, as_of)
    return_by = deadline(RuleId.RETURN, terms.received, calendar, rules, pauses=terms.pauses, as_of=as_of)
    if return_by.at > due.at:
        line = f"退回期限不晚于办结时限{spoken(due.on)}"
        return_by = replace(return_by, on=due.on, promised=due.on, at=due.at, lines=(*return_by.lines, line))
    apply_by = _apply_by(due, calendar, rules) if extension else None
    if extension and not apply_by:
        notes = (*notes, "时限过短,已无法提前1个工作日申请延期")
    latest = None
    if extension and apply_by:
        latest = _from_due(due, extension, calendar=calendar, rules=rules, pauses=terms.pauses, as_of=as_of)
    return TicketDeadlines(terms, return_by, due, apply_by, latest, notes)


def extended(
    dates: TicketDeadlines, working_days: int, calendar: Calendar, rules: RuleSet, *, as_of: datetime | None = None
) -> Deadline:
    """The due day after level 1's consent, counted from the original due day, all extensions together (R22.4, A4).

    Raises:
        ExtensionError: more than the rule (or the law of the category) allows, or no extension is possible at all.
    """
    law = rules.statutory.get(dates.terms.category)
    longest = law.extension if law else rules.limits[RuleId.EXTENSION]
    if dates.latest_extended_due is None or longest is None:
        raise ExtensionError(f"此件不能延期:{'、'.join(dates.notes)}")
    if not 1 <= working_days <= longest.amount:
        raise ExtensionError(f"延期合计应为1至{longest.words}({longest.basis}),申请的是{working_days}个工作日")
    limit = Limit(working_days, Unit.WORKING_DAYS, longest.basis)
    return _from_due(dates.due, limit, calendar=calendar, rules=rules, pauses=dates.terms.pauses, as_of=as_of)


@dataclass(frozen=True)
class Change:
    """One date that a new calendar moves or settles; ``promised`` is what was first told and stays."""

    name: str
    before: Deadline
    after: Deadline

    def words(self) -> str:
        """What changes, in Chinese."""
        title = TITLES[self.name]
        if self.before.on == self.after.on:
            return f"{title}:{self.after.on}不变,{'转为暂定' if self.after.provisional else '不再是暂定'}"
        return f"{title}:由{self.before.on}改为{self.after.on};原告知日期{self.after.promised}保留"


#: The names of the four dates as a clerk reads them.
TITLES = {
    "return_by": "退回期限",
    "due": "办结期限",
    "last_day_to_apply_for_extension": "申请延期的最后一日",
    "latest_extended_due": "延期后最晚办结",
}


def recompute(
    before: TicketDeadlines, calendar: Calendar, rules: RuleSet, *, as_of: datetime | None = None
) -> tuple[TicketDeadlines, tuple[Change, ...]]:
    """The same ticket under another calendar, and what that changes; nothing is stored, so it can be shown first.

    What was promised is kept in each date's ``promised``.

    Raises:
        ValueError: ``rules`` are not those that the ticket runs under; a ticket keeps its rules.
    """
    if rules.version != before.due.rules_version:
        raise ValueError(f"the ticket runs under rules {before.due.rules_version!r}, not {rules.version!r}")
    new = ticket_deadlines(before.terms, calendar, rules, as_of=as_of)
    kept = {
        name: replace(after, promised=old.promised) if after and old else after
        for (name, after), old in zip(new.named().items(), before.named().values(), strict=True)
    }
    changes = tuple(
        Change(name, old, after)
        for (name, after), old in zip(kept.items(), before.named().values(), strict=True)
        if after and old and (after.on, after.at, after.provisional) != (old.on, old.at, old.provisional)
    )
    return replace(new, **kept), changes  # type: ignore[arg-type]  # the names are the fields' own


def _due(
    terms: Terms, calendar: Calendar, rules: RuleSet, as_of: datetime | None
) -> tuple[Deadline, Limit | None, tuple[str, ...]]:
    """The due day, what it may be extended by, and notes on both."""
    due = deadline(RuleId.HANDLE, terms.received, calendar, rules, pauses=terms.pauses, as_of=as_of)
    if (above := terms.inherited) and above.due:  # A27
        return limited_from_above(due, above, above.due), None, (f"时限由{above.issuer}规定,延期须由其同意",)
    if law := rules.statutory.get(terms.category):  # R22.5
        due = deadline(
            RuleId.HANDLE, terms.received, calendar, rules, limit=law.limit, pauses=terms.pauses, as_of=as_of
        )
        says = f"「{law.category}」的时限由{law.limit.basis}规定,先于5个工作日适用(第二十二条)"
        return due, law.extension, (says,) if law.extension else (says, "该法未规定延期")
    notes = (f"「{terms.category}」没有登记法定时限,适用一般时限",) if terms.category else ()
    return due, rules.limits[RuleId.EXTENSION], notes


def limited_from_above(due: Deadline, above: InheritedLimit, until: datetime) -> Deadline:
    """A deadline with the day that the issuer has named, which goes before any other (A27)."""
    at = civil(until)
    day = (at - timedelta(microseconds=1)).date()  # 00:00 is the end of the day before
    line = f"{above.origin.words},时限{at:%Y-%m-%d %H:%M}由{above.issuer}({above.number})规定,照此办理(A27)"
    return replace(due, basis="上级交办(A27)", on=day, promised=day, at=at, provisional=False, lines=(line,))


def _apply_by(due: Deadline, calendar: Calendar, rules: RuleSet) -> Deadline | None:
    """The end of the WD before the due day (A5); None when that is no later than the day of receipt."""
    limit = rules.limits[RuleId.APPLY_FOR_EXTENSION]
    day = working_days_before(due.on, limit, calendar)
    if day <= due.start.date():
        return None
    # Days after this one cannot move it: it stays the working day before the last.
    walked = [calendar.day(due.start.date() + timedelta(days=n)) for n in range(1, (day - due.start.date()).days + 1)]
    return replace(
        due,
        rule=RuleId.APPLY_FOR_EXTENSION,
        basis=limit.basis,
        on=day,
        promised=day,
        at=end_of(day, rules),
        provisional=any(looked.provisional for looked in walked),
        lines=(f"延期应提前{limit.words}申请({limit.basis}):{spoken(due.on)}的前一工作日是{spoken(day)}",),
    )


def _from_due(
    due: Deadline,
    limit: Limit,
    *,
    calendar: Calendar,
    rules: RuleSet,
    pauses: Sequence[Pause],
    as_of: datetime | None,
) -> Deadline:
    """An extension, counted from the original due day, which itself does not count (A4)."""
    from_day = end_of(due.on, rules) - timedelta(seconds=1)
    found = deadline(RuleId.EXTENSION, from_day, calendar, rules, limit=limit, pauses=pauses, as_of=as_of)
    head = f"延期自原办结期限{spoken(due.on)}的次日起算,最多{limit.words}({limit.basis})"
    return replace(
        found,
        start=due.at,
        provisional=found.provisional or due.provisional,
        calendar_version=calendar.version(due.start.date(), found.on),
        lines=(head, *found.lines[1:]),
    )
