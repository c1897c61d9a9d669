"""The published years as a well-kept library carries them, turned into calendar data: the only importer of it.

``chinesecalendar`` is chosen because it says where it ends (it carries the days of the State Council's notices and
nothing past them), while ``holidays`` goes on with feasts but without make-up workdays and does not say from when. Its
own functions raise past its last year, so they are not called: only its two tables are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from importlib.metadata import version

# It publishes no types; what is read is checked here and in CalendarYear.
from chinese_calendar import constants  # type: ignore[import-untyped]

from tickets.workdays import DECEMBER_TAIL, CalendarError, CalendarYear

#: The library's short names, in the notices' own words.
_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


def library_years() -> tuple[CalendarYear, ...]:
    """Every year that the installed library carries in full, published by the State Council, oldest first.

    A year that it carries only in part is left out: it then is provisional, which says less than half a calendar does,
    but nothing wrong.
    """
    names = {item.value: _NAMES.get(item.chinese, item.chinese) for item in constants.Holiday}
    holidays: Mapping[date, str] = {day: names[name] for day, name in constants.holidays.items()}
    workdays: Mapping[date, str] = {day: names[name] for day, name in constants.workdays.items()}
    return years_from(holidays, workdays, f"chinesecalendar {version('chinesecalendar')}")


def years_from(holidays: Mapping[date, str], workdays: Mapping[date, str], source: str) -> tuple[CalendarYear, ...]:
    """The complete years in two tables of dated names; the end of a December belongs to the next year's notice."""
    years = []
    for year in sorted({_notice(day) for day in holidays}):
        off = {day: name for day, name in holidays.items() if _notice(day) == year}
        work = {day: name for day, name in workdays.items() if _notice(day) == year}
        with suppress(CalendarError):
            years.append(CalendarYear(year, off, work, "published", source))
    return tuple(years)


def _notice(day: date) -> int:
    """The year whose notice carries this day."""
    return day.year + 1 if (day.month, day.day) >= (12, DECEMBER_TAIL) else day.year
