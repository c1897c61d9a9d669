"""Samples drawn, looked at and put right: the use cases of a unit that inspects those below it (R18).

Samples stand beside the tickets: an inspection changes no ticket, and a closed one stays closed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Update

from common.clock import civil
from common.ids import new_id
from tickets.deadlines import end_of
from tickets.desk.acting import Acting
from tickets.desk.consequences import post
from tickets.errors import NotReadyError
from tickets.inspection import Correction, Inspected, Point, Result, Sample, Verdict, drawn, size_of
from tickets.notice_texts import NoticeKind
from tickets.notices import DECIDERS, HANDLERS, LEADERS, Notice
from tickets.protecting import above_and_self
from tickets.store.columns import row_of
from tickets.store.inspecting import Found, found_in, handled_by, sample_of
from tickets.store.tables_inspection import corrections, inspected, inspections, overdue_unwarned
from tickets.store.work import Work
from tickets.workflow_terms import Role

#: Who inspects: those of a level 2 who head it and review for it, and level 1's reviewers.
INSPECTORS = frozenset({Role.DEPUTY, Role.PRINCIPAL, Role.LEVEL2_REVIEWER, Role.REVIEWER, Role.LEADER})
MOST = 1000
_LONGEST_DAYS = 60
_find = (
    inspected.update()
    .where(inspected.c.inspection_id == sa.bindparam("b_sample"), inspected.c.ticket_id == sa.bindparam("b_ticket"))
    # Asked within the statement: of two who look at one ticket the first is right.
    .where(inspected.c.result == "")
    .values(
        result=sa.bindparam("found"),
        points=sa.bindparam("what"),
        remark=sa.bindparam("said"),
        found_by=sa.bindparam("by"),
        found_at=sa.bindparam("at"),
    )
)
_one = (
    (corrections.c.inspection_id == sa.bindparam("b_sample"))
    & (corrections.c.ticket_id == sa.bindparam("b_ticket"))
    & (corrections.c.round == sa.bindparam("b_round"))
)
_answer = (
    corrections.update()
    .where(_one, corrections.c.answered_at.is_(None))
    .values(answer=sa.bindparam("said"), answered_by=sa.bindparam("by"), answered_at=sa.bindparam("at"))
)
_judge = (
    corrections.update()
    .where(_one, corrections.c.judged_at.is_(None))
    .values(verdict=sa.bindparam("how"), judged_by=sa.bindparam("by"), judged_at=sa.bindparam("at"))
)
_overdue = (
    sa.select(corrections.c.inspection_id, corrections.c.ticket_id, corrections.c.round)
    .where(overdue_unwarned, corrections.c.due <= sa.bindparam("now"))
    .order_by(corrections.c.inspection_id, corrections.c.ticket_id, corrections.c.round)
    .limit(sa.bindparam("most"))
)
_warn = (
    corrections.update()
    .where(_one, corrections.c.warned_at.is_(None))
    .values(warned_at=sa.bindparam("at"))
    .returning(corrections.c.unit)
)


@dataclass(frozen=True, slots=True)
class Draw:
    """What is asked for: either a share of what was handled in the period, or a number of tickets.

    ``until`` does not count. ``seed`` makes the sample one that can be drawn again; empty, one is made by chance.
    """

    since: datetime
    until: datetime
    of_unit: str = ""
    percent: int = 0
    count: int = 0
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in a ticket; ``demand`` what is to be put right within so many working days."""

    result: Result
    points: tuple[Point, ...] = ()
    remark: str = ""
    demand: str = ""
    working_days: int = 0


def draw(work: Work, acting: Acting, asked: Draw) -> Sample:
    """A sample of what units below have handled, written down with its seed.

    Raises:
        NotReadyError: not theirs to inspect, or there is nothing to inspect.
    """
    tree, unit = work.register.tree, acting.actor.unit
    below = [one for one in tree.parents if unit in tree.above(one)]
    if acting.actor.role not in INSPECTORS or not below:
        raise NotReadyError("抽查由上级机构的人员对其下级单位进行(第十八条)")
    if asked.of_unit and asked.of_unit not in below:
        raise NotReadyError(f"「{work.register.name(asked.of_unit)}」不是本单位的下级单位(第十八条)")
    if bool(asked.percent) == bool(asked.count) or not 0 <= asked.percent <= 100 or not 0 <= asked.count <= MOST:  # noqa: PLR2004 - percent
        raise NotReadyError(f"抽查比例(1至100)和件数(1至{MOST})应写明其一")
    if not asked.since < asked.until:
        raise NotReadyError("抽查时段的起止不对")
    apart = above_and_self(unit, tree)
    found = handled_by(work.connection, [asked.of_unit] if asked.of_unit else below, asked.since, asked.until, apart)
    by_number = {one.number: one for one in found}
    size = size_of(len(found), percent=asked.percent, count=asked.count)
    if not size:
        raise NotReadyError("该时段内没有可抽查的已办工单")
    if size > MOST:
        raise NotReadyError(f"一次最多抽查{MOST}件,按此比例为{size}件,请缩短时段或降低比例")
    sample = Sample(
        id=new_id(),
        unit=unit,
        of_unit=asked.of_unit,
        since=asked.since,
        until=asked.until,
        percent=asked.percent,
        count=asked.count,
        seed=asked.seed.strip() or secrets.token_hex(8),
        population=len(found),
        drawn_by=acting.actor.who,
        drawn_at=acting.now,
    )
    work.insert(inspections, **row_of(inspections, sample))
    for number in drawn(by_number, sample.seed, size):
        one = by_number[number]
        work.insert(inspected, **_row(Inspected(sample.id, one.ticket_id, one.unit)))
    return sample


def find(work: Work, acting: Acting, sample_id: str, ticket_id: str, finding: Finding) -> None:
    """Write down what was found in a ticket of a sample, once; where it is wanted, have it put right.

    Raises:
        NotReadyError: not theirs, not in the sample, already written down, or incomplete.
    """
    sample, found = _of_sample(work, acting, sample_id, ticket_id)
    if found.record.result is not None:
        raise NotReadyError("这件工单的抽查结果已经登记(第十八条)")
    if finding.result is Result.DEFICIENT and not finding.points:
        raise NotReadyError("存在问题的,应写明是哪些问题(第十八条)")
    if finding.result is Result.OK and (finding.points or finding.demand):
        raise NotReadyError("合格的工单没有问题可写,也不需整改")
    wanted = _demanded(work, acting, found, finding.demand, finding.working_days) if finding.demand.strip() else None
    told = {
        "b_sample": sample.id,
        "b_ticket": ticket_id,
        "found": finding.result.value,
        "what": [point.value for point in finding.points],
        "said": finding.remark,
        "by": acting.actor.who,
        "at": acting.now,
    }
    _at_once(work, _find, told)
    if wanted:
        _demand(work, wanted)


def answer(work: Work, acting: Acting, sample_id: str, ticket_id: str, text: str) -> None:
    """The unit below says what it has put right.

    Raises:
        NotReadyError: nothing is demanded of it, or it has answered.
    """
    sample, found = _known(work, sample_id, ticket_id)
    last = found.corrections[-1] if found.corrections else None
    if last is None or last.unit != acting.actor.unit or acting.actor.role not in LEADERS:
        raise NotReadyError("没有要求本单位整改的事项(第十八条)")
    if last.answered_at:
        raise NotReadyError("整改情况已经报送,请等待上级机构审核")
    if not text.strip():
        raise NotReadyError("应写明整改情况")
    _at_once(work, _answer, {**_key(last), "said": text, "by": acting.actor.who, "at": acting.now})
    text = f"抽查整改情况已由「{work.register.name(last.unit)}」报送,请审核"
    _tell(work, acting.now, last, sample.unit, text, roles=DECIDERS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the unit above says of a correction; where it is not enough, what is still wanted, within how many days."""

    verdict: Verdict
    demand: str = ""
    working_days: int = 0


def judge(work: Work, acting: Acting, sample_id: str, ticket_id: str, said: Judgement) -> None:
    """The unit above says whether that is enough; where it is not, what is still demanded is another round.

    Raises:
        NotReadyError: not theirs, nothing to judge, or not said what is still wanted.
    """
    _, found = _of_sample(work, acting, sample_id, ticket_id)
    last = found.corrections[-1] if found.corrections else None
    if last is None or last.judged_at or not last.answered_at:
        raise NotReadyError("没有待审核的整改情况")
    more = said.verdict is Verdict.INSUFFICIENT
    if more and not said.demand.strip():
        raise NotReadyError("整改不到位的,应写明还须整改什么")
    wanted = _demanded(work, acting, found, said.demand, said.working_days) if more else None
    _at_once(work, _judge, {**_key(last), "how": said.verdict.value, "by": acting.actor.who, "at": acting.now})
    if wanted:
        _demand(work, wanted)
    else:
        _tell(work, acting.now, last, last.unit, "抽查整改已认定到位")


def warn_overdue(work: Work, now: datetime, most: int = 200) -> int:
    """Warn of corrections whose day is over, each once, however many services look; gives how many that were."""
    warned = 0
    for row in work.connection.execute(_overdue, {"now": now, "most": most}).all():
        told = {"b_sample": row.inspection_id, "b_ticket": row.ticket_id, "b_round": row.round, "at": now}
        if work.connection.execute(_warn, told).first() is None:
            continue
        sample = sample_of(work.connection, row.inspection_id)
        found = found_in(work.connection, row.inspection_id, [row.ticket_id])
        if sample is None or not found:
            # Marked confidential since: it is nobody's to read of here (R25.1).
            continue
        one = found[0].corrections[row.round - 1]
        for unit, roles in ((one.unit, LEADERS), (sample.unit, DECIDERS)):
            text = f"「{work.register.name(one.unit)}」的抽查整改已超过期限"
            _tell(work, now, one, unit, text, kind=NoticeKind.WARNING, roles=roles)
        warned += 1
    return warned


def _known(work: Work, sample_id: str, ticket_id: str) -> tuple[Sample, Found]:
    sample = sample_of(work.connection, sample_id)
    found = found_in(work.connection, sample_id, [ticket_id]) if sample else []
    if sample is None or not found:
        raise NotReadyError("没有这次抽查,或其中没有这件工单")
    return sample, found[0]


def _of_sample(work: Work, acting: Acting, sample_id: str, ticket_id: str) -> tuple[Sample, Found]:
    sample, found = _known(work, sample_id, ticket_id)
    if sample.unit != acting.actor.unit or acting.actor.role not in INSPECTORS:
        raise NotReadyError("抽查结果由进行抽查的机构登记和审核(第十八条)")
    return sample, found


def _at_once(work: Work, statement: Update, told: dict[str, object]) -> None:
    """Written now, not with the rest: what another has done meanwhile shows in the count.

    Nothing may be refused after this, since it would not be taken back.

    Raises:
        NotReadyError: somebody else was first.
    """
    if work.connection.execute(statement, told).rowcount != 1:
        raise NotReadyError("此事刚由他人登记,请刷新后查看")


def _demanded(work: Work, acting: Acting, found: Found, demand: str, working_days: int) -> Correction:
    if not 1 <= working_days <= _LONGEST_DAYS:
        raise NotReadyError(f"整改期限应为1至{_LONGEST_DAYS}个工作日")
    register, today = work.register, civil(acting.now).date()
    due = end_of(register.calendar.add(today, working_days), register.rules(None, today))
    return Correction(
        inspection_id=found.record.inspection_id,
        ticket_id=found.record.ticket_id,
        round=len(found.corrections) + 1,
        unit=found.record.unit,
        demand=demand,
        demanded_by=acting.actor.who,
        demanded_at=acting.now,
        due=due,
    )


def _demand(work: Work, one: Correction) -> None:
    work.insert(corrections, **{**row_of(corrections, one), "verdict": ""})
    last = (civil(one.due) - timedelta(microseconds=1)).date()
    _tell(work, one.demanded_at, one, one.unit, f"抽查发现问题,请在{last}前(含当日)整改并报送情况")


def _tell(
    work: Work,
    now: datetime,
    one: Correction,
    unit: str,
    text: str,
    *,
    kind: NoticeKind = NoticeKind.UNIT,
    roles: tuple[Role, ...] = HANDLERS,
) -> None:
    ticket = work.ticket(one.ticket_id)
    post(work, ticket, ticket.steps, now, Notice(kind, f"工单{ticket.number}:{text}", unit, roles))


def _key(one: Correction) -> dict[str, object]:
    return {"b_sample": one.inspection_id, "b_ticket": one.ticket_id, "b_round": one.round}


def _row(record: Inspected) -> dict[str, object]:
    return {**row_of(inspected, record), "result": ""}
