"""Units, their people, and what a level 2 lets its level 3 do (R11.1, R12.2, R18-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from common.worded import Worded
from tickets.disputes import Dispute
from tickets.workflow_terms import Role


class UnitKind(Worded):
    """What sort of body a unit is."""

    HOTLINE = "hotline", "市长公开电话办公室"
    COUNTY = "county", "县(市、区)"
    ZONE = "zone", "开发区"
    CITY_DEPARTMENT = "city_department", "市直部门"
    ENTERPRISE = "enterprise", "市属企业、驻滨单位"
    TOWNSHIP = "township", "乡镇(街道)"
    COUNTY_DEPARTMENT = "county_department", "县直部门"
    VILLAGE = "village", "社区(村居)工作站"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the tree.

    ``parent`` is empty only at the root and never changes: a unit that moves is closed, and
    another is opened, so that old histories keep their meaning.

    ``duty_phones`` are tried in this order, day and night (R7.2). ``active_until`` is the first day on which it no
    longer takes tickets. ``adjudicates`` says which disputes it decides, at the level of its parent (R21.3).
    """

    id: str
    name: str
    kind: UnitKind
    parent: str = ""
    duty_phones: tuple[str, ...] = ()
    area: str = ""
    active_from: date | None = None
    active_until: date | None = None
    adjudicates: tuple[Dispute, ...] = ()

    def active(self, day: date) -> bool:
        """It takes tickets on that day."""
        return (self.active_from is None or self.active_from <= day) and (
            self.active_until is None or day < self.active_until
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works in the network; ``id`` is their account."""

    id: str
    name: str
    phone: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's role in a unit, with its dates (R12.2-3)."""

    person: str
    unit: str
    role: Role
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """The role is theirs on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Right(Worded):
    """What a level 2 may grant to a unit below it (R18-19)."""

    RETURN = "return", "退回"
    EXTEND = "extend", "申请延期"
    ANSWER = "answer", "答复"


@dataclass(frozen=True, slots=True)
class Delegation:
    """A right granted to a unit below, or taken from it, from one day on until another."""

    id: str
    unit: str
    right: Right
    granted: bool
    since: date
    until: date | None = None
    by: str = ""
    reason: str = ""
    #: Set when it is written; of two that begin on one day the later holds.
    added_at: datetime | None = None

    def holds(self, day: date) -> bool:
        """It is in force on that day."""
        return self.since <= day and (self.until is None or day < self.until)
