"""How long the citizen has waited, shown beside the limit of whichever unit has the ticket now (A3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api.fields import Shown, Stamp
from common.clock import civil
from tickets.model import Entry, Ticket
from tickets.register import Register
from tickets.store.rows import ENDED
from tickets.timer_rules import TimerKind, citizen_limit
from tickets.workflow_moves import Move
from tickets.workflow_terms import Status


class WaitShown(Shown):
    """The wait from first acceptance on, whichever units had the ticket meanwhile."""

    since: Annotated[Stamp, Field(description="首次受理的时间。")]
    until: Annotated[Stamp | None, Field(description="办结的时间；仍在等待时为 null。")]
    working_days: Annotated[int, Field(description="已等待的工作日数，受理当日不计。")]
    limit: Annotated[Stamp, Field(description="若自首次受理起由一个单位办理，应办结的期限。")]
    exceeded: Annotated[bool, Field(description="等待已超过该期限。")]
    alarmed_at: Annotated[Stamp | None, Field(description="因几经转办超过该期限，已提醒一级机构的时间。")]


def wait_shown(ticket: Ticket, history: Sequence[Entry], register: Register, now: datetime) -> WaitShown | None:
    """The wait until now, or until the ticket was closed; None for a draft, which nobody has accepted yet."""
    if ticket.status is Status.DRAFT:
        return None
    until = _ended(history)
    day = civil(ticket.opened_at).date()
    limit = citizen_limit(ticket, register, register.rules(None, day))
    alarms = [one.at for one in history if one.row == Move.WARN and one.facts.ground == TimerKind.CITIZEN]
    return WaitShown(
        since=ticket.opened_at,
        until=until,
        working_days=register.calendar.between(day, civil(until or now).date()),
        limit=limit,
        exceeded=(until or now) >= limit,
        alarmed_at=alarms[0] if alarms else None,
    )


def _ended(history: Sequence[Entry]) -> datetime | None:
    """When the last of the steps that ended it was made; what is opened again (A13) has not ended."""
    ended: datetime | None = None
    for one in history:
        if one.status not in ENDED:
            ended = None
        elif ended is None:
            ended = one.at
    return ended
