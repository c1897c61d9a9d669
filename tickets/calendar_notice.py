"""A year's notice (放假调休安排) read from a JSON or ICS file, for the year that no library carries yet.

JSON: ``{"year": 2027, "papers": [...], "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}, …]}``, the
form in which the notices are commonly passed on. ICS: all-day events whose summary says 休/假 or 班, or that carry
``X-APPLE-SPECIAL-DAY``. What does not say clearly which it is, is refused: a wrong workday makes a unit late.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta

from tickets.workdays import CalendarError, CalendarYear

_WORK = re.compile(r"班")
_OFF = re.compile(r"休|假")
_LONGEST = 31  # days; no holiday is longer, so a longer event is a slip


def from_json(text: str, source: str) -> CalendarYear:
    """A notice from JSON; ``source`` says where it came from (a document number, a file's name).

    Raises:
        CalendarError: not such a file, or not a possible year; says which entry.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise CalendarError(f"不是有效的JSON:{error}") from error
    if not isinstance(data, dict) or type(data.get("year")) is not int or not isinstance(data.get("days"), list):
        raise CalendarError('JSON应有整数"year"和列表"days"')
    if not 1950 <= data["year"] <= 2200:  # noqa: PLR2004 - the years of the People's Republic, and no slips of the key
        raise CalendarError(f"年份{data['year']}不可信")
    days: dict[date, tuple[bool, str]] = {}
    for number, entry in enumerate(data["days"], start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("isOffDay"), bool):
            raise CalendarError(f'第{number}项应有"name"、"date"和"isOffDay"(true或false)')
        _put(days, _iso(entry.get("date"), number), off=entry["isOffDay"], name=str(entry.get("name", "")))
    return _year(data["year"], days, source)


def from_ics(text: str, source: str, year: int | None = None) -> CalendarYear:
    """A notice from an iCalendar file; ``year`` picks one out of a file that holds several.

    Raises:
        CalendarError: not such a file, an event that does not say whether it is a day off, or not a possible year.
    """
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    if "BEGIN:VCALENDAR" not in lines:
        raise CalendarError("不是iCalendar文件:没有BEGIN:VCALENDAR")
    days: dict[date, tuple[bool, str]] = {}
    event: dict[str, str] | None = None
    for line in lines:
        key, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            event = {}
        elif line == "END:VEVENT" and event is not None:
            _event(days, event)
            event = None
        elif event is not None:
            event[key.partition(";")[0].upper()] = value.strip()
    if event is not None:
        raise CalendarError("文件不完整:最后一个事件没有END:VEVENT")
    if not days:
        raise CalendarError("文件里没有任何放假或调休日")
    chosen = year or Counter(day.year for day in days).most_common(1)[0][0]
    if year is not None:
        days = {day: entry for day, entry in days.items() if date(year - 1, 12, 1) <= day <= date(year, 12, 31)}
    return _year(chosen, days, source)


def _event(days: dict[date, tuple[bool, str]], event: dict[str, str]) -> None:
    summary = event.get("SUMMARY", "")
    mark = event.get("X-APPLE-SPECIAL-DAY", "")
    work = mark == "ALTERNATE-WORKDAY" or (not mark and bool(_WORK.search(summary)))
    off = mark == "WORK-HOLIDAY" or (not mark and not work and bool(_OFF.search(summary)))
    if not work and not off:
        raise CalendarError(f"事件「{summary}」没有说明是放假(休)还是上班(班)")
    first = _basic(event.get("DTSTART", ""), summary)
    last = _basic(event["DTEND"], summary) - timedelta(days=1) if "DTEND" in event else first
    last = max(first, last)  # some writers end a one-day event on its own day
    if (last - first).days > _LONGEST:
        raise CalendarError(f"事件「{summary}」长达{(last - first).days + 1}天")
    name = re.sub(r"上班|放假|假期|[补休班()（）\s]|第\d+天/共\d+天", "", summary)
    for number in range((last - first).days + 1):
        _put(days, first + timedelta(days=number), off=off, name=name)


def _put(days: dict[date, tuple[bool, str]], day: date, *, off: bool, name: str) -> None:
    if day in days and days[day][0] != off:
        raise CalendarError(f"{day}既是放假又是调休上班")
    days.setdefault(day, (off, name))


def _year(year: int, days: dict[date, tuple[bool, str]], source: str) -> CalendarYear:
    holidays = {day: name for day, (off, name) in days.items() if off}
    workdays = {day: name for day, (off, name) in days.items() if not off}
    return CalendarYear(year, holidays, workdays, "published", source)


def _iso(value: object, number: int) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise CalendarError(f"第{number}项的日期{value!r}不是YYYY-MM-DD") from error


def _basic(value: str, summary: str) -> date:
    if not re.fullmatch(r"\d{8}", value):
        raise CalendarError(f"事件「{summary}」的日期「{value}」不是全天日期(YYYYMMDD)")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise CalendarError(f"事件「{summary}」的日期「{value}」不存在") from error
