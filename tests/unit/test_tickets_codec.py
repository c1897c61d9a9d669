"""Records stand in the database as JSON and come back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.codec import from_text, packed, text_of, unpacked
from tickets.deadlines import Pause, PauseReason
from tickets.details import AcceptanceBasis, Details, Nature, Urgency
from tickets.from_above import InheritedLimit
from tickets.ruleset import DEFAULT_RULES, RuleSet
from tickets.workdays import CalendarYear
from tickets.workflow_terms import Acceptance, CallbackResult, Case, Facts, Status

INSTANTS = st.datetimes(timezones=st.just(UTC))


def through(record: object) -> object:
    """Written as JSON and read back."""
    return unpacked(type(record), json.loads(json.dumps(packed(record))))


def through_text(record: object) -> object:
    """The same by the quick way; either reads what the other has written."""
    back = from_text(type(record), text_of(record))
    assert unpacked(type(record), json.loads(text_of(record))) == back
    assert from_text(type(record), json.dumps(packed(record))) == back
    return back


# The first record of a kind takes longer: what reads and writes it is made then.
@settings(deadline=None)
@given(
    st.builds(
        Facts,
        acceptance=st.none() | st.sampled_from(Acceptance),
        callback=st.none() | st.sampled_from(CallbackResult),
        due=st.none() | INSTANTS,
        attempts=st.lists(INSTANTS).map(tuple),
        co_handlers=st.lists(st.text()).map(tuple),
        solved=st.none() | st.booleans(),
    )
)
def test_facts_come_back_as_they_were(facts: Facts) -> None:
    """Texts, instants, enums, tuples, and what may be missing."""
    assert through(facts) == facts
    assert through_text(facts) == facts


@settings(deadline=None)
@given(
    st.builds(
        Case, status=st.sampled_from(Status), unit=st.text(), work=st.sampled_from(Status), due=st.none() | INSTANTS
    )
)
def test_a_case_comes_back_as_it_was(case: Case) -> None:
    """A state is a state again, not its text."""
    for back in (through(case), through_text(case)):
        assert back == case
        assert isinstance(back, Case)
        assert type(back.status) is Status


def test_only_what_differs_from_the_defaults_is_written() -> None:
    """A million tickets hold no empty fields."""
    assert packed(Details()) == {}
    assert packed(Facts(reason="x")) == {"reason": "x"}
    assert text_of(Facts(reason="供暖")) == '{"reason":"供暖"}'


def test_records_within_records_come_back() -> None:
    """A limit from above, fields by name, pauses that last."""
    above = InheritedLimit(datetime(2026, 11, 27, 10, tzinfo=UTC), "省", "7")
    details = Details(
        "m",
        Nature.HELP,
        basis=AcceptanceBasis.HELP,
        urgency=Urgency.URGENT,
        fields=(("小区", "甲"),),
        inherited=above,
    )
    assert through(details) == through_text(details) == details
    pause = Pause(datetime(2026, 11, 27, tzinfo=UTC), None, PauseReason.SILENCE)
    assert through(pause) == through_text(pause) == pause


def test_rule_sets_and_calendars_come_back_with_what_they_check() -> None:
    """A city's set with a closing time; a year whose version is computed anew and the same."""
    rules = replace(DEFAULT_RULES, version="v2", closing=time(17, 30))
    assert through(rules) == rules
    year = CalendarYear(
        2027, {date(2027, m, 1): "节" for m in (1, 5, 10)}, {date(2027, 1, 9): "元旦"}, "published", "x"
    )
    back = through(year)
    assert back == year
    assert isinstance(back, CalendarYear)
    assert back.version == year.version


def test_a_value_that_cannot_be_is_refused() -> None:
    """A state that there is not is no state."""
    with pytest.raises(ValueError, match="nonsense"):
        unpacked(Case, {"status": "nonsense", "unit": "u"})
    with pytest.raises(ValueError, match="nonsense"):
        from_text(Case, '{"status": "nonsense", "unit": "u"}')
    with pytest.raises(ValueError, match="unit"):
        from_text(Case, '{"status": "draft"}')
    assert isinstance(through(DEFAULT_RULES), RuleSet)


def test_names_that_a_record_no_longer_has_are_left_out() -> None:
    """What an older version wrote is read by a newer one."""
    assert (
        from_text(Facts, '{"reason": "x", "gone": 1}')
        == unpacked(Facts, {"reason": "x", "gone": 1})
        == Facts(reason="x")
    )
