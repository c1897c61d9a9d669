"""Pure: what an event on the line means for the record of a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.model import CallRecord, Outcome


def queued(record: CallRecord, at: datetime) -> CallRecord:
    """The caller waits for a person; the first time counts."""
    return replace(record, queued_at=record.queued_at or at)


def answered(record: CallRecord, seat: str, at: datetime) -> CallRecord:
    """A person at a seat speaks with the caller; an emergency stays one."""
    outcome = Outcome.ANSWERED if record.outcome is Outcome.LIVE else record.outcome
    return replace(record, seat=seat, answered_at=record.answered_at or at, outcome=outcome)


def emergency(record: CallRecord, service: str, answered_at: datetime | None) -> CallRecord:
    """An emergency service was dialled; ``answered_at`` is when it answered, None if no route to it worked."""
    return replace(record, emergency=service, answered_at=record.answered_at or answered_at, outcome=Outcome.EMERGENCY)


def ended(record: CallRecord, cause: int, at: datetime) -> CallRecord:
    """The caller is gone; one who reached nobody and left nothing gave up (漏接), and is to be called back."""
    outcome = Outcome.ABANDONED if record.outcome is Outcome.LIVE else record.outcome
    return replace(record, ended_at=at, cause=cause, outcome=outcome)
