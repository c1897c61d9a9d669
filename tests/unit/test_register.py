"""What the register answers: whose a matter is, what a category asks for, what a street may do."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from common.clock import CIVIL
from tickets.catalogue import CatalogueLine, Category
from tickets.register import ROOT, NotRegisteredError, Register
from tickets.ruleset import DEFAULT_RULES, RuleId
from tickets.turns import delivered
from tickets.units import Delegation, Right, Unit, UnitKind
from tickets.workdays import Calendar, LocalDay

DAY = date(2026, 11, 24)


def register(**changed: object) -> Register:
    """A district with a street, three categories, four lines."""
    units = (
        ROOT,
        Unit("滨城区", "滨城区", UnitKind.COUNTY, "12345"),
        Unit("市西街道", "市西街道", UnitKind.TOWNSHIP, "滨城区"),
        Unit("住建局", "住建局", UnitKind.CITY_DEPARTMENT, "12345"),
    )
    categories = (
        Category("城建", "城建", required=("address",)),
        Category("供暖", "供暖", "城建", required=("小区", "address")),
        Category("公开", "政府信息公开"),
    )
    lines = (
        CatalogueLine("wide", "城建", "住建局", "三定"),
        CatalogueLine("place", "城建", "滨城区", "三定", place="滨城区"),
        CatalogueLine("near", "供暖", "住建局", "条例"),
        CatalogueLine("over", "供暖", "滨城区", "旧", until=date(2026, 1, 1)),
    )
    plain: dict[str, object] = {
        "units": {unit.id: unit for unit in units},
        "categories": {one.code: one for one in categories},
        "catalogue": lines,
    }
    return Register(**{**plain, **changed})  # type: ignore[arg-type]  # tests name the fields


@pytest.mark.covers("R21.0")
def test_the_nearer_category_goes_before_the_nearer_place_and_what_is_over_is_not_shown() -> None:
    """A street's heating: heating anywhere, then building in its district, then building anywhere."""
    found = register().lines("供暖", "市西街道", DAY)
    assert [line.id for line in found] == ["near", "place", "wide"]
    assert [line.id for line in register().lines("供暖", "住建局", DAY)] == ["near", "wide"]
    assert register().lines("没有", "市西街道", DAY) == ()


@pytest.mark.covers("R14.1", "R22.5")
def test_a_category_asks_for_what_those_above_it_ask_for_and_its_law_may_be_theirs() -> None:
    """Each field once, the general ones first; a limit by law is found by the category's own name."""
    assert register().required("供暖") == ("address", "小区")
    assert (register().statutory("公开", DAY), register().statutory("供暖", DAY)) == ("政府信息公开", "")


@pytest.mark.covers("R18", "R19")
@pytest.mark.parametrize(
    ("said", "may"),
    [
        ([], True),
        ([(True, "2026-01-01", None)], True),
        ([(True, "2026-01-01", "2026-11-24")], False),
        ([(True, "2026-12-01", None)], False),
        ([(False, "2026-11-01", None)], False),
        ([(False, "2026-11-01", "2026-11-24")], True),
        ([(False, "2026-01-01", None), (True, "2026-11-01", None)], True),
    ],
)
def test_what_a_street_may_do_is_what_its_district_last_said(
    said: list[tuple[bool, str, str | None]], may: bool
) -> None:
    """Nothing said: it may. Granted for a time: within it only. Taken for a time: outside it. The later word holds."""
    rows = [
        Delegation(
            str(n),
            "市西街道",
            Right.RETURN,
            granted,
            date.fromisoformat(since),
            (until and date.fromisoformat(until)) or None,
        )
        for n, (granted, since, until) in enumerate(said)
    ]
    assert register(delegations=rows).delegated("市西街道", Right.RETURN, DAY) is may
    assert register(delegations=rows).delegated("市西街道", Right.ANSWER, DAY)


def test_a_calendar_is_found_again_by_the_version_that_a_deadline_keeps() -> None:
    """With the local days of then; one that was lost is said to be."""
    calendar = Calendar((), [LocalDay(date(2026, 11, 26), working=False, reason="暴雪")])
    turn = delivered(1, datetime(2026, 11, 24, 9, tzinfo=CIVIL), calendar, DEFAULT_RULES)
    again = register().calendar_of(turn.calendar_version)
    assert delivered(1, turn.received, again, DEFAULT_RULES) == turn
    with pytest.raises(NotRegisteredError, match="2026-abcdef12"):
        register().calendar_of("2026-abcdef12")


def test_a_ticket_goes_on_under_the_rules_that_its_turn_began_with() -> None:
    """A law's own extension takes the place of the ten days; a set that was lost is said to be."""
    calendar = Calendar()
    turn = delivered(1, datetime(2026, 11, 24, 9, tzinfo=CIVIL), calendar, DEFAULT_RULES, category="劳动保障监察")
    assert register().rules(turn, DAY).limits[RuleId.EXTENSION].amount == 30
    with pytest.raises(NotRegisteredError, match="没有"):
        register(rule_sets=()).rules(turn, DAY)
