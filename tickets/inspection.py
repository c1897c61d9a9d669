"""Sample inspection: a level 2 looks at some of what its level 3 has handled, and has put right what was wrong (R18).

Pure: the records, the points that are looked at, and the drawing, which anybody can do again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.worded import Worded


class Point(Worded):
    """What may be wrong with how a ticket was handled."""

    LATE = "late", "超期办结"
    NOT_CONTACTED = "not_contacted", "未与诉求人联系"
    NOT_TO_THE_POINT = "not_to_the_point", "答复不具体、不切题"
    FACTS_UNCLEAR = "facts_unclear", "事实未查清"
    NOT_DONE = "not_done", "措施未落实"
    UNTRUE = "untrue", "反馈与实际不符"
    RECORD_INCOMPLETE = "record_incomplete", "办理记录不完整"
    OTHER = "other", "其他"


class Result(Worded):
    """What was found in a ticket."""

    OK = "ok", "合格"
    DEFICIENT = "deficient", "存在问题"


class Verdict(Worded):
    """What the unit above says of a correction."""

    ACCEPTED = "accepted", "整改到位"
    INSUFFICIENT = "insufficient", "整改不到位"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: who drew it, from whose tickets, of which period (``until`` does not count), by which seed.

    Either ``percent`` or ``count`` was asked for; the other is 0. ``population`` is how many tickets it was drawn from.
    ``of_unit`` is empty where all units below are inspected.
    """

    id: str
    unit: str
    of_unit: str
    since: datetime
    until: datetime
    percent: int
    count: int
    seed: str
    population: int
    drawn_by: str
    drawn_at: datetime


@dataclass(frozen=True, slots=True)
class Inspected:
    """One ticket of a sample, and what was found; ``result`` is None until somebody has looked."""

    inspection_id: str
    ticket_id: str
    unit: str
    result: Result | None = None
    points: tuple[Point, ...] = ()
    remark: str = ""
    found_by: str = ""
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a unit must put right until ``due``; answered by it, judged by the unit above. Rounds count from 1."""

    inspection_id: str
    ticket_id: str
    round: int
    unit: str
    demand: str
    demanded_by: str
    demanded_at: datetime
    due: datetime
    warned_at: datetime | None = None
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    verdict: Verdict | None = None
    judged_by: str = ""
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What inspections of a unit have come to. ``corrected`` are deficient tickets whose correction was accepted.

    ``waiting`` are those whose correction is not settled, ``overdue`` those of them that the unit has not answered in
    time.
    """

    inspector: str
    unit: str
    drawn: int
    inspected: int
    deficient: int
    corrected: int
    waiting: int
    overdue: int


def size_of(population: int, *, percent: int, count: int) -> int:
    """How many are drawn: so many, or that share rounded up, and never more than there are."""
    return min(population, count or math.ceil(population * percent / 100))


def drawn(numbers: Iterable[str], seed: str, size: int) -> Sequence[str]:
    """The sample of these ticket numbers: those whose SHA-256 after the seed and a space is the smallest.

    Whoever has the numbers and the seed draws the same with any tool; nobody can choose what comes out.
    """
    return sorted(numbers, key=lambda number: hashlib.sha256(f"{seed} {number}".encode()).hexdigest())[:size]
