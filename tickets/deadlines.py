"""When a thing is due: pure functions of a start, a calendar and a rule set, each explained day by day.

The day of receipt does not count; a limit of n working days ends with the n-th working day, at 24:00 or the office's
closing time (A1). The date and the instant are both kept. A receipt on a day off needs no rule of its own: the first
working day after it is day 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from common.clock import CIVIL, civil
from tickets.ruleset import Limit, RuleId, RuleSet, Unit
from tickets.workdays import Calendar, Day, spoken


class PauseReason(StrEnum):
    """Why a clock stands still."""

    MATERIAL = "material"  # A26: 5 WD at most
    ADJUDICATION = "adjudication"  # R21.3: until the ruling
    SILENCE = "silence"  # A24: our own decision is late

    @property
    def words(self) -> str:
        """The reason in Chinese."""
        return {"material": "待补充材料", "adjudication": "职责裁定中", "silence": "审批逾期"}[self.value]


@dataclass(frozen=True)
class Pause:
    """A stretch of the history in which the clock stands; ``until`` is None while it lasts. Both instants are aware.

    The day on which it begins counts as used, the day on which it ends does not, as the day of receipt does not (A1);
    a limit never ends on a day at whose end the clock stands.
    """

    since: datetime
    until: datetime | None
    reason: PauseReason


@dataclass(frozen=True)
class Deadline:
    """One due date with all that is needed to answer for it later.

    ``on`` is the date, ``at`` the instant at which it is over; for a limit in days that is the end of the date (24:00
    is 00:00 of the next one). ``promised`` is the date that was first told; a recomputation keeps it. ``provisional``
    says that days of a calendar not yet published were walked through.
    """

    rule: RuleId
    basis: str
    rules_version: str
    calendar_version: str
    start: datetime
    on: date
    at: datetime
    provisional: bool
    promised: date
    lines: tuple[str, ...]

    def explain(self) -> tuple[str, ...]:
        """The reasoning in Chinese, one line for each day that was looked at."""
        return self.lines


def deadline(
    rule: RuleId,
    start: datetime,
    calendar: Calendar,
    rules: RuleSet,
    *,
    limit: Limit | None = None,
    pauses: Sequence[Pause] = (),
    as_of: datetime | None = None,
) -> Deadline:
    """The end of a rule's limit that runs from ``start``.

    Args:
        rule: what the limit is for; stored with the result.
        start: aware; its civil day does not count where the limit is in days (A1).
        calendar: the days as they are known now.
        rules: the set in force for this case.
        limit: goes before the rule set's own (a limit set by law, R22.5).
        pauses: stretches in which the clock stood still.
        as_of: while a pause lasts: the result is as though it ended at this instant.

    Raises:
        ValueError: a naive instant, or a pause that lasts and no ``as_of``.
        OverflowError: the date lies past year 9999.
    """
    limit = limit or rules.limits[rule]
    begun = civil(start)
    stands = [_Standing.of(pause, calendar, rules, as_of) for pause in pauses]
    first = f"{begun.year}年{spoken(begun.date())}{begun:%H:%M}起,时限{limit.words}({limit.basis})"
    if limit.unit in (Unit.HOURS, Unit.MINUTES):
        days, version = tuple[Day, ...](), ""
        lines: tuple[str, ...] = (f"{first},按钟点连续计算",)
        at = _clock_time(begun, limit, stands)
        on = at.date()
    else:
        walked = _walk(begun.date(), limit, calendar, stands) if stands else _straight(begun.date(), limit, calendar)
        days, version = walked.days, walked.version
        lines = (f"{first},当日不计", *walked.lines)
        on = days[-1].date
        at = end_of(on, rules)
    return Deadline(
        rule=rule,
        basis=limit.basis,
        rules_version=rules.version,
        calendar_version=version,
        start=begun,
        on=on,
        at=at,
        provisional=any(day.provisional for day in days),
        promised=on,
        lines=lines,
    )


def instant_due(
    rule: RuleId, start: datetime, calendar: Calendar, rules: RuleSet, *, limit: Limit | None = None
) -> datetime:
    """The ``at`` of such a ``deadline`` without pauses, for those who need no reasoning."""
    limit, begun = limit or rules.limits[rule], civil(start)
    if limit.unit in (Unit.HOURS, Unit.MINUTES):
        return _clock_time(begun, limit, [])
    return end_of(_straight(begun.date(), limit, calendar).days[-1].date, rules)


def by_day(rule: RuleId, start: datetime, calendar: Calendar, rules: RuleSet) -> datetime:
    """When a span of hours is over that runs by day only: on working days, from ``day_begins`` to ``day_ends`` (A24).

    Raises:
        ValueError: the rule is not one of hours or minutes.
    """
    limit, at = rules.limits[rule], civil(start)
    if limit.unit not in (Unit.HOURS, Unit.MINUTES):
        raise ValueError(f"{rule} runs by the hour (A24); it is set to {limit.words}")
    left = timedelta(**{limit.unit.value: limit.amount})
    while True:
        begins = datetime.combine(at.date(), rules.day_begins, CIVIL)
        ends = datetime.combine(at.date(), rules.day_ends, CIVIL)
        at = max(at, begins)
        if calendar.day(at.date()).working and at < ends:
            if at + left <= ends:
                return at + left
            left -= ends - at
        at = datetime.combine(at.date() + timedelta(days=1), time(), CIVIL)


def end_of(day: date, rules: RuleSet) -> datetime:
    """The instant at which a day is over: 24:00, or the office's closing time (A1)."""
    if rules.closing:
        return datetime.combine(day, rules.closing, CIVIL)
    return datetime.combine(day + timedelta(days=1), time(), CIVIL)


def working_days_before(due: date, limit: Limit, calendar: Calendar) -> date:
    """The day that lies so many working days before a due day (A5, A10)."""
    for _ in range(limit.amount):
        due = calendar.before(due).date
    return due


@dataclass(frozen=True)
class _Standing:
    """A pause with its end settled: when it was lifted, when it ran out (A26), or as of now."""

    since: datetime
    until: datetime
    reason: PauseReason

    @classmethod
    def of(cls, pause: Pause, calendar: Calendar, rules: RuleSet, as_of: datetime | None) -> _Standing:
        if (until := pause.until or as_of) is None:
            raise ValueError("a pause lasts: say as of which instant")
        since, until = civil(pause.since), civil(until)
        if pause.reason is PauseReason.MATERIAL:
            longest = calendar.add(since.date(), rules.limits[RuleId.PAUSE_FOR_MATERIAL].amount)
            until = min(until, datetime.combine(longest + timedelta(days=1), time(), CIVIL))
        return cls(since, max(since, until), pause.reason)

    def at_start(self, day: date) -> bool:
        return self.since <= datetime.combine(day, time(), CIVIL) < self.until

    def at_end(self, day: date) -> bool:
        end = datetime.combine(day + timedelta(days=1), time(), CIVIL)
        # A decision of ours that is late from the very end of a day on leaves the unit a day after it (A24).
        begun = self.since <= end if self.reason is PauseReason.SILENCE else self.since < end
        return begun and end <= self.until


@dataclass(frozen=True, slots=True)
class _Walked:
    """Each day that was looked at until the limit was full, a line for each, and what was known of them."""

    days: tuple[Day, ...]
    lines: tuple[str, ...]
    version: str


@lru_cache(maxsize=1024)
def _straight(start: date, limit: Limit, calendar: Calendar) -> _Walked:
    """With no pause, all tickets of a day that have the same limit walk the same days."""
    return _walk(start, limit, calendar, ())


def _walk(start: date, limit: Limit, calendar: Calendar, stands: Sequence[_Standing]) -> _Walked:
    days: list[Day] = []
    lines: list[str] = []
    counted = 0
    for day in calendar.after(start):
        standing = next((stand for stand in stands if stand.at_start(day.date)), None)
        ending = next((stand for stand in stands if stand.at_end(day.date)), None)
        if limit.unit is Unit.WORKING_DAYS and not day.working:
            says = "不计"
        elif standing:
            says = f"{standing.reason.words},暂停不计" if standing.at_end(day.date) else "当日恢复计时,不计"
        elif ending and counted >= limit.amount - 1:
            says = f"当日起{ending.reason.words},不作为最后一日"
        elif counted == limit.amount:
            says = "最后一日不是工作日,顺延至此" if day.working else "不是工作日,继续顺延"
        else:
            counted += 1
            says = f"计第{counted}{limit.unit.words}"
        year = f"{day.date.year}年" if day.date.year != (days[-1].date.year if days else start.year) else ""
        days.append(day)
        lines.append(f"{year}{day.words()},{says}{_caveat(day, calendar)}")
        # The Civil Code, Article 203: a term in calendar days does not end on a day off.
        if counted == limit.amount and day.working and not standing and not ending:
            break
    return _Walked(tuple(days), tuple(lines), calendar.version(days[0].date, days[-1].date))


def _caveat(day: Day, calendar: Calendar) -> str:
    if not day.provisional:
        return ""
    if calendar.published(day.date.year):
        return f"(暂定:{day.date.year + 1}年放假安排尚未公布或导入,岁末可能调整)"
    return f"(暂定:{day.date.year}年放假安排尚未公布或导入,按周一至周五计)"


def _clock_time(start: datetime, limit: Limit, stands: list[_Standing]) -> datetime:
    span = timedelta(hours=limit.amount) if limit.unit is Unit.HOURS else timedelta(minutes=limit.amount)
    at, counted = start + span, start
    for stand in sorted(stands, key=lambda stand: stand.since):
        begins = max(stand.since, counted)
        if begins < at and stand.until > begins:
            at += stand.until - begins
            counted = stand.until
    return at
