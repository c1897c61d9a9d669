"""The working-day calendar: the notices of the State Council as data, and what holds where there is none."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.calendar_library import library_years, years_from
from tickets.calendar_notice import from_ics, from_json
from tickets.workdays import Calendar, CalendarError, CalendarYear, DayKind, LocalDay

MAKE_UP_2026 = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28)} | {
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}


def notice(year: int = 2027, **changes: object) -> str:
    """A made-up notice as JSON: the fixed feasts, and New Year's holiday reaching back into December."""
    days = [
        {"name": "元旦", "date": f"{year - 1}-12-31", "isOffDay": True},
        {"name": "元旦", "date": f"{year}-01-01", "isOffDay": True},
        {"name": "劳动节", "date": f"{year}-05-01", "isOffDay": True},
        {"name": "国庆节", "date": f"{year}-10-01", "isOffDay": True},
        {"name": "元旦", "date": f"{year - 1}-12-26", "isOffDay": False},
    ]
    return json.dumps({"year": year, "papers": [], "days": days} | changes)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    """The published years and nothing else."""
    return Calendar([year for year in library_years() if year.year <= 2026])


def test_2026_has_exactly_its_six_make_up_workdays(calendar: Calendar) -> None:
    """The make-up workdays of 2026 are those of the State Council's notice of 4 November 2025, no more and no fewer."""
    days = [calendar.day(date(2026, 1, 1) + timedelta(days=number)) for number in range(365)]
    assert {day.date for day in days if day.kind is DayKind.MAKE_UP} == MAKE_UP_2026
    assert sum(day.kind is DayKind.HOLIDAY for day in days) == 33
    assert sum(day.working for day in days) == 248


def test_december_belongs_to_the_next_years_notice(calendar: Calendar) -> None:
    """29 December 2018 was worked and the 31st was off, by the notice for 2019."""
    assert calendar.day(date(2018, 12, 29)).kind is DayKind.MAKE_UP
    assert not calendar.day(date(2018, 12, 31)).working
    assert date(2018, 12, 31) in calendar.years[2019].holidays


def test_the_last_week_of_december_is_provisional_until_the_next_notice_is_out(calendar: Calendar) -> None:
    """24 December 2026 is certain, the 25th to 31st are not; with the notice for 2027 all are."""
    assert not calendar.provisional(date(2026, 12, 24))
    assert all(calendar.provisional(date(2026, 12, day)) for day in range(25, 32))
    later = Calendar([*calendar.years.values(), from_json(notice(), "test")])
    assert not any(later.provisional(date(2026, 12, day)) for day in range(1, 32))
    assert later.day(date(2026, 12, 26)).working
    assert not later.day(date(2026, 12, 31)).working


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9998, 12, 31)))
def test_no_date_raises_and_unknown_years_are_monday_to_friday(day: date) -> None:
    """Where no notice is known, Monday to Friday count, each marked provisional; nothing raises."""
    found = Calendar().day(day)
    assert found.provisional
    assert found.working == (day.weekday() < 5)


def test_local_days_go_both_ways_and_are_certain(calendar: Calendar) -> None:
    """A city's own day off and own workday hold against the national calendar, with the reason in words."""
    local = Calendar(
        calendar.years.values(),
        [
            LocalDay(date(2026, 7, 8), working=False, reason="台风停工"),
            LocalDay(date(2027, 1, 2), working=True, reason="抢险"),
        ],
    )
    assert local.day(date(2026, 7, 8)).words() == "7月8日(周三)本市放假(台风停工)"
    assert local.day(date(2027, 1, 2)).working
    assert not local.provisional(date(2027, 1, 2))
    assert local.version(date(2026, 7, 1), date(2026, 7, 9)) != calendar.version(date(2026, 7, 1), date(2026, 7, 9))
    assert local.version(date(2026, 7, 9), date(2026, 7, 10)) == calendar.version(date(2026, 7, 9), date(2026, 7, 10))


def test_walking_forward_back_and_between_agree(calendar: Calendar) -> None:
    """The fifth working day after 13 February is the 27th; the one before it the 26th; five lie between."""
    assert calendar.add(date(2026, 2, 13), 5) == date(2026, 2, 27)
    assert calendar.before(date(2026, 2, 27)).date == date(2026, 2, 26)
    assert calendar.between(date(2026, 2, 13), date(2026, 2, 27)) == 5
    assert calendar.between(date(2026, 2, 27), date(2026, 2, 13)) == 0
    assert calendar.add(date(2026, 2, 13), 0) == date(2026, 2, 13)


def test_a_notice_read_twice_or_from_another_form_has_the_same_version() -> None:
    """JSON and ICS with equal days are the same version; another day makes another version."""
    events = [
        "20261231 20270102 元旦假期",
        "20270501  劳动节(休)",
        "20271001 20271001 国庆节（休）",
        "20261226  上班(补元旦假期)",
    ]
    ics = "\r\n".join(["BEGIN:VCALENDAR", *(line for event in events for line in _event(event)), "END:VCALENDAR", ""])
    first, second = from_json(notice(), "a"), from_ics(ics, "b")
    assert first.version == second.version
    assert first.holidays == second.holidays
    assert second.workdays == {date(2026, 12, 26): "元旦"}
    assert CalendarYear(2027, first.holidays, {}, "published", "a").version != first.version


def test_apples_marks_and_folded_lines_are_read() -> None:
    """Events that say by X-APPLE-SPECIAL-DAY what they are need no word in the summary."""
    fixed = [line for event in ("20270101  元旦休", "20270501  休", "20271001  休") for line in _event(event)]
    marked = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:20270220", "SUMMARY;LANGUAGE=zh_CN:春", " 节", "X-APPLE-SPECIAL-DAY:"]
    marked = ["\n".join(marked) + "ALTERNATE-WORKDAY", "END:VEVENT"]
    year = from_ics("\n".join(["BEGIN:VCALENDAR", *fixed, *marked, "END:VCALENDAR"]), "x", year=2027)
    assert year.workdays == {date(2027, 2, 20): "春节"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "不是有效的JSON"),
        ("[]", "year"),
        (notice(days=[]), "不完整"),
        (notice(year=12027), "不可信"),
        (notice(days=[{"name": "元旦", "date": "2027-02-30", "isOffDay": True}]), "第1项"),
        (notice(days=[{"name": "元旦", "date": "2027-01-01", "isOffDay": "yes"}]), "第1项"),
        (notice(days=[{"name": "春节", "date": "2029-01-01", "isOffDay": True}]), "2029-01-01"),
        (notice(days=[{"name": "春节", "date": "2027-02-15", "isOffDay": False}]), "周一"),
        (
            notice(days=[{"date": "2027-02-20", "isOffDay": True}, {"date": "2027-02-20", "isOffDay": False}]),
            "既是放假又是调休",
        ),
    ],
)
def test_json_that_cannot_be_a_notice_is_refused_in_words(text: str, says: str) -> None:
    """Bad JSON, missing feasts, impossible dates and contradictions name what is wrong."""
    with pytest.raises(CalendarError, match=says):
        from_json(text, "test")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "没有BEGIN:VCALENDAR"),
        (["BEGIN:VCALENDAR", "END:VCALENDAR"], "没有任何"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:元旦休"], "END:VEVENT"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:元旦", "DTSTART:20270101", "END:VEVENT"], "没有说明"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:休", "DTSTART:20270101T080000Z", "END:VEVENT"], "全天"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:休", "DTSTART:20270230", "END:VEVENT"], "不存在"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:休", "DTSTART:20270101", "DTEND:20280101", "END:VEVENT"], "365"),
    ],
)
def test_an_ics_that_cannot_be_a_notice_is_refused_in_words(lines: list[str], says: str) -> None:
    """An empty calendar is not a year without holidays; an event that does not say off or work is not guessed."""
    with pytest.raises(CalendarError, match=says):
        from_ics("\n".join(lines), "test")


def test_a_library_that_knows_half_a_year_does_not_make_it_published() -> None:
    """A year with New Year's Day but no National Day is left out, so it is provisional instead of wrong."""
    half = {date(2027, 1, 1): "元旦", date(2027, 5, 1): "劳动节"}
    assert years_from(half, {}, "test") == ()
    assert [year.year for year in years_from(half | {date(2027, 10, 1): "国庆节"}, {}, "test")] == [2027]


def _event(text: str) -> list[str]:
    first, last, summary = text.split(" ")
    end = [f"DTEND;VALUE=DATE:{last}"] if last else []
    return ["BEGIN:VEVENT", f"SUMMARY:{summary}", f"DTSTART;VALUE=DATE:{first}", *end, "END:VEVENT"]
