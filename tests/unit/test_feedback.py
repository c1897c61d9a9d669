"""Answers as units write them, and what the check says of each (R14.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.feedback_cases import BAD, CALLED, GOOD, TOLD_AT, Case
from tickets.feedback import Answer, Assessment, Earlier, Fault, Matter, assess
from tickets.workflow_terms import Facts


def judged(case: Case) -> Assessment:
    """What the check says of a case."""
    return assess(Answer(case.facts, case.done, case.result, TOLD_AT, case.contact), case.matter)


@pytest.mark.covers("R14.5")
@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_concrete_answer_passes(case: Case) -> None:
    """An answer with facts, measures and a result on the matter has nothing held against it."""
    assert judged(case).findings == ()
    assert judged(case).words == "未发现明显问题，请审核人员阅看后决定。"


@pytest.mark.covers("R14.5")
@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_answer_is_explained(case: Case) -> None:
    """The fault is found, and said in Chinese with what to mend."""
    advice = judged(case)
    assert case.expected in {one.fault for one in advice.findings}
    assert case.expected is not None
    assert case.expected.words in advice.words
    assert advice.words.endswith("由审核人员决定。")


@pytest.mark.covers("R14.5")
@pytest.mark.parametrize("case", [one for one in BAD if one.expected is Fault.CITATIONS], ids=lambda case: case.name)
def test_the_citations_are_quoted(case: Case) -> None:
    """Who is told that an answer only cites is shown what."""
    [found] = [one for one in judged(case).findings if one.fault is Fault.CITATIONS]
    assert any("《" in one or "条" in one for one in found.quoted)


@pytest.mark.covers("R14.5")
def test_a_copy_of_another_answer_is_a_template() -> None:
    """The same text for two matters, with another date, is found when earlier answers are at hand."""
    case = GOOD[0]
    text = Answer(case.facts, case.done, case.result).text
    twin = text.replace("24日", "25日")
    advice = assess(
        Answer(case.facts, case.done, case.result, TOLD_AT, CALLED), case.matter, [Earlier("20261123-000007", twin)]
    )
    assert [one.fault for one in advice.findings] == [Fault.TEMPLATE]
    assert "几乎相同（“20261123-000007”）" in advice.words


@pytest.mark.covers("R14.5")
def test_hints_do_not_advise_to_return() -> None:
    """A missing way of contact is worth a word, not a return."""
    hint = judged(next(case for case in BAD if case.expected is Fault.NO_CONTACT))
    assert not hint.advises_return
    assert hint.words.startswith("可以通过")


@pytest.mark.covers("R14.4")
def test_the_date_of_the_answer_is_asked_for() -> None:
    """Without the time at which the caller was answered the record is not complete."""
    case = GOOD[0]
    advice = assess(Answer(case.facts, case.done, case.result, None, CALLED), case.matter)
    assert [one.fault for one in advice.findings] == [Fault.MISSING]


def test_width_and_spaces_change_nothing() -> None:
    """Fullwidth punctuation, digits and spaces are read like the others."""
    for case in (*GOOD, *BAD):
        wide = replace(case, facts=case.facts.replace(",", ", ").replace(":", ": "), done=f" {case.done}\n")
        assert [one.fault for one in judged(wide).findings] == [one.fault for one in judged(case).findings]


def test_an_answer_is_read_from_the_facts_of_a_move() -> None:
    """The check looks at what the unit has filled in."""
    told = Facts(facts_found="甲", done="乙", result="丙", answered_at=TOLD_AT, contact="电话")
    assert Answer.of(told).text == "甲。乙。丙"


@given(*(st.text(max_size=300) for _ in range(5)))
def test_any_text_is_judged(facts: str, done: str, result: str, contact: str, matter: str) -> None:
    """Whatever is typed, the check gives its advice and never fails."""
    advice = assess(Answer(facts, done, result, TOLD_AT, contact), Matter(matter))
    assert advice.words
