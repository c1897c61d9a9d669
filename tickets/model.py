"""What a ticket is: one intake record for all channels, and the history that its state follows from (R3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How the matter came to us. Of what nature it is (咨询, 投诉 …) a person says later."""

    MATTER = "matter"
    EMERGENCY_TRANSFER = "emergency_transfer"
    MESSAGE = "message"
    CALLBACK = "callback"


#: A call that becomes more than it was raises its ticket: who asked to be called back may yet be answered.
WEIGHT = {Kind.CALLBACK: 1, Kind.MESSAGE: 2, Kind.MATTER: 3, Kind.EMERGENCY_TRANSFER: 4}


class Channel(StrEnum):
    """Where a ticket came in (R4.1)."""

    TELEPHONE = "telephone"
    MAILBOX = "mailbox"
    API = "api"


class Status(StrEnum):
    """Where a ticket stands. The workflow's other states come with the workflow."""

    AWAITING_REVIEW = "awaiting_review"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step of a ticket's history, which is only ever added to.

    ``seq`` counts from 1 within the ticket; ``status`` and ``kind`` are what it had after this step; ``why`` is read
    by people.
    """

    ticket_id: str
    seq: int
    at: datetime
    who: str
    unit: str
    status: Status
    kind: Kind
    why: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case, as it stands after its latest step. Instants are aware UTC.

    ``number`` is what citizens are told: the civil date and a count of that day, ``20261124-000123``. ``automatic``
    marks the one ticket that each call opens by itself; agents open further ones. ``steps`` is the history's length.
    """

    id: str
    number: str
    kind: Kind
    channel: Channel
    status: Status
    opened_at: datetime
    call_id: str = ""
    automatic: bool = False
    caller_number: str = ""
    recording_id: str = ""
    confidential: bool = False
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a ticket is asked for; ``number`` is the caller's, normalised."""

    call_id: str
    number: str
    kind: Kind
    opened_at: datetime
    recording_id: str = ""
    automatic: bool = True
    who: str = "system"
    unit: str = "12345"


_OPENED = {
    Kind.MATTER: "来电由话务员接听，系统建单",
    Kind.EMERGENCY_TRANSFER: "来电转接紧急服务，系统建单",
    Kind.MESSAGE: "来电人留言，系统建单",
    Kind.CALLBACK: "来电人要求回电，系统建单",
}
_RAISED = {
    Kind.MATTER: "同一通来电其后由话务员接听",
    Kind.EMERGENCY_TRANSFER: "同一通来电其后转接紧急服务",
    Kind.MESSAGE: "同一通来电其后留言",
}


def opened(opening: Opening, *, ticket_id: str, number: str) -> tuple[Ticket, StatusChange]:
    """A new ticket and the first step of its history."""
    ticket = Ticket(
        id=ticket_id,
        number=number,
        kind=opening.kind,
        channel=Channel.TELEPHONE,
        status=Status.AWAITING_REVIEW,
        opened_at=opening.opened_at,
        call_id=opening.call_id,
        automatic=opening.automatic,
        caller_number=opening.number,
        recording_id=opening.recording_id,
    )
    return ticket, _step(
        ticket, opening, _OPENED[opening.kind] if opening.automatic else "话务员为同一来电的另一事项建单"
    )


def asked_again(ticket: Ticket, opening: Opening) -> tuple[Ticket, StatusChange | None]:
    """What a call's automatic ticket becomes when it is asked for once more: raised if the call weighs more now.

    What is lighter or the same changes nothing, except that a recording is noted where none was.
    """
    heavier = WEIGHT[opening.kind] > WEIGHT[ticket.kind]
    recording_id = ticket.recording_id or opening.recording_id
    if not heavier and recording_id == ticket.recording_id:
        return ticket, None
    kind = opening.kind if heavier else ticket.kind
    changed = replace(ticket, kind=kind, recording_id=recording_id, steps=ticket.steps + 1)
    return changed, _step(changed, opening, _RAISED[kind] if heavier else "已关联录音")


def _step(ticket: Ticket, opening: Opening, why: str) -> StatusChange:
    return StatusChange(
        ticket.id, ticket.steps, opening.opened_at, opening.who, opening.unit, ticket.status, ticket.kind, why
    )
