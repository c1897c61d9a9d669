"""Which days count: the Chinese working-day calendar as versioned data that pure functions take as an argument.

A year's days come from the State Council's notice for that year (放假调休). Until it is published the year is
*provisional*: Monday to Friday, said on everything that reaches into it, never guessed. The last days of a December are
provisional until the following year's notice is out, since New Year's holiday can move a weekend before it (it did on
2007-12-29 and 2018-12-29). Every function here is total: no date raises because a calendar does not know it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

#: From this day of December on, next year's notice may still change a day: the week that holds the last weekend
#: before New Year's Day. The earliest day that a notice ever moved is 29 December.
DECEMBER_TAIL = 25
_SATURDAY = 5
_WEEKDAYS = "一二三四五六日"
#: Fixed by 《全国年节及纪念日放假办法》: a year's notice that lacks one of them is not complete.
_FIXED = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"))


class CalendarError(Exception):
    """The data cannot be a year's calendar; the message says which day is wrong and why."""


class DayKind(StrEnum):
    """Why a day counts or does not."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    LOCAL_OFF = "local_off"
    LOCAL_WORK = "local_work"


@dataclass(frozen=True)
class CalendarYear:
    """One year's notice: the days off and the make-up workdays (调休上班), with the name of the feast for each.

    A notice may hold days of the December before its own year. Equal days give an equal ``version``, wherever they
    were read from, so that reading the same notice again changes nothing.

    Raises:
        CalendarError: a day off that also is a workday, a make-up day from Monday to Friday, a day outside the notice's
            reach, or a published year without one of the three fixed feasts (an empty file is not a year without
            holidays).
    """

    year: int
    holidays: Mapping[date, str]
    workdays: Mapping[date, str]
    status: Literal["published", "provisional"]
    source: str
    version: str = field(init=False)

    def __post_init__(self) -> None:
        for day in (*self.holidays, *self.workdays):
            if not date(self.year - 1, 12, 1) <= day <= date(self.year, 12, 31):
                raise CalendarError(f"{self.year}年的放假安排里不应有{day}")
        for day in sorted(self.workdays):
            if day in self.holidays:
                raise CalendarError(f"{day}既是放假又是调休上班")
            if day.weekday() < _SATURDAY:
                raise CalendarError(f"{day}是{weekday(day)},本来就上班,不能是调休上班日")
        if self.status == "published":
            for month, number, name in _FIXED:
                if date(self.year, month, number) not in self.holidays:
                    raise CalendarError(f"{self.year}年的放假安排不完整:缺少{month}月{number}日{name}")
        object.__setattr__(self, "holidays", MappingProxyType(dict(sorted(self.holidays.items()))))
        object.__setattr__(self, "workdays", MappingProxyType(dict(sorted(self.workdays.items()))))
        days = [f"-{day}" for day in self.holidays] + [f"+{day}" for day in self.workdays] + [self.status]
        digest = hashlib.sha256(" ".join(days).encode()).hexdigest()[:8]
        object.__setattr__(self, "version", f"{self.year}-{digest}")


@dataclass(frozen=True)
class LocalDay:
    """A day that the city itself decided, against the national calendar; ``reason`` is what people read."""

    date: date
    working: bool
    reason: str


@dataclass(frozen=True)
class Day:
    """What the calendar says of one date."""

    date: date
    kind: DayKind
    name: str
    provisional: bool

    @property
    def working(self) -> bool:
        """The day counts as a working day."""
        return self.kind in (DayKind.WORKDAY, DayKind.MAKE_UP, DayKind.LOCAL_WORK)

    def words(self) -> str:
        """Date, weekday and why, as a clerk says it: ``2月14日(周六)春节调休上班``."""
        text = {
            DayKind.WORKDAY: "工作日",
            DayKind.WEEKEND: "周末",
            DayKind.HOLIDAY: f"{self.name}放假",
            DayKind.MAKE_UP: f"{self.name}调休上班",
            DayKind.LOCAL_OFF: f"本市放假({self.name})",
            DayKind.LOCAL_WORK: f"本市上班({self.name})",
        }[self.kind]
        return f"{spoken(self.date)}{text}"


class Calendar:
    """The days of all years: published notices, local days above them, Monday to Friday where nothing is known.

    Args:
        years: at most one notice per year; of two, the later in the sequence holds.
        local: local extra days; of two for one date, the later holds.
    """

    def __init__(self, years: Iterable[CalendarYear] = (), local: Iterable[LocalDay] = ()) -> None:
        self.years: Mapping[int, CalendarYear] = MappingProxyType({year.year: year for year in years})
        self.local: Mapping[date, LocalDay] = MappingProxyType({day.date: day for day in local})
        self._looked_up: dict[date, Day] = {}

    def published(self, year: int) -> bool:
        """The State Council's notice for this year is in the calendar."""
        known = self.years.get(year)
        return known is not None and known.status == "published"

    def provisional(self, day: date) -> bool:
        """The day may still change: its year's notice, or for the end of December the next one, is not out."""
        if day in self.local:
            return False
        if not self.published(day.year):
            return True
        return day.month == 12 and day.day >= DECEMBER_TAIL and not self.published(day.year + 1)  # noqa: PLR2004 - December

    def day(self, day: date) -> Day:
        """What this calendar says of a date; never raises for a date it does not know."""
        found = self._looked_up.get(day)
        if found is None:
            found = self._looked_up[day] = self._day(day)
        return found

    def _day(self, day: date) -> Day:
        if local := self.local.get(day):
            kind = DayKind.LOCAL_WORK if local.working else DayKind.LOCAL_OFF
            return Day(day, kind, local.reason, provisional=False)
        open_ = self.provisional(day)
        # The later notice holds: it is the one that moves the end of December.
        for notice in (self.years.get(day.year + 1), self.years.get(day.year)):
            if notice and day in notice.workdays:
                return Day(day, DayKind.MAKE_UP, notice.workdays[day], open_)
            if notice and day in notice.holidays:
                return Day(day, DayKind.HOLIDAY, notice.holidays[day], open_)
        return Day(day, DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WORKDAY, "", open_)

    def after(self, day: date) -> Iterator[Day]:
        """Each day that follows, the given one excluded (A1), without end."""
        while True:
            day += timedelta(days=1)
            yield self.day(day)

    def before(self, day: date) -> Day:
        """The last working day before a date."""
        while not (found := self.day(day := day - timedelta(days=1))).working:
            pass
        return found

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after a date, which itself does not count (A1); 0 gives the date itself."""
        days = self.after(day)
        for _ in range(working_days):
            day = next(found.date for found in days if found.working)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after ``first`` up to and including ``last``; 0 when ``last`` is not later."""
        days = (self.day(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))
        return sum(day.working for day in days)

    def version(self, first: date, last: date) -> str:
        """What was known of the days from ``first`` to ``last``: the notices' versions and local days, as one text.

        Equal texts mean equal days; a missing notice is named too, so that its arrival shows as a change.
        """
        years = range(first.year, last.year + (2 if (last.month, last.day) >= (12, DECEMBER_TAIL) else 1))
        parts = [self.years[year].version if year in self.years else f"{year}-unpublished" for year in years]
        local = [
            f"{day}{'+' if self.local[day].working else '-'}" for day in sorted(self.local) if first <= day <= last
        ]
        return " ".join([*parts, *local])


def weekday(day: date) -> str:
    """The day of the week in Chinese: ``周六``."""
    return f"周{_WEEKDAYS[day.weekday()]}"


def spoken(day: date) -> str:
    """A date as a clerk says it: ``2月14日(周六)``."""
    return f"{day.month}月{day.day}日({weekday(day)})"
