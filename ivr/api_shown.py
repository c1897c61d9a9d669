"""Calls, recordings, alarms and figures as the interface shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Asked, Id, Instant, Next, Paged, Phone, Revealing, Shown, Stamp
from ivr.model import Alarm, CallRecord, Figures, Outcome, Recording, RecordingState, Track


class OfOne(Asked):
    """The id in an address."""

    id: Id


class CallsQuery(Paged, Revealing):
    """Which calls a list shows."""

    outcome: Annotated[Outcome | None, Field(description="结果；abandoned 即未接通、待回拨。")] = None
    number: Phone | None = None
    since: Annotated[Instant | None, Field(description="自此时（含）。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）。")] = None


class CallShown(Shown):
    """One call."""

    id: str
    number: Annotated[str, Field(description="来电号码；未写明理由时隐去中间几位。")]
    claimed_number: Annotated[str, Field(description="网络所报的号码，未经核实。")]
    dialled: str
    trunk: str
    reason: Annotated[str, Field(description="受理或不受理的理由代码。")]
    shadowed: bool
    outcome: Outcome
    rang_at: Stamp
    greeted_at: Stamp | None
    queued_at: Stamp | None
    answered_at: Stamp | None
    ended_at: Stamp | None
    wait_seconds: float | None
    seat: str
    emergency: str
    cause: int
    degraded: bool


class CallList(Shown):
    """Some calls, newest first."""

    calls: list[CallShown]
    next: Next


class RecordingShown(Shown):
    """One track of a call."""

    id: str
    track: Track
    who: str
    started_at: Stamp
    seconds: float
    sha256: str
    state: RecordingState
    audio: Annotated[str, Field(description="取录音的地址。")]


class CallWithParts(CallShown):
    """One call with its recordings and the numbers of its tickets."""

    recordings: list[RecordingShown]
    tickets: list[str]


class AlarmShown(Shown):
    """Something that a person must see to."""

    code: str
    detail: str
    raised_at: Stamp
    times: int


class AlarmList(Shown):
    """The alarms that stand."""

    alarms: list[AlarmShown]


class FiguresShown(Shown):
    """A day in numbers."""

    day: date
    by_outcome: dict[str, int]
    refused: dict[str, int]
    offered: int
    connected: int
    connected_share: float | None
    within_goal: int
    within_goal_share: float | None


def call_shown(call: CallRecord, ask: Ask) -> CallShown:
    """A call with its numbers as this reader may see them."""
    return CallShown(**_call(call, ask))


def call_with_parts(call: CallRecord, tracks: Sequence[Recording], tickets: list[str], ask: Ask) -> CallWithParts:
    """A call with what belongs to it."""
    return CallWithParts(**_call(call, ask), recordings=[_recording(track) for track in tracks], tickets=tickets)


def alarm_shown(alarm: Alarm) -> AlarmShown:
    """An alarm."""
    return AlarmShown(code=alarm.code, detail=alarm.detail, raised_at=alarm.raised_at, times=alarm.times)


def figures_shown(figures: Figures) -> FiguresShown:
    """A day's figures."""
    return FiguresShown(
        day=figures.day,
        by_outcome=figures.by_outcome,
        refused=figures.refused,
        offered=figures.offered,
        connected=figures.connected,
        connected_share=figures.connected_share,
        within_goal=figures.within_goal,
        within_goal_share=figures.within_goal_share,
    )


def _call(call: CallRecord, ask: Ask) -> dict[str, object]:
    wait = (call.answered_at - call.rang_at).total_seconds() if call.answered_at else None
    return {
        "id": call.id,
        "number": ask.number(call.number),
        "claimed_number": ask.number(call.claimed_number),
        "dialled": call.dialled,
        "trunk": call.trunk,
        "reason": call.reason,
        "shadowed": call.shadowed,
        "outcome": call.outcome,
        "rang_at": call.rang_at,
        "greeted_at": call.greeted_at,
        "queued_at": call.queued_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "wait_seconds": wait,
        "seat": call.seat,
        "emergency": call.emergency,
        "cause": call.cause,
        "degraded": call.degraded,
    }


def _recording(track: Recording) -> RecordingShown:
    return RecordingShown(
        id=track.id,
        track=track.track,
        who=track.who,
        started_at=track.started_at,
        seconds=track.seconds,
        sha256=track.sha256,
        state=track.state,
        audio=f"/api/v1/recordings/{track.id}/audio",
    )
