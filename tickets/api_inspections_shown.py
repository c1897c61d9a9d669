"""Sample inspections as the interface takes and shows them (R18)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from common.api.fields import Asked, Id, Instant, Next, Shown, Stamp, Text, Told
from tickets.api_own import OfUnitQuery
from tickets.api_register_shown import Code
from tickets.api_shown import Number
from tickets.inspection import Correction, Point, Result, Sample, Summary, Verdict
from tickets.store.inspecting import Found

Seed = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Limit = Annotated[int, Field(ge=1, le=200)]
WorkingDays = Annotated[int, Field(ge=1, le=60, description="整改期限，工作日数，登记当日不计。")]
_TEXTS = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


class OfInspection(Asked):
    """An inspection's id in an address."""

    id: Id


class OfInspected(OfInspection):
    """A ticket of an inspection."""

    number: Number


class SummaryQuery(OfUnitQuery):
    """Of whom, and drawn when."""

    since: Annotated[Instant | None, Field(description="抽取时间自此时（含）；不写则自本年初。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）；不写则到现在。")] = None


class DrawTold(Told):
    """What a sample is drawn from, and how large it is: a share or a number."""

    since: Annotated[Instant, Field(description="办结或反馈时间自此时（含）。")]
    until: Annotated[Instant, Field(description="至此时（不含）。")]
    of_unit: Annotated[Code | None, Field(description="只抽查这一个下级单位；不写则为全部下级。")] = None
    percent: Annotated[int | None, Field(ge=1, le=100, description="抽查比例（百分之几），不足一件的进位。")] = None
    count: Annotated[int | None, Field(ge=1, le=1000, description="抽查件数；与比例写明其一。")] = None
    seed: Annotated[Seed, Field(description="随机种子，任何人可据此重新抽取核对；不写则随机产生。")] = ""


class FindingTold(Told):
    """What was found in a ticket."""

    result: Result
    points: Annotated[tuple[Point, ...], Field(max_length=8, strict=False, description="存在哪些问题。")] = ()
    remark: _TEXTS = ""
    demand: Annotated[_TEXTS, Field(description="要求整改的事项；不需整改则不写。")] = ""
    working_days: WorkingDays | None = None


class CorrectionTold(Told):
    """What the unit has put right."""

    answer: Annotated[Text, Field(description="整改情况。")]


class JudgementTold(Told):
    """Whether that is enough."""

    verdict: Verdict
    demand: Annotated[_TEXTS, Field(description="整改不到位的，还须整改什么。")] = ""
    working_days: WorkingDays | None = None


class SampleShown(Shown):
    """A sample, with all by which it can be drawn again."""

    id: str
    unit: Annotated[str, Field(description="进行抽查的机构。")]
    of_unit: Annotated[str, Field(description="被抽查的单位；为空即全部下级。")]
    since: Stamp
    until: Stamp
    percent: int
    count: int
    seed: Annotated[str, Field(description="对每件工单计算 SHA-256（种子、空格、工单编号），取最小的若干件。")]
    population: Annotated[int, Field(description="从多少件已办工单中抽取。")]
    drawn_by: str
    drawn_at: Stamp


class SampleList(Shown):
    """Samples, the latest first."""

    inspections: list[SampleShown]
    next: Next


class CorrectionShown(Shown):
    """A correction that was demanded, answered, judged."""

    round: int
    unit: str
    demand: str
    demanded_by: str
    demanded_at: Stamp
    due: Stamp
    answer: str
    answered_by: str
    answered_at: Stamp | None
    verdict: Verdict | None
    judged_by: str
    judged_at: Stamp | None


class InspectedShown(Shown):
    """A ticket of a sample; ``result`` is null until somebody has looked."""

    ticket: str
    unit: str
    result: Result | None
    points: list[Point]
    remark: str
    found_by: str
    found_at: Stamp | None
    corrections: list[CorrectionShown]


class InspectionShown(SampleShown):
    """A sample with its tickets; a unit below is shown its own."""

    tickets: list[InspectedShown]


class InspectionReceipt(Shown):
    """What was written down."""

    inspection: str
    ticket: str


class OpenCorrection(Shown):
    """A correction that is not settled."""

    inspection: str
    ticket: str
    overdue: Annotated[bool, Field(description="已过期限，单位尚未报送。")]
    correction: CorrectionShown


class OpenCorrections(Shown):
    """What is not settled, the most pressing first."""

    corrections: list[OpenCorrection]
    next: Next


class SummaryShown(Shown):
    """What inspections of a unit have come to."""

    inspector: Annotated[str, Field(description="进行抽查的机构。")]
    unit: Annotated[str, Field(description="被抽查的单位。")]
    drawn: Annotated[int, Field(description="抽取件数。")]
    inspected: Annotated[int, Field(description="已检查件数。")]
    deficient: Annotated[int, Field(description="存在问题的件数。")]
    corrected: Annotated[int, Field(description="整改到位的件数。")]
    waiting: Annotated[int, Field(description="整改尚未了结的件数。")]
    overdue: Annotated[int, Field(description="其中逾期未报送的件数。")]


class SummaryList(Shown):
    """Unit by unit."""

    units: list[SummaryShown]


def sample_shown(one: Sample) -> SampleShown:
    """A sample."""
    return SampleShown(**_sample(one))


def inspection_shown(one: Sample, rows: list[Found]) -> InspectionShown:
    """A sample with its tickets."""
    return InspectionShown(**_sample(one), tickets=[_inspected(row) for row in rows])


def correction_shown(one: Correction) -> CorrectionShown:
    """One correction."""
    return CorrectionShown(**{name: getattr(one, name) for name in CorrectionShown.model_fields})


def summary_shown(one: Summary) -> SummaryShown:
    """One unit's figures."""
    return SummaryShown(**{name: getattr(one, name) for name in SummaryShown.model_fields})


def _sample(one: Sample) -> dict[str, object]:
    return {name: getattr(one, name) for name in SampleShown.model_fields}


def _inspected(one: Found) -> InspectedShown:
    record = one.record
    return InspectedShown(
        ticket=one.number,
        unit=record.unit,
        result=record.result,
        points=list(record.points),
        remark=record.remark,
        found_by=record.found_by,
        found_at=record.found_at,
        corrections=[correction_shown(correction) for correction in one.corrections],
    )
