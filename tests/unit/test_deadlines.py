"""Deadlines that a civil servant can check with a wall calendar, and against an independent walk day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import CIVIL
from tickets.calendar_library import library_years
from tickets.cards import Card, card
from tickets.deadlines import Deadline, Pause, PauseReason, deadline, instant_due, working_days_before
from tickets.emergency_limits import emergency_limits
from tickets.from_above import InheritedLimit
from tickets.ruleset import DEFAULT_RULES, Limit, RuleId, RuleSet, Unit, in_force
from tickets.ticket_deadlines import ExtensionError, Terms, extended, recompute, ticket_deadlines
from tickets.workdays import Calendar, CalendarYear

CALENDAR = Calendar(year for year in library_years() if year.year <= 2026)

#: received, return_by, due, last_day_to_apply_for_extension, latest_extended_due: Article 22 on the calendar of 2026.
VECTORS = [
    ("2026-02-13", "2026-02-24", "2026-02-27", "2026-02-26", "2026-03-12"),
    ("2026-02-15", "2026-02-25", "2026-02-28", "2026-02-27", "2026-03-13"),
    ("2026-04-30", "2026-05-07", "2026-05-11", "2026-05-09", "2026-05-25"),
    ("2026-09-30", "2026-10-09", "2026-10-13", "2026-10-12", "2026-10-27"),
    ("2026-11-23", "2026-11-25", "2026-11-30", "2026-11-27", "2026-12-14"),
]

#: The State Council's notice for 2026, typed in here from its text: first and last day off, then the days worked.
OFF_2026 = ["0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007"]
WORK_2026 = {"0104", "0214", "0228", "0509", "0920", "1010"}


def at(text: str) -> datetime:
    """A civil time."""
    return datetime.fromisoformat(text).replace(tzinfo=CIVIL)


def naive_walk(received: date) -> tuple[str, ...]:
    """The four dates by counting days from the notice's text, without any code of the product."""

    def works(day: date) -> bool:
        key = f"{day:%m%d}"
        off = any(span[:4] <= key <= span[5:] for span in OFF_2026)
        return key in WORK_2026 or (not off and day.weekday() < 5)

    counted: list[date] = []
    day = received
    while len(counted) < 15:
        day += timedelta(days=1)
        if works(day):
            counted.append(day)
    return tuple(str(counted[number - 1]) for number in (2, 5, 4, 15))


def four(received: datetime) -> tuple[str, ...]:
    """The product's four dates."""
    dates = ticket_deadlines(Terms(received), CALENDAR, DEFAULT_RULES).named().values()
    return tuple(str(found.on) for found in dates if found)


@pytest.mark.covers("R22.3", "R22.4", "R22.6", "A1", "A4", "A5")
@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row[0])
def test_article_22_on_the_calendar_of_2026(row: tuple[str, ...]) -> None:
    """Each line of the table comes out as it stands, at whatever hour of the day the ticket came."""
    for hour in ("00:00", "10:00", "23:59:59"):
        assert four(at(f"{row[0]}T{hour}")) == row[1:]


@pytest.mark.covers("R22.3", "R22.4", "R22.6", "A1")
@pytest.mark.parametrize("month", range(1, 13))
def test_every_day_of_2026_agrees_with_a_walk_by_hand(month: int) -> None:
    """For each receipt up to 3 December 2026 the four dates are those of a naive count on the notice's text."""
    day = date(2026, month, 1)
    while day.month == month and day <= date(2026, 12, 3):
        assert four(datetime.combine(day, time(10), CIVIL)) == naive_walk(day), day
        day += timedelta(days=1)


@pytest.mark.covers("A1")
def test_due_is_the_end_of_the_day_in_civil_time() -> None:
    """The due instant is 24:00 local of the date; an instant in UTC is read as the office's wall clock shows it."""
    due = deadline(RuleId.HANDLE, datetime(2026, 2, 12, 17, 0, tzinfo=UTC), CALENDAR, DEFAULT_RULES)
    assert (due.on, due.at) == (date(2026, 2, 27), at("2026-02-28T00:00"))
    closing = replace(DEFAULT_RULES, version="closing", closing=time(17, 30))
    assert deadline(RuleId.HANDLE, at("2026-02-13T10:00"), CALENDAR, closing).at == at("2026-02-27T17:30")
    with pytest.raises(ValueError, match="no time zone"):
        deadline(RuleId.HANDLE, datetime(2026, 2, 13, 10), CALENDAR, DEFAULT_RULES)  # noqa: DTZ001 - what is tested


def test_every_day_is_explained_in_words() -> None:
    """The reasoning names each day from receipt to due day, why it counts or not, and the article."""
    lines = deadline(RuleId.HANDLE, at("2026-02-13T10:00"), CALENDAR, DEFAULT_RULES).explain()
    assert lines[0] == "2026年2月13日(周五)10:00起,时限5个工作日(第二十二条第二项),当日不计"
    assert lines[1] == "2月14日(周六)春节调休上班,计第1个工作日"
    assert lines[2] == "2月15日(周日)春节放假,不计"
    assert lines[-1] == "2月27日(周五)工作日,计第5个工作日"
    assert len(lines) == 15


def test_a_deadline_carries_the_versions_it_was_made_with() -> None:
    """Rule, rule set and calendar are kept, so that it can be answered for later."""
    due = deadline(RuleId.HANDLE, at("2026-12-28T10:00"), CALENDAR, DEFAULT_RULES)
    assert due.rules_version == DEFAULT_RULES.version
    assert due.calendar_version == f"{CALENDAR.years[2026].version} 2027-unpublished"


def test_what_reaches_into_an_unpublished_year_is_marked_and_says_so() -> None:
    """18 December 2026: return is certain, the due day (25th) is not, and the line says which notice is missing."""
    dates = ticket_deadlines(Terms(at("2026-12-18T10:00")), CALENDAR, DEFAULT_RULES)
    marks = {name: found.provisional for name, found in dates.named().items() if found}
    assert marks == {
        "return_by": False,
        "due": True,
        "last_day_to_apply_for_extension": False,
        "latest_extended_due": True,
    }
    assert "2027年放假安排尚未公布" in dates.due.explain()[-1]


def test_recomputing_under_a_new_notice_shows_what_changes_and_keeps_what_was_promised() -> None:
    """The notice for 2027 takes 31 December and 1 January off: later dates move, the promise stays."""
    before = ticket_deadlines(Terms(at("2026-12-25T10:00")), CALENDAR, DEFAULT_RULES)
    off = dict.fromkeys((date(2026, 12, 31), date(2027, 1, 1), date(2027, 5, 1), date(2027, 10, 1)), "元旦")
    calendar = Calendar([*CALENDAR.years.values(), CalendarYear(2027, off, {}, "published", "test")])
    after, changes = recompute(before, calendar, DEFAULT_RULES)
    assert (before.due.on, after.due.on, after.due.promised) == (date(2027, 1, 1), date(2027, 1, 5), date(2027, 1, 1))
    assert not after.due.provisional
    assert changes[0].words() == "退回期限:2026-12-29不变,不再是暂定"
    assert changes[1].words() == "办结期限:由2027-01-01改为2027-01-05;原告知日期2027-01-01保留"
    assert recompute(after, calendar, DEFAULT_RULES) == (after, ())
    with pytest.raises(ValueError, match="runs under rules"):
        recompute(before, calendar, replace(DEFAULT_RULES, version="other"))


@pytest.mark.covers("R22.5")
def test_a_limit_set_by_law_goes_first() -> None:
    """Access to information has 20 WD and its own 20 WD of extension; the law is named; other categories have 5 WD."""
    dates = ticket_deadlines(Terms(at("2026-11-02T10:00"), "政府信息公开"), CALENDAR, DEFAULT_RULES)
    assert dates.due.on == date(2026, 11, 30)
    assert extended(dates, 20, CALENDAR, DEFAULT_RULES).on == date(2026, 12, 28)
    assert any("《政府信息公开条例》第三十三条" in note for note in dates.notes)
    assert ticket_deadlines(Terms(at("2026-11-02T10:00"), "供暖"), CALENDAR, DEFAULT_RULES).due.on == date(2026, 11, 9)


@pytest.mark.covers("R22.5")
def test_limits_in_calendar_days_end_on_a_working_day_and_hours_run_through_the_night() -> None:
    """Three calendar days from 30 September end in the National Day week and move to the 8th; 24 hours are 24 hours."""
    days = Limit(3, Unit.CALENDAR_DAYS, "某法")
    found = deadline(RuleId.HANDLE, at("2026-09-30T10:00"), CALENDAR, DEFAULT_RULES, limit=days)
    assert found.on == date(2026, 10, 8)
    assert found.explain()[-1] == "10月8日(周四)工作日,最后一日不是工作日,顺延至此"
    hours = deadline(
        RuleId.HANDLE, at("2026-09-30T10:00"), CALENDAR, DEFAULT_RULES, limit=Limit(24, Unit.HOURS, "某法")
    )
    assert (hours.at, hours.on, hours.provisional) == (at("2026-10-01T10:00"), date(2026, 10, 1), False)


@pytest.mark.covers("A27")
def test_a_limit_from_above_is_inherited() -> None:
    """A ticket from the province is due when it says; returning it no later; extending it is not ours to grant."""
    above = InheritedLimit(at("2026-11-25T00:00"), "省政府办公厅", "鲁督〔2026〕7号")
    dates = ticket_deadlines(Terms(at("2026-11-23T10:00"), inherited=above), CALENDAR, DEFAULT_RULES)
    assert (dates.due.on, dates.due.at) == (date(2026, 11, 24), at("2026-11-25T00:00"))
    assert dates.return_by.on == date(2026, 11, 24)
    assert dates.latest_extended_due is None
    with pytest.raises(ExtensionError, match="省政府办公厅"):
        extended(dates, 1, CALENDAR, DEFAULT_RULES)


@pytest.mark.covers("R22.4", "A4")
def test_an_extension_counts_from_the_original_due_day_and_ends_at_ten() -> None:
    """Due 27 February: three WD more is 3 March (the 28th is worked); eleven, none and minus one are refused."""
    dates = ticket_deadlines(Terms(at("2026-02-13T10:00")), CALENDAR, DEFAULT_RULES)
    assert extended(dates, 3, CALENDAR, DEFAULT_RULES).on == date(2026, 3, 3)
    assert dates.latest_extended_due
    assert extended(dates, 10, CALENDAR, DEFAULT_RULES).on == dates.latest_extended_due.on
    for days in (11, 0, -1):
        with pytest.raises(ExtensionError, match="1至10个工作日"):
            extended(dates, days, CALENDAR, DEFAULT_RULES)


@pytest.mark.covers("A26")
@pytest.mark.parametrize(
    ("since", "until", "due"),
    [
        ("2026-11-24T10:00", "2026-11-26T15:00", "2026-12-02"),  # Wed, Thu do not count
        ("2026-11-24T10:00", "2026-11-24T15:00", "2026-11-30"),  # within a day: nothing changes
        ("2026-11-27T10:00", "2026-11-28T15:00", "2026-11-30"),  # lifted on a day off: nothing is lost
        ("2026-11-30T10:00", "2026-12-01T23:59", "2026-12-02"),  # begun on the due day: the day after it is lifted
        ("2026-11-24T10:00", "2026-12-20T10:00", "2026-12-07"),  # five WD at most, then the clock runs again
    ],
)
def test_waiting_for_material_shifts_the_due_day(since: str, until: str, due: str) -> None:
    """Received Monday 23 November, due the 30th: a pause takes out the WD after its first day, through its last."""
    pause = Pause(at(since), at(until), PauseReason.MATERIAL)
    dates = ticket_deadlines(Terms(at("2026-11-23T10:00"), pauses=(pause,)), CALENDAR, DEFAULT_RULES)
    assert str(dates.due.on) == due


@pytest.mark.covers("A26")
def test_a_pause_that_begins_on_the_due_day_is_explained() -> None:
    """The due day does not end the limit, and neither does the day on which the material comes; both say why."""
    pause = Pause(at("2026-11-30T10:00"), at("2026-12-01T23:59"), PauseReason.MATERIAL)
    lines = deadline(RuleId.HANDLE, at("2026-11-23T10:00"), CALENDAR, DEFAULT_RULES, pauses=[pause]).explain()
    assert lines[-3:] == (
        "11月30日(周一)工作日,当日起待补充材料,不作为最后一日",
        "12月1日(周二)工作日,当日恢复计时,不计",
        "12月2日(周三)工作日,计第5个工作日",
    )


@pytest.mark.covers("A26", "R21.3")
def test_a_pause_that_lasts_is_counted_as_of_now_and_adjudication_has_no_cap() -> None:
    """While the duty is being decided the due day moves on with the day; without a "now" there is no answer."""
    pause = Pause(at("2026-11-24T10:00"), None, PauseReason.ADJUDICATION)
    terms = Terms(at("2026-11-23T10:00"), pauses=(pause,))
    dates = ticket_deadlines(terms, CALENDAR, DEFAULT_RULES, as_of=at("2026-12-09T09:00"))
    assert dates.due.on == date(2026, 12, 15)
    assert "12月9日(周三)工作日,当日恢复计时,不计" in dates.due.explain()
    assert "11月25日(周三)工作日,职责裁定中,暂停不计" in dates.due.explain()
    with pytest.raises(ValueError, match="as of"):
        ticket_deadlines(terms, CALENDAR, DEFAULT_RULES)


def test_a_clock_time_limit_is_paused_by_the_minute() -> None:
    """Two hours to sign with half an hour of pause end half an hour later."""
    pause = Pause(at("2026-11-23T10:30"), at("2026-11-23T11:00"), PauseReason.ADJUDICATION)
    found = deadline(RuleId.SIGN_URGENT, at("2026-11-23T10:00"), CALENDAR, DEFAULT_RULES, pauses=[pause, pause])
    assert found.at == at("2026-11-23T12:30")


@pytest.mark.covers("A2", "A9", "A12", "A24", "R20.2")
@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (RuleId.SIGN, "2026-02-15T00:00"),
        (RuleId.SIGN_URGENT, "2026-02-13T12:00"),
        (RuleId.HANDLE_AGAIN, "2026-02-26T00:00"),
        (RuleId.RETURN_TO_LEVEL_2, "2026-02-15T00:00"),
        (RuleId.REVIEW, "2026-02-15T00:00"),
        (RuleId.REVIEW_TARGET, "2026-02-13T12:00"),
        (RuleId.DECIDE, "2026-02-15T00:00"),
        (RuleId.CALLBACK, "2026-02-15T00:00"),
        (RuleId.KNOWLEDGE, "2026-02-15T00:00"),
    ],
)
def test_the_other_limits_run_on_the_same_clock(rule: RuleId, due: str) -> None:
    """From Friday 13 February 10:00, before a worked Saturday: signing, handling again, our own limits."""
    assert deadline(rule, at("2026-02-13T10:00"), CALENDAR, DEFAULT_RULES).at == at(due)


@pytest.mark.covers("A10")
def test_a_co_handlers_task_is_due_a_working_day_before_its_parent() -> None:
    """Parent due Monday 11 May 2026: the task is due on Saturday the 9th, which is worked."""
    assert working_days_before(date(2026, 5, 11), DEFAULT_RULES.limits[RuleId.CO_HANDLER], CALENDAR) == date(2026, 5, 9)


@pytest.mark.covers("R7.2")
def test_emergencies_run_on_clock_time() -> None:
    """Opened on a holiday night: dispatch in 10 minutes, at the latest an hour; a report after 2 h, then every 24 h."""
    limits = emergency_limits(at("2026-10-01T23:30"), DEFAULT_RULES)
    assert limits.dispatch_target == at("2026-10-01T23:40")
    assert limits.dispatch_by == at("2026-10-02T00:30")
    assert limits.next_report_by(at("2026-10-01T23:31")) == at("2026-10-02T01:30")
    assert limits.next_report_by(at("2026-10-02T01:30")) == at("2026-10-03T01:30")
    slow = replace(
        DEFAULT_RULES, limits={**DEFAULT_RULES.limits, RuleId.EMERGENCY_DISPATCH: Limit(1, Unit.WORKING_DAYS, "")}
    )
    with pytest.raises(ValueError, match="clock time"):
        emergency_limits(at("2026-10-01T23:30"), slow)


@pytest.mark.covers("R3.3")
@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2026-02-25T23:59", None),
        ("2026-02-26T00:00", Card.YELLOW),
        ("2026-02-27T23:59", Card.YELLOW),
        ("2026-02-28T00:00", Card.RED),
    ],
)
def test_yellow_with_one_working_day_left_and_red_on_the_first_overdue(now: str, shown: Card | None) -> None:
    """Due 27 February: yellow from the 26th, red from Saturday the 28th, which is worked."""
    due = deadline(RuleId.HANDLE, at("2026-02-13T10:00"), CALENDAR, DEFAULT_RULES)
    assert card(due, at(now), CALENDAR, DEFAULT_RULES) is shown


def test_a_due_day_before_a_weekend_turns_red_on_monday() -> None:
    """Due Friday 27 November: still yellow on the weekend, red on Monday, the first working day overdue."""
    due = deadline(RuleId.HANDLE, at("2026-11-20T10:00"), CALENDAR, DEFAULT_RULES)
    assert card(due, at("2026-11-29T12:00"), CALENDAR, DEFAULT_RULES) is Card.YELLOW
    assert card(due, at("2026-11-30T00:00"), CALENDAR, DEFAULT_RULES) is Card.RED


def test_a_limit_of_one_day_leaves_no_time_to_apply_for_an_extension() -> None:
    """With a due day on the first working day the day before it is no longer there, and the note says so."""
    limits = {**DEFAULT_RULES.limits, RuleId.HANDLE: Limit(1, Unit.WORKING_DAYS, "x")}
    dates = ticket_deadlines(Terms(at("2026-11-23T10:00")), CALENDAR, replace(DEFAULT_RULES, limits=limits))
    assert (dates.last_day_to_apply_for_extension, dates.latest_extended_due) == (None, None)
    assert "无法提前" in dates.notes[0]


def test_rule_sets_follow_each_other_by_date_and_must_be_whole() -> None:
    """The set of a day is the latest that has begun; a set that lacks a limit, and a limit of nothing, are refused."""
    later = replace(DEFAULT_RULES, version="2", valid_from=date(2026, 7, 1))
    assert in_force([later, DEFAULT_RULES], date(2026, 6, 30)) is DEFAULT_RULES
    assert in_force([later, DEFAULT_RULES], date(2026, 7, 1)) is later
    assert in_force([later], date(2026, 6, 30)) is later
    with pytest.raises(ValueError, match="no rule set"):
        in_force([], date(2026, 1, 1))
    with pytest.raises(ValueError, match="lacks handle"):
        RuleSet("x", date(2026, 1, 1), {})
    with pytest.raises(ValueError, match="the least is 1"):
        Limit(0, Unit.HOURS, "")


@given(
    st.datetimes(datetime(2003, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    st.lists(st.tuples(st.integers(0, 40 * 24), st.integers(0, 20 * 24)), max_size=3),
)
def test_pauses_never_bring_a_due_day_forward_and_each_day_is_explained(
    received: datetime, spans: list[tuple[int, int]]
) -> None:
    """Whatever pauses there are, the due day is a working day no earlier than without them, with no day left out."""
    start = received.replace(tzinfo=CIVIL)
    pauses = [
        Pause(start + timedelta(hours=begin), start + timedelta(hours=begin + length), PauseReason.ADJUDICATION)
        for begin, length in spans
    ]
    plain = deadline(RuleId.HANDLE, start, CALENDAR, DEFAULT_RULES)
    found: Deadline = deadline(RuleId.HANDLE, start, CALENDAR, DEFAULT_RULES, pauses=pauses)
    assert found.on >= plain.on
    assert CALENDAR.day(found.on).working
    assert len(found.explain()) == (found.on - start.date()).days + 1
    assert not any(pause.since < found.at <= pause.until for pause in pauses if pause.until)


@given(
    st.sampled_from([rule for rule in RuleId if rule in DEFAULT_RULES.limits]),
    st.dates(date(2025, 12, 1), date(2027, 2, 1)),
    st.times(),
    st.sampled_from([UTC, CIVIL]),
)
def test_a_due_instant_without_reasoning_is_that_of_the_deadline(
    rule: RuleId, day: date, clock: time, zone: tzinfo
) -> None:
    """Timers are set for the very instants that are explained."""
    start = datetime.combine(day, clock, zone)
    assert instant_due(rule, start, CALENDAR, DEFAULT_RULES) == deadline(rule, start, CALENDAR, DEFAULT_RULES).at
