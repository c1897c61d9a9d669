"""The one automatic ticket of a call, whoever served it and whether or not the service was there (R3.1, R14.1)."""

from __future__ import annotations

from ivr.model import CallRecord, Outcome
from tickets.desk import TicketDesk
from tickets.model import Kind

_KINDS = {
    Outcome.ANSWERED: Kind.MATTER,
    Outcome.MESSAGE: Kind.MESSAGE,
    Outcome.CALLBACK: Kind.CALLBACK,
    Outcome.EMERGENCY: Kind.EMERGENCY_TRANSFER,
}


def deserves_ticket(record: CallRecord) -> bool:
    """Whether a call with this outcome has a ticket: answered by a person, emergency, message or callback."""
    return record.outcome in _KINDS


async def open_ticket(record: CallRecord, desk: TicketDesk) -> None:
    """Open the call's ticket; opening it twice is opening it once."""
    opened = record.answered_at or record.ended_at or record.rang_at
    await desk.open_from_call(record.id, record.number, _KINDS[record.outcome], opened)
