"""What the dialplan knows of a call, in one line: read from a live channel, or from the file it left in the journal.

The dialplan writes the line when a call ends, and the service takes it away once its books say the same; a service that
comes back asks live channels for the same line. So a call that nobody watched is in the books all the same (R4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ivr.model import CallRecord, Outcome, Verdict

#: The line, as Asterisk evaluates it on the citizen's channel; also a template variable of ``extensions.conf``.
#: The number is what the caller claims, so only figures of it pass.
EXPRESSION = (
    "1|${UNIQUEID}|${FILTER(0-9A-Za-z-,${CHANNEL(endpoint)})}|${FILTER(0-9+,${CALLERID(num)})}"
    "|${HOTLINE_RANG}|${HOTLINE_GREETED}|${HOTLINE_QUEUED}|${HOTLINE_ANSWERED}|${HOTLINE_ENDED}"
    "|${HOTLINE_SEAT}|${HOTLINE_EMERGENCY}|${HOTLINE_MESSAGE}|${HOTLINE_ALONE}|${FILTER(0-9,${HANGUPCAUSE})}"
)

_LINE = re.compile(
    r"1\|(?P<id>[A-Za-z0-9-]{1,40}\.\d{1,10})\|(?P<trunk>[0-9A-Za-z-]{0,40})\|(?P<number>[0-9+]{0,40})\|"
    r"(?P<rang>\d{13})\|(?P<greeted>(?:\d{13})?)\|(?P<queued>(?:\d{13})?)\|(?P<answered>(?:\d{13})?)\|"
    r"(?P<ended>(?:\d{13})?)\|(?P<seat>\d{0,10})\|(?P<emergency>\d{0,5})\|(?P<message>(?:\d{13})?)\|"
    r"(?P<alone>1?)\|(?P<cause>\d{0,3})"
)


@dataclass(frozen=True, slots=True)
class Note:
    """A call as the dialplan saw it; instants are aware UTC, empty text and None mean that it did not come to that."""

    id: str
    trunk: str
    number: str
    rang_at: datetime
    greeted_at: datetime | None
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    seat: str
    emergency: str
    message: bool
    alone: bool
    cause: int


def read(line: str) -> Note | None:
    """The note in a line, or None if it is none (cut off by a crash, or written by somebody else)."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    return Note(
        id=found["id"],
        trunk=found["trunk"],
        number=found["number"],
        rang_at=datetime.fromtimestamp(int(found["rang"]) / 1000, UTC),
        greeted_at=_instant(found["greeted"]),
        queued_at=_instant(found["queued"]),
        answered_at=_instant(found["answered"]),
        ended_at=_instant(found["ended"]),
        seat=found["seat"],
        emergency=found["emergency"],
        message=bool(found["message"]),
        alone=bool(found["alone"]),
        cause=int(found["cause"] or 0),
    )


def fresh(note: Note, verdict: Verdict) -> CallRecord:
    """The record of a call that the books have never heard of."""
    record = CallRecord(
        id=note.id,
        trunk=note.trunk,
        dialled="",
        claimed_number=note.number,
        number=verdict.number,
        reason=verdict.reason.value,
        shadowed=not verdict.accepted,
        rang_at=note.rang_at,
        degraded=True,
    )
    refused = not verdict.accepted and note.ended_at is not None and note.greeted_at is None
    return merge(replace(record, outcome=Outcome.REFUSED) if refused else record, note)


def merge(record: CallRecord, note: Note) -> CallRecord:
    """The record with what the dialplan saw and the books had missed."""
    merged = replace(
        record,
        greeted_at=record.greeted_at or note.greeted_at,
        queued_at=record.queued_at or note.queued_at,
        answered_at=record.answered_at or note.answered_at,
        ended_at=record.ended_at or note.ended_at,
        seat=record.seat or note.seat,
        emergency=record.emergency or note.emergency,
        degraded=record.degraded or note.alone,
        cause=record.cause or note.cause,
    )
    return replace(merged, outcome=_outcome(merged, message=note.message))


def _outcome(record: CallRecord, *, message: bool) -> Outcome:
    """What became of the call by what is known of it; what was decided already stands."""
    if record.outcome is not Outcome.LIVE:
        return record.outcome
    if record.emergency:
        return Outcome.EMERGENCY
    if record.answered_at:
        return Outcome.ANSWERED
    if message:
        return Outcome.MESSAGE
    return Outcome.ABANDONED if record.ended_at else Outcome.LIVE


def _instant(milliseconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
