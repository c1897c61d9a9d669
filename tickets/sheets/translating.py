"""One row of another system, understood: what it says of a matter, where it stands, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from common.clock import CIVIL
from common.worded import Worded
from tickets.details import Details, Nature, Urgency
from tickets.from_above import InheritedLimit, Origin
from tickets.register import Register
from tickets.sheets.formulas import is_formula, unguarded
from tickets.sheets.mapping import COLUMNS, Mapping
from tickets.sheets.reading import SheetRow

W = TypeVar("W", bound=Worded)
_YES = frozenset({"是", "保密", "1", "true", "yes", "y", "√"})
_MOST = {"number": 80, "place": 80, "contact": 40, "caller_number": 40}


class Stage(StrEnum):
    """How far the other system has come with it; what ``[values.status]`` translates to."""

    REVIEW = "review"
    SENT = "sent"
    HANDLING = "handling"


class RowError(Exception):
    """The row is not taken; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True, repr=False)
class Foreign:
    """A ticket of another system in our words."""

    number: str
    details: Details
    caller_number: str
    opened_at: datetime
    sent_at: datetime
    unit: str = ""
    stage: Stage = Stage.REVIEW
    confidential: bool = False


def understood(row: SheetRow, mapping: Mapping, register: Register, now: datetime) -> Foreign | None:
    """The row in our words; None where it is not open in the other system.

    Raises:
        RowError: something in it cannot be taken.
    """
    told = {name: _cell(row, name, theirs) for name, theirs in mapping.columns.items()}
    status = told.get("status", "")
    if status in mapping.skip:
        return None
    for name in ("number", "matter", "opened_at"):
        if not told[name]:
            raise RowError(f"缺少{COLUMNS[name]}")
    opened_at = _instant(told["opened_at"], "opened_at", mapping, now)
    sent_at = _instant(told["sent_at"], "sent_at", mapping, now) if told.get("sent_at") else opened_at
    if sent_at < opened_at:
        raise RowError("派单时间早于受理时间")
    unit = _known(_ours(told, "unit", mapping), {one.id: one.name for one in register.units.values()}, "unit")
    stage = _stage(_ours(told, "status", mapping), unit)
    fields = {name: _cell(row, name, theirs) for name, theirs in mapping.fields.items()}
    fields = {**_fields(told.get("fields", "")), **{name: value for name, value in fields.items() if value}}
    details = Details(
        matter=told["matter"],
        nature=_member(Nature, _ours(told, "nature", mapping), "nature"),
        category=_known(
            _ours(told, "category", mapping), {one.code: one.name for one in register.categories.values()}, "category"
        ),
        place=_place(_ours(told, "place", mapping), register),
        address=told.get("address", ""),
        caller_name=told.get("caller_name", ""),
        contact=told.get("contact", ""),
        urgency=_member(Urgency, _ours(told, "urgency", mapping), "urgency") or Urgency.NORMAL,
        fields=tuple(fields.items()),
        inherited=_inherited(told, mapping),
    )
    secret = told.get("confidential", "").lower() in _YES or details.nature is Nature.ACCUSATION
    caller = told.get("caller_number") or told.get("contact", "")
    return Foreign(told["number"], details, caller, opened_at, sent_at, unit, stage, secret)


def _fields(text: str) -> dict[str, str]:
    """What stands in one column as 小区：阳光花园；楼号：3."""
    pairs = (part.partition("：") for part in text.split("；"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() and value.strip()}


def _cell(row: SheetRow, name: str, theirs: str) -> str:
    text = row.cells.get(theirs, "")
    bare = unguarded(text)
    if bare == text and is_formula(text):
        raise RowError(f"「{theirs}」是公式,不是数据")
    if "\x00" in bare:
        raise RowError(f"「{theirs}」含有无法保存的字符")
    if len(bare) > (most := _MOST.get(name, 4000)):
        raise RowError(f"「{theirs}」超过{most}字")
    return bare


def _ours(told: Named[str, str], name: str, mapping: Mapping) -> str:
    theirs = told.get(name, "")
    return mapping.values.get(name, {}).get(theirs, theirs)


def _known(value: str, names: Named[str, str], what: str) -> str:
    """A code, or the code of the one thing of that name."""
    if not value or value in names:
        return value
    found = [code for code, called in names.items() if called == value]
    if len(found) == 1:
        return found[0]
    if found:
        raise RowError(f"{COLUMNS[what]}「{value}」有{len(found)}个同名的,请在对照文件中写明编号")
    raise RowError(f"{COLUMNS[what]}「{value}」没有对照")


def _place(value: str, register: Register) -> str:
    """The unit that looks after it, else the text as it stands."""
    named = [unit.id for unit in register.units.values() if value and value in (unit.name, unit.area)]
    return value if value in register.units or not named else min(named, key=register.tree.level)


def _member(kind: type[W], value: str, what: str) -> W | None:
    if not value:
        return None
    found = next((one for one in kind if value in (one.value, one.words)), None)
    if found is None:
        raise RowError(f"{COLUMNS[what]}「{value}」没有对照;可用:{'、'.join(one.words for one in kind)}")
    return found


def _stage(value: str, unit: str) -> Stage:
    if not unit:
        return Stage.REVIEW
    if not value:
        return Stage.SENT
    try:
        return Stage(value)
    except ValueError as error:
        raise RowError(f"状态「{value}」没有对照;可用:{'、'.join(Stage)}") from error


def _inherited(told: Named[str, str], mapping: Mapping) -> InheritedLimit | None:
    if not mapping.inherit or not told.get("due"):
        return None
    return InheritedLimit(
        _instant(told["due"], "due", mapping, None), mapping.system, told["number"], Origin.TAKEN_OVER
    )


def _instant(text: str, what: str, mapping: Mapping, latest: datetime | None) -> datetime:
    """A civil time; a mere date as a limit is that day's end."""
    value = _parsed(text, mapping.dates)
    if value is None:
        raise RowError(f"{COLUMNS[what]}「{text}」不是能识别的时间;请在对照文件的 dates 中写明格式")
    if what == "due" and (value.hour, value.minute, value.second) == (0, 0, 0):
        value += timedelta(days=1)
    value = value if value.tzinfo else value.replace(tzinfo=CIVIL)
    if not 2000 <= value.year < 2100:  # noqa: PLR2004 - a ticket of this century
        raise RowError(f"{COLUMNS[what]}「{text}」不在本世纪")
    if latest and value > latest:
        raise RowError(f"{COLUMNS[what]}「{text}」晚于现在")
    return value


def _parsed(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added by who asks
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
