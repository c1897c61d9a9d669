"""What is read of inspections: what a sample is drawn from, what stands in it, what is open, what came of it (R18)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from common.paging import Cursor, Page
from common.store import Instant
from tickets.inspection import Correction, Inspected, Result, Sample, Summary, Verdict
from tickets.model import Status
from tickets.store.apart import apart_from
from tickets.store.columns import columns_of, record_of
from tickets.store.tables import is_open, steps, tickets
from tickets.store.tables_archive import filings
from tickets.store.tables_inspection import corrections, inspected, inspections

_SAMPLE = columns_of(inspections, Sample)
_INSPECTED = columns_of(inspected, Inspected)
_CORRECTION = columns_of(corrections, Correction)
_FED_BACK = (Status.AWAITING_CALLBACK.value, Status.NO_FURTHER_HANDLING.value)
#: With these a unit says that it has done its part.
_ANSWERS = ("submit_answer/level_1", "submit_answer/level_2", "request_termination")
#: Marked confidential later, a ticket is out of every list from then on (R25.1).
_shown = tickets.c.confidential.is_(sa.false())


@dataclass(frozen=True, slots=True)
class Handled:
    """A ticket that a unit has handled."""

    ticket_id: str
    number: str
    unit: str


@dataclass(frozen=True, slots=True)
class Found:
    """One ticket of a sample with its number and all its corrections, the first first."""

    number: str
    record: Inspected
    corrections: tuple[Correction, ...]


def handled_by(
    connection: Connection, units: Collection[str], since: datetime, until: datetime, apart: Collection[str] = ()
) -> list[Handled]:
    """What these units have fed back and what was closed, in a period; never what is confidential (R25.1).

    Nor complaints about the units of ``apart`` (A16).

    A ticket counts where it was closed, or, while it is still to be called back, where it was fed back. One that no
    unit has answered (the caller withdrew it) is none that was handled.
    """
    c, f = tickets.c, filings.c
    answered = sa.exists().where(steps.c.ticket_id == c.id, steps.c.row.in_(_ANSWERS), steps.c.unit == c.unit)
    closed = (
        sa.select(c.id, c.number, c.unit)
        .join_from(filings, tickets, f.ticket_id == c.id)
        .where(f.unit.in_(sorted(units)), f.filed_at >= since, f.filed_at < until, _shown, *apart_from(apart), answered)
        .where(f.year.between(civil(since).year, civil(until).year))
    )
    fed_back = sa.select(c.id, c.number, c.unit).where(
        is_open,
        c.unit.in_(sorted(units)),
        c.status.in_(_FED_BACK),
        c.since >= since,
        c.since < until,
        _shown,
        *apart_from(apart),
        answered,
    )
    found = (*connection.execute(closed), *connection.execute(fed_back))
    return sorted((Handled(*row) for row in found), key=lambda one: one.number)


def sample_of(connection: Connection, sample_id: str) -> Sample | None:
    """One sample."""
    row = connection.execute(sa.select(*_SAMPLE).where(inspections.c.id == sample_id)).first()
    return record_of(Sample, row) if row else None


def samples(
    connection: Connection, units: Collection[str] | None, *, limit: int, after: Cursor | None = None
) -> Page[Sample]:
    """The samples that these units have drawn, the latest first; None stands for all."""
    c = inspections.c
    query = sa.select(*_SAMPLE).order_by(c.drawn_at.desc(), c.id.desc()).limit(limit + 1)
    if after:
        query = query.where(sa.tuple_(c.drawn_at, c.id) < sa.tuple_(after.at, after.id))
    if units is not None:
        query = query.where(inspections.c.unit.in_(sorted(units)))
    found = [record_of(Sample, row) for row in connection.execute(query)]
    rows = found[:limit]
    return Page(rows, Cursor(rows[-1].drawn_at, rows[-1].id) if len(found) > limit else None)


def found_in(
    connection: Connection, sample_id: str, ticket_ids: Sequence[str] | None = None, *, apart: Collection[str] = ()
) -> list[Found]:
    """The tickets of a sample by their numbers, with what was found and demanded.

    Complaints about the units of ``apart`` are left out (A16).
    """
    query = sa.select(tickets.c.number, *_INSPECTED).join_from(
        inspected, tickets, tickets.c.id == inspected.c.ticket_id
    )
    query = query.where(inspected.c.inspection_id == sample_id, _shown, *apart_from(apart)).order_by(tickets.c.number)
    demanded = sa.select(*_CORRECTION).where(corrections.c.inspection_id == sample_id)
    if ticket_ids is not None:
        query = query.where(inspected.c.ticket_id.in_(ticket_ids))
        demanded = demanded.where(corrections.c.ticket_id.in_(ticket_ids))
    by_ticket: dict[str, list[Correction]] = {}
    for row in connection.execute(demanded.order_by(corrections.c.ticket_id, corrections.c.round)):
        by_ticket.setdefault(row.ticket_id, []).append(_correction(row))
    rows = connection.execute(query).all()
    return [Found(row.number, _inspected(row), tuple(by_ticket.get(row.ticket_id, ()))) for row in rows]


def open_corrections(
    connection: Connection,
    units: Collection[str] | None,
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Collection[str] = (),
) -> Page[tuple[str, Correction]]:
    """What these units still owe, or the unit above has still to judge, the most pressing first; None: of all units.

    Raises:
        ValueError: the cursor is another list's.
    """
    key = (corrections.c.due, tickets.c.number, corrections.c.inspection_id)
    query = sa.select(tickets.c.number, *_CORRECTION)
    query = query.join_from(corrections, tickets, tickets.c.id == corrections.c.ticket_id)
    query = query.where(corrections.c.judged_at.is_(None), _shown, *apart_from(apart))
    if units is not None:
        query = query.where(corrections.c.unit.in_(sorted(units)))
    if after:
        number, inspection = after.parts(2)
        query = query.where(sa.tuple_(*key) > sa.tuple_(sa.literal(after.at, Instant), number, inspection))
    found = [(row.number, _correction(row)) for row in connection.execute(query.order_by(*key).limit(limit + 1))]
    rows = found[:limit]
    if len(found) <= limit:
        return Page(rows)
    number, last = rows[-1]
    return Page(rows, Cursor(last.due, f"{number} {last.inspection_id}"))


def summaries(
    connection: Connection,
    inspectors: Collection[str] | None,
    since: datetime,
    until: datetime,
    now: datetime,
    *,
    apart: Collection[str] = (),
) -> list[Summary]:
    """What the samples drawn in a period have come to, unit by unit; None stands for all who inspect."""
    of_period = [inspections.c.drawn_at >= since, inspections.c.drawn_at < until, _shown, *apart_from(apart)]
    if inspectors is not None:
        of_period.append(inspections.c.unit.in_(sorted(inspectors)))
    looked = (
        sa.select(
            inspections.c.unit.label("inspector"), inspected.c.unit, inspected.c.result, sa.func.count().label("n")
        )
        .join_from(inspected, inspections, inspections.c.id == inspected.c.inspection_id)
        .join(tickets, tickets.c.id == inspected.c.ticket_id)
        .where(*of_period)
        .group_by(inspections.c.unit, inspected.c.unit, inspected.c.result)
    )
    overdue = sa.and_(corrections.c.answered_at.is_(None), corrections.c.due <= now)
    put_right = (
        sa.select(
            inspections.c.unit.label("inspector"),
            corrections.c.unit,
            sa.func.count().filter(corrections.c.verdict == Verdict.ACCEPTED.value).label("corrected"),
            sa.func.count().filter(corrections.c.judged_at.is_(None)).label("waiting"),
            sa.func.count().filter(overdue).label("overdue"),
        )
        .join_from(corrections, inspections, inspections.c.id == corrections.c.inspection_id)
        .join(tickets, tickets.c.id == corrections.c.ticket_id)
        .where(*of_period)
        .group_by(inspections.c.unit, corrections.c.unit)
    )
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for row in connection.execute(looked):
        counted.setdefault((row.inspector, row.unit), {})[row.result] = row.n
    settled = {(row.inspector, row.unit): row for row in connection.execute(put_right)}
    return [_summary(*key, results, settled.get(key)) for key, results in sorted(counted.items())]


def _summary(inspector: str, unit: str, results: dict[str, int], settled: Any) -> Summary:
    deficient = results.get(Result.DEFICIENT.value, 0)
    looked_at = deficient + results.get(Result.OK.value, 0)
    return Summary(
        inspector=inspector,
        unit=unit,
        drawn=sum(results.values()),
        inspected=looked_at,
        deficient=deficient,
        corrected=settled.corrected if settled else 0,
        waiting=settled.waiting if settled else 0,
        overdue=settled.overdue if settled else 0,
    )


def _inspected(row: Any) -> Inspected:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return record_of(Inspected, {**told, "result": told["result"] or None})


def _correction(row: Any) -> Correction:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return record_of(Correction, {**told, "verdict": told["verdict"] or None})
