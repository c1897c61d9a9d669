"""Sample inspection over HTTP: a level 2 looks at what its level 3 has handled, and level 1 reads what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from common import clock
from common.api import words
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.operation import Reply, operation
from common.api.problem import missing
from common.paging import Page
from common.reach import Reach
from tickets.api_acting import NO_ROLE, NOT_READY, actor, refusals, roles_of
from tickets.api_inspections_shown import (
    CorrectionTold,
    DrawTold,
    FindingTold,
    InspectionReceipt,
    InspectionShown,
    JudgementTold,
    OfInspected,
    OfInspection,
    OpenCorrection,
    OpenCorrections,
    SampleList,
    SampleShown,
    SummaryList,
    SummaryQuery,
    correction_shown,
    inspection_shown,
    sample_shown,
    summary_shown,
)
from tickets.api_own import OfUnitQuery, units_of
from tickets.desk import Acting
from tickets.desk.inspecting import INSPECTORS, Draw, Finding, Judgement, answer, draw, find, judge
from tickets.inspection import Correction, Sample
from tickets.model import Ticket
from tickets.notices import LEADERS
from tickets.protecting import protected, redacted
from tickets.seeing import unknown_to
from tickets.store import TicketStore
from tickets.store.finding import of_ids
from tickets.store.inspecting import Found, found_in, open_corrections, sample_of, samples, summaries
from tickets.store.work import Work
from tickets.workflow_terms import Role

_TAG = "抽查"
_KEPT = (NOT_READY, NO_ROLE)


@dataclass(frozen=True, slots=True)
class InspectionPages:
    """Level 2 inspects level 3 and reports to level 1, which reads every summary (R18)."""

    store: TicketStore

    @operation(
        "POST",
        "/api/v1/inspections",
        summary="抽取下级单位已办工单的样本",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=_KEPT,
    )
    async def draw_sample(self, ask: Ask, body: DrawTold) -> Reply[SampleShown]:
        """A sample by share or number, with the seed by which anybody can draw it again."""
        asked = Draw(body.since, body.until, body.of_unit or "", body.percent or 0, body.count or 0, body.seed)
        acting = _acting(ask, INSPECTORS)
        with refusals(), ask.once(lambda found: _drawn(found) if isinstance(found, Sample) else None):
            return _drawn(await self.store.run(lambda work: draw(work, acting, asked)))

    @operation("GET", "/api/v1/inspections", summary="抽查列表，新的在前", tag=_TAG)
    async def list_inspections(self, ask: Ask, query: OfUnitQuery) -> SampleList:
        """The samples that the reader's unit and those below it have drawn; for level 1 all."""
        units = await self._units(ask, query.unit)
        page = await self.store.read(partial(samples, units=units, limit=query.limit, after=query.cursor))
        return SampleList(inspections=[sample_shown(one) for one in page.rows], next=_next(page))

    @operation("GET", "/api/v1/inspections/{id}", summary="一次抽查及其工单", tag=_TAG, audit="inspections.read")
    async def read_inspection(self, ask: Ask, ids: OfInspection) -> Reply[InspectionShown]:
        """What was drawn and found; a unit below is shown its own tickets only."""
        sample = await self.store.read(lambda connection: sample_of(connection, ids.id))
        if sample is None:
            raise missing("抽查")
        mine, tree = ask.caller.unit, (await self.store.register()).tree
        apart = unknown_to(ask, tree)
        rows = await self.store.read(lambda connection: found_in(connection, ids.id, apart=apart))
        if mine not in (sample.unit, *tree.above(sample.unit)):
            rows = [one for one in rows if one.record.unit == mine]
            if not rows:
                raise missing("抽查")
        if ask.reach is not Reach.ALL:
            known = await self.store.read(partial(of_ids, ids=[one.record.ticket_id for one in rows]))
            rows = [_for_units(one, known[one.record.ticket_id]) for one in rows]
        return Reply(inspection_shown(sample, rows), [one.number for one in rows])

    @operation(
        "POST",
        "/api/v1/inspections/{id}/tickets/{number}/finding",
        summary="登记一件工单的抽查结果",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=_KEPT,
    )
    async def record_finding(self, ask: Ask, ids: OfInspected, body: FindingTold) -> Reply[InspectionReceipt]:
        """In order, or what is wrong, and what is to be put right until when."""
        finding = Finding(body.result, body.points, body.remark, body.demand, body.working_days or 0)
        acting = _acting(ask, INSPECTORS)
        return await self._written(ask, ids, lambda work, ticket: find(work, acting, ids.id, ticket, finding))

    @operation(
        "POST",
        "/api/v1/inspections/{id}/tickets/{number}/correction",
        summary="报送整改情况",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=_KEPT,
    )
    async def answer_correction(self, ask: Ask, ids: OfInspected, body: CorrectionTold) -> Reply[InspectionReceipt]:
        """The unit below says what it has put right."""
        acting = _acting(ask, LEADERS)
        return await self._written(ask, ids, lambda work, ticket: answer(work, acting, ids.id, ticket, body.answer))

    @operation(
        "POST",
        "/api/v1/inspections/{id}/tickets/{number}/judgement",
        summary="审核整改情况",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=_KEPT,
    )
    async def judge_correction(self, ask: Ask, ids: OfInspected, body: JudgementTold) -> Reply[InspectionReceipt]:
        """Enough, or what is still to be put right until when."""
        said = Judgement(body.verdict, body.demand, body.working_days or 0)
        acting = _acting(ask, INSPECTORS)
        return await self._written(ask, ids, lambda work, ticket: judge(work, acting, ids.id, ticket, said))

    @operation("GET", "/api/v1/corrections", summary="未了结的整改，最急的在前", tag=_TAG, audit="corrections.list")
    async def list_corrections(self, ask: Ask, query: OfUnitQuery) -> Reply[OpenCorrections]:
        """What the reader's unit and those below it still owe, or the unit above has still to judge."""
        units, now = await self._units(ask, query.unit), clock.now()
        apart = unknown_to(ask, (await self.store.register()).tree)
        reading = partial(open_corrections, units=units, limit=query.limit, after=query.cursor, apart=apart)
        try:
            page = await self.store.read(reading)
        except ValueError as error:
            raise words.other_list() from error
        found = page.rows
        if ask.reach is not Reach.ALL:
            known = await self.store.read(partial(of_ids, ids=[one.ticket_id for _, one in found]))
            found = [(number, _demanded_of_units(one, known[one.ticket_id])) for number, one in found]
        shown = [_open(number, one, now) for number, one in found]
        return Reply(OpenCorrections(corrections=shown, next=_next(page)), [number for number, _ in found])

    @operation("GET", "/api/v1/inspection-summaries", summary="各单位的抽查和整改情况", tag=_TAG)
    async def summarise_inspections(self, ask: Ask, query: SummaryQuery) -> SummaryList:
        """Inspected, deficient, corrected, unit by unit, of what was drawn in a period; level 1 reads all of it."""
        now = clock.now()
        since = query.since or clock.civil(now).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        units, until = await self._units(ask, query.unit), query.until or now
        apart = unknown_to(ask, (await self.store.register()).tree)
        found = await self.store.read(
            partial(summaries, inspectors=units, since=since, until=until, now=now, apart=apart)
        )
        return SummaryList(units=[summary_shown(one) for one in found])

    async def _units(self, ask: Ask, unit: str | None) -> Collection[str] | None:
        return units_of(ask, unit, (await self.store.register()).tree)

    async def _written(
        self, ask: Ask, ids: OfInspected, write: Callable[[Work, str], None]
    ) -> Reply[InspectionReceipt]:
        ticket = await self.store.by_number(ids.number)
        if ticket is None or not await self._concerned(ask, ids.id, ticket.id):
            raise missing("工单")
        reply = Reply(InspectionReceipt(inspection=ids.id, ticket=ids.number))

        def use_case(work: Work) -> bool:
            write(work, ticket.id)
            return True

        # What the store gives for a use case that was refused is not True: then no key is kept.
        with refusals(), ask.once(lambda found: reply if found is True else None):
            await self.store.run(use_case, ticket.id)
        return reply

    async def _concerned(self, ask: Ask, inspection: str, ticket: str) -> bool:
        """Whether a ticket was drawn, and by the reader's unit or one below it, or from the reader's unit.

        Whoever it does not concern is not told by another answer that there is such a ticket.
        """
        mine, tree = ask.caller.unit, (await self.store.register()).tree
        sample = await self.store.read(lambda connection: sample_of(connection, inspection))
        looking = partial(found_in, sample_id=inspection, ticket_ids=[ticket], apart=unknown_to(ask, tree))
        rows = await self.store.read(looking) if sample else []
        if sample is None or not rows:
            return False
        return mine in (sample.unit, *tree.above(sample.unit), rows[0].record.unit)


def _next(page: Page[Any]) -> str | None:
    return str(page.next) if page.next else None


def _acting(ask: Ask, roles: Collection[Role]) -> Acting:
    role = next((one for one in roles_of(ask) if one in roles), None)
    if role is None:
        raise NO_ROLE.problem()
    return Acting(actor(ask, role), clock.now())


def _for_units(one: Found, ticket: Ticket) -> Found:
    """What was found, as units read it: what level 1 wrote may name a protected reporter (A16)."""
    if not protected(ticket.details):
        return one
    demanded = tuple(_demanded_of_units(correction, ticket) for correction in one.corrections)
    return replace(one, record=replace(one.record, remark=redacted(one.record.remark, ticket)), corrections=demanded)


def _demanded_of_units(one: Correction, ticket: Ticket) -> Correction:
    return replace(one, demand=redacted(one.demand, ticket)) if protected(ticket.details) else one


def _drawn(sample: Sample) -> Reply[SampleShown]:
    return Reply(sample_shown(sample), location=f"/api/v1/inspections/{sample.id}")


def _open(number: str, one: Correction, now: datetime) -> OpenCorrection:
    return OpenCorrection(
        inspection=one.inspection_id,
        ticket=number,
        overdue=one.answered_at is None and one.due <= now,
        correction=correction_shown(one),
    )
