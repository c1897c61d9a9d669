"""Every number of the regulation and of our defaults, as one dated, versioned set that a ticket keeps.

``DEFAULT_RULES`` is the set shipped. A city changes a number by a new set with its own version and first day; a ticket
goes on under the set that was in force when it was delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"
    MINUTES = "minutes"

    @property
    def words(self) -> str:
        """The unit after a number, in Chinese."""
        return {"working_days": "个工作日", "calendar_days": "日", "hours": "小时", "minutes": "分钟"}[self.value]


class RuleId(StrEnum):
    """What a limit is for; stored with each deadline."""

    HANDLE = "handle"
    RETURN = "return"
    RETURN_TO_LEVEL_2 = "return_to_level_2"
    APPLY_FOR_EXTENSION = "apply_for_extension"
    EXTENSION = "extension"
    HANDLE_AGAIN = "handle_again"
    CO_HANDLER = "co_handler"
    SIGN = "sign"
    SIGN_URGENT = "sign_urgent"
    PAUSE_FOR_MATERIAL = "pause_for_material"
    REVIEW = "review"
    REVIEW_TARGET = "review_target"
    DECIDE = "decide"
    ADJUDICATE = "adjudicate"
    CALLBACK = "callback"
    KNOWLEDGE = "knowledge"
    EMERGENCY_DISPATCH = "emergency_dispatch"
    EMERGENCY_DISPATCH_TARGET = "emergency_dispatch_target"
    EMERGENCY_FIRST_REPORT = "emergency_first_report"
    EMERGENCY_REPORT = "emergency_report"
    YELLOW_CARD = "yellow_card"


@dataclass(frozen=True)
class Limit:
    """A span with the article it comes from.

    Raises:
        ValueError: the amount is not a positive number.
    """

    amount: int
    unit: Unit
    basis: str

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"a limit of {self.amount} {self.unit} is none; the least is 1")

    @property
    def words(self) -> str:
        """The span in Chinese: ``5个工作日``."""
        return f"{self.amount}{self.unit.words}"


@dataclass(frozen=True)
class StatutoryLimit:
    """A limit set by law for a category, which goes before the 5 WD (R22.5).

    ``extension`` is what that law itself allows; without one the limit cannot be extended, since Article 22 only speaks
    of its own 5 WD.
    """

    category: str
    limit: Limit
    extension: Limit | None = None


@dataclass(frozen=True)
class RuleSet:
    """The numbers in force from ``valid_from`` on, until a later set takes over.

    ``closing`` is the office's closing time if a day ends with it; None ends a day at 24:00 (A1).
    """

    version: str
    valid_from: date
    limits: Mapping[RuleId, Limit]
    statutory: Mapping[str, StatutoryLimit] = field(default_factory=dict)
    closing: time | None = None
    #: Rounds of handling again before a ticket is supervised (A9).
    rounds: int = 2
    #: Extensions of one ticket; the second only by a level-1 leader (A4).
    extensions: int = 2
    #: How often a ticket may wait for material (A26).
    pauses: int = 1
    #: What an unreached callback needs at least before it may close: attempts, days, parts of the day (A7).
    callback_attempts: int = 3
    callback_days: int = 2
    callback_parts_of_day: int = 2
    #: Callers of one matter within so many days that raise a hot-topic alert (A13).
    hot_topic_callers: int = 5
    hot_topic_days: int = 3
    #: Minutes until the next rank is told of an emergency ticket that nobody acknowledged (R7.2).
    acknowledge_minutes: int = 10
    #: When it is day: only then the target of review and dispatch runs, on working days (A24).
    day_begins: time = time(8)
    day_ends: time = time(18)

    def __post_init__(self) -> None:
        if missing := [rule.value for rule in RuleId if rule not in self.limits]:
            raise ValueError(f"rule set {self.version} lacks {', '.join(missing)}")
        if self.day_begins >= self.day_ends:
            raise ValueError(f"rule set {self.version}: the day ends before it begins")
        object.__setattr__(self, "limits", MappingProxyType(dict(self.limits)))
        object.__setattr__(self, "statutory", MappingProxyType(dict(self.statutory)))


def in_force(sets: Iterable[RuleSet], day: date) -> RuleSet:
    """The set that holds on a day: the latest that has begun; before the first, the first.

    Raises:
        ValueError: there is no set at all.
    """
    ordered = sorted(sets, key=lambda rules: rules.valid_from)
    if not ordered:
        raise ValueError("no rule set; DEFAULT_RULES is shipped")
    return next((rules for rules in reversed(ordered) if rules.valid_from <= day), ordered[0])


def _limits(*rows: tuple[RuleId, int, Unit, str]) -> dict[RuleId, Limit]:
    return {rule: Limit(amount, unit, basis) for rule, amount, unit, basis in rows}


def _law(category: str, days: int, basis: str, extension: int) -> tuple[str, StatutoryLimit]:
    limit = Limit(days, Unit.WORKING_DAYS, basis)
    return category, StatutoryLimit(category, limit, Limit(extension, Unit.WORKING_DAYS, basis))


_WD, _H, _MIN = Unit.WORKING_DAYS, Unit.HOURS, Unit.MINUTES

DEFAULT_RULES = RuleSet(
    version="滨政办字〔2020〕68号-2",
    valid_from=date(2020, 10, 13),
    limits=_limits(
        (RuleId.HANDLE, 5, _WD, "第二十二条第二项"),  # R22.3
        (RuleId.RETURN, 2, _WD, "第二十二条"),  # R22.6
        (RuleId.RETURN_TO_LEVEL_2, 1, _WD, "三级机构退回(A12)"),  # A12
        (RuleId.APPLY_FOR_EXTENSION, 1, _WD, "第二十二条第二项"),  # R22.4, A5
        (RuleId.EXTENSION, 10, _WD, "第二十二条第二项"),  # R22.4, A4
        (RuleId.HANDLE_AGAIN, 3, _WD, "第十四条、第二十四条(A9)"),  # R14.7, R24.1, A9
        (RuleId.CO_HANDLER, 1, _WD, "第二十一条(A10)"),  # R21.2, A10
        (RuleId.SIGN, 1, _WD, "签收(A2)"),  # A2
        (RuleId.SIGN_URGENT, 2, _H, "紧急签收(A2)"),  # A2
        (RuleId.PAUSE_FOR_MATERIAL, 5, _WD, "待补充材料(A26)"),  # A26
        (RuleId.REVIEW, 1, _WD, "审核派单(A24)"),  # A24
        (RuleId.REVIEW_TARGET, 2, _H, "日间审核派单目标(A24)"),  # A24
        (RuleId.DECIDE, 1, _WD, "退回、延期审批(A24)"),  # A24
        (RuleId.ADJUDICATE, 2, _WD, "第二十一条,时限由本市设定"),  # R21.3: Article 21 names no limit
        (RuleId.CALLBACK, 1, _WD, "开始回访(A24)"),  # A24
        (RuleId.KNOWLEDGE, 1, _WD, "第二十条(A19)"),  # R20.2, A19
        (RuleId.EMERGENCY_DISPATCH, 1, _H, "第七条,时限由本市设定"),  # R7.2
        (RuleId.EMERGENCY_DISPATCH_TARGET, 10, _MIN, "第七条,时限由本市设定"),  # R7.2
        (RuleId.EMERGENCY_FIRST_REPORT, 2, _H, "第七条,时限由本市设定"),  # R7.2
        (RuleId.EMERGENCY_REPORT, 24, _H, "第七条,时限由本市设定"),  # R7.2
        (RuleId.YELLOW_CARD, 1, _WD, "参照《山东省省级政府服务投诉热线管理办法》"),  # 2017
    ),
    # R22.5. In these laws a "day" is a working day. What was checked, and what the office must still check, is in
    # docs/deadlines.md.
    statutory=dict(
        (
            _law("政府信息公开", 20, "《政府信息公开条例》第三十三条", 20),
            _law("行政许可", 20, "《行政许可法》第四十二条、第八十二条", 10),
            _law("劳动保障监察", 60, "《劳动保障监察条例》第十七条", 30),
        )
    ),
)
