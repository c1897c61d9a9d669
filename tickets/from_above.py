"""Tickets that came from above: from whom, under which number, with which limit, and reported back to whom (A27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.worded import Worded


class Origin(Worded):
    """By which way a ticket came from above."""

    PROVINCE = "province", "省级热线转办件"
    LEADER = "leader", "领导信箱件"
    SUPERVISED = "supervised", "督办件"
    #: Begun in another system: its day goes on to hold, and nobody there waits for a report.
    TAKEN_OVER = "taken_over", "接续办理件"


@dataclass(frozen=True)
class InheritedLimit:
    """What came with a ticket from above: the limit, who set it, its number there, and of which kind it is (A27).

    ``due`` is an aware instant; None where the issuer has named no day: then the ordinary limits hold, and the result
    is reported back all the same.
    """

    due: datetime | None
    issuer: str
    number: str
    origin: Origin = Origin.SUPERVISED
