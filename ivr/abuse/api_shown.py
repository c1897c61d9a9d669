"""Abuse of the line as the interface takes and shows it (R8.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Asked, Id, Instant, Line, Next, Paged, Phone, Revealing, Shown, Stamp, Text, Told
from common.api.serving import REVEAL
from common.reach import Reach
from common.roles import Role
from ivr.abuse.model import Abuse, Mark, MarkState, RestrictionState, StepKind
from ivr.abuse.rules import MOST_HOURS

_Named = Annotated[
    tuple[Id, ...],
    Field(max_length=20, description="作为证据的录音编号，须是这通来电的；不写即为其全部已归档的录音。"),
]


class OfMark(Asked):
    """The id in an address."""

    id: Id


class MarksQuery(Paged, Revealing):
    """Which marks a list shows."""

    state: Annotated[MarkState | None, Field(description="waiting 待认定，confirmed 属实，dismissed 不属实。")] = None
    number: Annotated[Phone | None, Field(description="一个号码的历次标记；限值班长和负责人。")] = None


class MarkTold(Told):
    """An agent's mark on a call."""

    kind: Annotated[
        Abuse,
        Field(
            description="groundless 无正当理由反复拨打，occupation 长时间占用线路，"
            "slander 侮辱诽谤，harassment 骚扰工作人员。"
        ),
    ]
    words: Annotated[Text, Field(description="发生了什么。")]
    recordings: _Named = ()


class DecisionTold(Told):
    """A supervisor's decision."""

    confirm: Annotated[bool, Field(description="true 认定属实，false 不予认定。")]
    why: Text
    recordings: _Named = ()


class ReferralTold(Told):
    """What was handed to the police."""

    at: Annotated[Instant, Field(description="移送的时间。")]
    station: Annotated[Line, Field(description="接收的公安机关（派出所）。")]
    receipt: Annotated[Line, Field(description="受案回执编号。")]
    recordings: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20, description="移送的证据：录音编号。")]
    words: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="说明。")] = ""


class RestrictionTold(Told):
    """A restriction that is asked for."""

    hours: Annotated[int, Field(ge=1, le=MOST_HOURS, description="小时数：首次至多24，以后至多720（30日）。")]
    why: Text


class ApprovalTold(Told):
    """A leader's word on it."""

    agree: bool
    why: Text


class LiftTold(Told):
    """Why a restriction ends at once."""

    why: Text


class EvidenceShown(Shown):
    """A recording as evidence."""

    recording: str
    sha256: Annotated[str, Field(description="录音文件的 SHA-256，与其签名清单一致。")]
    track: str
    seconds: float
    by: str
    at: Stamp


class StepShown(Shown):
    """What was done."""

    kind: StepKind
    words: str
    at: Stamp
    by: str
    role: Role
    hours: int | None
    until: Annotated[Stamp | None, Field(description="批准的限制到此时自行解除。")]
    done_at: Annotated[Stamp | None, Field(description="移送的时间。")]
    station: str
    receipt: str
    handed: Annotated[list[str], Field(description="移送的录音编号。")]


class MarkShown(Shown):
    """A mark with its evidence and all that was done."""

    id: str
    call: str
    number: Annotated[str, Field(description="来电号码；未写明理由时隐去中间几位。")]
    kind: Abuse
    words: str
    by: str
    role: Role
    unit: str
    at: Stamp
    state: MarkState
    restriction: Annotated[RestrictionState, Field(description="由此产生的限制现在的情况；standing 即已批准、未到期。")]
    evidence: list[EvidenceShown]
    steps: list[StepShown]


class MarkList(Shown):
    """Some marks, newest first."""

    marks: list[MarkShown]
    next: Next


class RestrictionShown(Shown):
    """A restriction that was approved and has not ended."""

    mark: str
    number: Annotated[str, Field(description="被限制的号码；未写明理由时隐去中间几位。")]
    until: Stamp
    approved_by: str


class RestrictionList(Shown):
    """The restrictions of now."""

    applied: Annotated[bool, Field(description="本市是否启用限制；false 时下列限制都不执行。")]
    restrictions: list[RestrictionShown]


def mark_shown(mark: Mark, ask: Ask, now: datetime) -> MarkShown:
    """A mark with its number as this reader may see it."""
    return MarkShown(
        id=mark.id,
        call=mark.call_id,
        # A unit's expert may work on what a protected reporter says, and is not told who that is (A16).
        number=ask.number(mark.number) if ask.further(REVEAL) is Reach.ALL else "",
        kind=mark.kind,
        words=mark.words,
        by=mark.by,
        role=mark.role,
        unit=mark.unit,
        at=mark.at,
        state=mark.state,
        restriction=mark.restriction(now),
        evidence=[
            EvidenceShown(
                recording=one.recording_id,
                sha256=one.sha256,
                track=one.track,
                seconds=one.seconds,
                by=one.by,
                at=one.at,
            )
            for one in mark.evidence
        ],
        steps=[
            StepShown(
                kind=one.kind,
                words=one.words,
                at=one.at,
                by=one.by,
                role=one.role,
                hours=one.hours,
                until=one.until,
                done_at=one.done_at,
                station=one.station,
                receipt=one.receipt,
                handed=list(one.handed),
            )
            for one in mark.steps
        ],
    )


def restriction_shown(mark: Mark, ask: Ask) -> RestrictionShown | None:
    """The restriction that stands from a mark."""
    approved = mark.last(StepKind.APPROVED)
    if approved is None or approved.until is None:
        return None
    return RestrictionShown(mark=mark.id, number=ask.number(mark.number), until=approved.until, approved_by=approved.by)
