"""What a machine takes out of a report, what it holds against a text for units, and which units never get it (A16)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tickets.details import Details, Nature
from tickets.model import Channel, Kind, Ticket
from tickets.protecting import NOT_YET, barred, for_units, proposed, protected, redacted, shut_out, tells
from tickets.unit_tree import UnitTree
from tickets.workflow_terms import Case, Status

TREE = UnitTree(
    "12345", {"住建局": "12345", "滨城区": "12345", "市西街道": "滨城区", "北镇街道": "滨城区", "阳光社区": "市西街道"}
)
KNOWN = Details(
    caller_name="欧阳明月",
    contact="13854309999",
    address="黄河五路1号",
    hide_identity=True,
    fields=(("业主姓名", "李大山"), ("小区", "阳光花园")),
)


def ticket(matter: str, number: str = "") -> Ticket:
    """A ticket of that matter."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Ticket(
        id="t",
        number="20261124-000001",
        kind=Kind.MATTER,
        channel=Channel.TELEPHONE,
        opened_at=now,
        case=Case(Status.AWAITING_REVIEW, "12345"),
        since=now,
        caller_number=number,
        details=Details(**{**{name: getattr(KNOWN, name) for name in KNOWN.__slots__}, "matter": matter}),
    )


@pytest.mark.covers("A16")
@pytest.mark.parametrize(
    ("matter", "gone"),
    [
        ("我叫张三丰，请查处", "张三丰"),
        ("欧阳明月反映", "欧阳明月"),
        ("请回电13854309999", "13854309999"),
        ("请回电 138-5430-9999", "5430"),
        ("请回电+86 138 5430 8888", "8888"),
        ("座机0543-3123456", "3123456"),
        ("身份证372301199001011234", "372301199001011234"),
        ("身份证37230119900101123X", "37230119900101123X"),
        ("在黄河五路1号", "黄河五路"),
        ("住3号楼2单元501室", "501"),
        ("我家楼上漏水", "我家"),
        ("本人举报", "本人"),
        ("我们车间有人偷排", "我们车间"),
        ("李大山说的", "李大山"),
    ],
)
def test_the_machine_proposes_a_text_without_who_said_it(matter: str, gone: str) -> None:
    """Names on record, numbers however written, doors, and what people say of themselves; each is pointed out."""
    found = proposed(ticket(matter))
    assert gone not in found.text
    assert found.marked
    assert not tells(found.text, KNOWN, "")


def test_what_tells_nobody_is_left_as_it_is() -> None:
    """Dates, amounts and the matter itself are not touched."""
    plain = "2026年11月阳光花园供暖收费3500元，未供暖，请核实"
    assert proposed(ticket(plain)).text == plain
    assert redacted(plain, ticket(plain)) == plain


@pytest.mark.covers("A16")
@pytest.mark.parametrize(
    "text", ["欧阳 明月反映", "电话1385430 9999", "138 5430 9999", "黄河 五路1号", "业主李大山", "另一人13900001111"]
)
def test_a_text_for_units_that_still_tells_is_found(text: str) -> None:
    """Also where it was spaced out, and of any telephone number, whoever's it is."""
    assert tells(text, KNOWN, "13854300001")
    assert not tells("小区供暖不热", KNOWN, "13854300001")


@pytest.mark.covers("A16")
def test_who_is_protected_and_what_units_then_read() -> None:
    """Who asked for it, and whoever reports somebody; without a confirmed text units read that there is none yet."""
    assert protected(Details(nature=Nature.ACCUSATION))
    assert protected(Details(hide_identity=True))
    assert not protected(Details(nature=Nature.COMPLAINT))
    assert for_units(Details(matter="m")) == "m"
    assert for_units(Details(matter="m", hide_identity=True)) == NOT_YET
    assert for_units(Details(matter="m", hide_identity=True, for_unit="x")) == "x"


@pytest.mark.covers("A16")
def test_a_complaint_reaches_neither_the_unit_nor_those_below_it_nor_its_superiors() -> None:
    """Of a street: the street and its community never see it; the district and whoever answers to it never get it."""
    said = Details(about="市西街道")
    assert shut_out(said, TREE) == {"市西街道", "阳光社区"}
    assert {unit for unit in TREE.parents if barred(unit, said, TREE)} == {"滨城区", "市西街道", "北镇街道", "阳光社区"}
    assert not barred("12345", said, TREE)
    for nobody in ("", "12345", "没有"):
        assert not shut_out(Details(about=nobody), TREE)
        assert not barred("住建局", Details(about=nobody), TREE)
