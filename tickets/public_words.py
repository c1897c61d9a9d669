"""Where a ticket stands, as the citizen reads it: plain, and without anything about a person (R25.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from common.clock import civil
from tickets.model import Status, Ticket
from tickets.register import Register

_WITH_US = "已登记，正在审核"
_SENT = "已转承办单位，等待签收"
_AT_WORK = "承办单位正在办理"
_DONE = "已办结"

#: One line for each state. Who asks for a return, and why, is the office's own affair.
WORDS = {
    Status.DRAFT: _WITH_US,
    Status.AWAITING_REVIEW: _WITH_US,
    Status.AWAITING_SIGNATURE: _SENT,
    Status.IN_HANDLING: _AT_WORK,
    Status.CO_HANDLING: "多个单位正在协同办理",
    Status.HANDLED_AGAIN: "正在重新办理",
    Status.SUPERVISED: "正在督办",
    Status.RETURN_REQUESTED: _AT_WORK,
    Status.EXTENSION_REQUESTED: _AT_WORK,
    Status.WAITING_FOR_MATERIAL: "等待您补充材料",
    Status.ADJUDICATION: "正在确定承办单位",
    Status.TERMINATION_REQUESTED: _AT_WORK,
    Status.AWAITING_UPPER_REVIEW: "办理结果正在审核",
    Status.AWAITING_CALLBACK: "已办理，等待回访",
    Status.NO_FURTHER_HANDLING: "不再办理，等待回访",
    Status.NOT_ACCEPTED: "不属受理范围，已告知",
    Status.ANSWERED: "已答复",
    Status.LINKED: "已与同类事项一并办理",
    Status.CLOSED: _DONE,
    Status.ARCHIVED: _DONE,
}
#: Nothing more is owed to the citizen.
ENDED = frozenset({Status.CLOSED, Status.ARCHIVED, Status.NOT_ACCEPTED, Status.ANSWERED})


@dataclass(frozen=True, slots=True)
class Progress:
    """What who has number and query code may know. ``unit`` and ``due`` are empty where they are not to be told."""

    number: str
    words: str
    ended: bool
    opened: date
    since: date
    unit: str = ""
    due: date | None = None


def progress_of(ticket: Ticket, register: Register) -> Progress:
    """Of a confidential ticket only that it is open or not: who looks over a shoulder learns no unit and no step."""
    ended = ticket.status in ENDED
    opened, since = civil(ticket.opened_at).date(), civil(ticket.since).date()
    if ticket.confidential:
        return Progress(ticket.number, _DONE if ended else "正在办理", ended, opened, opened)
    unit = register.name(ticket.unit) if ticket.case.transferred else ""
    due = ticket.turn.due.on if ticket.turn and not ended else None
    return Progress(ticket.number, WORDS[ticket.status], ended, opened, since, unit, due)
