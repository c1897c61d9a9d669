"""Level 2 inspects samples of what its level 3 handled, has faults put right, and level 1 reads what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from common import clock
from common.paging import Cursor
from tests.case_kit import DETAILS
from tests.case_kit import city as web_city
from tests.city import CALLER, CLERK, REVIEWER, City, city, handler, lamp
from tests.city import at as civil_time
from tickets.catalogue import Category
from tickets.desk.inspecting import Draw, Finding, Judgement, answer, draw, find, judge, warn_overdue
from tickets.errors import NotReadyError
from tickets.inspection import Inspected, Point, Result, Sample, Verdict, drawn, size_of
from tickets.model import Ticket
from tickets.store import tables_inspection, tables_work
from tickets.store.inspecting import found_in, open_corrections, samples, summaries
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, CallbackResult, Facts, Role

DISTRICT, STREET, OTHER = "滨城区", "市西街道", "北镇街道"
HEAD = Actor("滨城区副区长", DISTRICT, Role.DEPUTY)
NOVEMBER = Draw(civil_time("2026-11-01T00:00"), civil_time("2026-12-01T00:00"))
FAULT = Finding(Result.DEFICIENT, (Point.NOT_CONTACTED, Point.UNTRUE), "路灯仍不亮", "三日内修复并回复", 3)


async def reported(at: City, unit: str = STREET) -> Ticket:
    """A street has mended a lamp, and the district has looked at the answer."""
    ticket = await at.signed(DISTRICT, lamp())
    await at.do(ticket, Move.PASS_DOWN, handler(DISTRICT), Facts(unit=unit))
    await at.do(ticket, Move.SIGN, handler(unit))
    await at.do(ticket, Move.SUBMIT_ANSWER, handler(unit), at.answer())
    return await at.do(ticket, Move.APPROVE_ANSWER, HEAD)


async def handled(at: City, unit: str = STREET) -> Ticket:
    """The same, and the caller is satisfied."""
    ticket = await reported(at, unit)
    return await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))


async def sampled(at: City, asked: Draw = NOVEMBER, who: Actor = HEAD) -> Sample:
    """The district's deputy draws a sample."""
    return await at.books.tickets.run(lambda work: draw(work, at.acting(who), asked))


async def found(at: City, sample: Sample, ticket: Ticket, finding: Finding = FAULT, who: Actor = HEAD) -> None:
    """The district writes down what it found."""
    await at.books.tickets.run(lambda work: find(work, at.acting(who), sample.id, ticket.id, finding))


async def answered(at: City, sample: Sample, ticket: Ticket, text: str = "已更换灯头并回复诉求人") -> None:
    """The street says what it has put right."""
    who = at.acting(handler(STREET))
    await at.books.tickets.run(lambda work: answer(work, who, sample.id, ticket.id, text))


async def judged(at: City, sample: Sample, ticket: Ticket, said: Judgement) -> None:
    """The district says whether that is enough."""
    await at.books.tickets.run(lambda work: judge(work, at.acting(HEAD), sample.id, ticket.id, said))


def test_anybody_draws_the_same_sample_from_seed_and_numbers() -> None:
    """The smallest SHA-256 of seed, space and number: as any other tool computes it; a share is rounded up."""
    numbers = [f"20261124-{n:06d}" for n in range(1, 8)]
    digests = {hashlib.sha256(f"2026-11 {number}".encode()).hexdigest(): number for number in numbers}
    assert drawn(numbers, "2026-11", 3) == [digests[digest] for digest in sorted(digests)[:3]]
    assert drawn(reversed(numbers), "2026-11", 3) == drawn(numbers, "2026-11", 3)
    assert [size_of(7, percent=share, count=0) for share in (1, 20, 100)] == [1, 2, 7]
    assert size_of(7, percent=0, count=20) == 7


@pytest.mark.covers("R18")
async def test_a_sample_is_written_down_with_all_by_which_it_can_be_drawn_again(database_url: str) -> None:
    """A fifth of seven tickets of November: two, by a seed that is kept; the same seed draws the same two."""
    async with city(database_url) as at:
        numbers = [(await handled(at, STREET if n % 2 else OTHER)).number for n in range(7)]
        sample = await sampled(at, replace(NOVEMBER, percent=20, seed="滨城2026年11月"))
        assert (sample.unit, sample.population, sample.drawn_by) == (DISTRICT, 7, "滨城区副区长")
        again = await sampled(at, replace(NOVEMBER, percent=20, seed="滨城2026年11月"))
        read = at.books.tickets.read
        rows = await read(lambda connection: found_in(connection, sample.id))
        assert [one.number for one in rows] == sorted(drawn(numbers, "滨城2026年11月", 2))
        assert [one.number for one in await read(lambda c: found_in(c, again.id))] == [one.number for one in rows]
        by_chance = await sampled(at, replace(NOVEMBER, count=1))
        assert len(by_chance.seed) == 16


@pytest.mark.covers("R18", "R25.1")
async def test_only_what_units_below_have_handled_in_the_period_is_inspected(database_url: str) -> None:
    """Not the city department's, not what the caller withdrew, not what is confidential, not December's."""
    async with city(database_url) as at:
        fed_back, secret = await reported(at), await reported(at)
        mine = await handled(at)
        await at.closed()
        await at.books.desk.describe(secret.id, at.acting(REVIEWER), lamp(), confidential=True)
        withdrawn = await at.dispatched(DISTRICT)
        await at.do(withdrawn, Move.WITHDRAW, CALLER, Facts(reason="已自行修好"))
        await at.do(withdrawn, Move.CLOSE, CLERK, Facts(callback=CallbackResult.WITHDRAWN))
        at.now = civil_time("2026-12-02T09:00")
        await handled(at)
        sample = await sampled(at, replace(NOVEMBER, percent=100))
        rows = await at.books.tickets.read(lambda connection: found_in(connection, sample.id))
        assert {one.number for one in rows} == {fed_back.number, mine.number}
        assert sample.population == 2
        with pytest.raises(NotReadyError, match="不是本单位的下级单位"):
            await sampled(at, replace(NOVEMBER, count=1, of_unit="住建局"))
        with pytest.raises(NotReadyError, match="没有可抽查的已办工单"):
            await sampled(at, replace(NOVEMBER, count=1, of_unit=OTHER))
        with pytest.raises(NotReadyError, match="由上级机构的人员"):
            await sampled(at, replace(NOVEMBER, count=1), handler(STREET))
        with pytest.raises(NotReadyError, match="写明其一"):
            await sampled(at, replace(NOVEMBER, count=1, percent=5))


@pytest.mark.covers("R18")
async def test_a_fault_is_put_right_within_working_days_and_judged(database_url: str) -> None:
    """Found on Tuesday, due on Friday; answered on Thursday; not enough: again, due on Monday; then accepted."""
    async with city(database_url) as at:
        ticket = await handled(at)
        sample = await sampled(at, replace(NOVEMBER, count=1))
        await found(at, sample, ticket)
        (row,) = await at.books.tickets.read(lambda connection: found_in(connection, sample.id))
        assert row.record == Inspected(
            sample.id, ticket.id, STREET, FAULT.result, FAULT.points, FAULT.remark, "滨城区副区长", at.now
        )
        assert row.corrections[0].due == civil_time("2026-11-28T00:00")
        assert f"unit {STREET}: 工单{ticket.number}:抽查发现问题,请在2026-11-27前(含当日)整改并报送情况" in (
            await at.told(ticket, "unit")
        )
        at.now = civil_time("2026-11-26T09:00")
        await answered(at, sample, ticket)
        with pytest.raises(NotReadyError, match="已经报送"):
            await answered(at, sample, ticket)
        with pytest.raises(NotReadyError, match="还须整改什么"):
            await judged(at, sample, ticket, Judgement(Verdict.INSUFFICIENT))
        await judged(at, sample, ticket, Judgement(Verdict.INSUFFICIENT, "还须回访诉求人", 2))
        await answered(at, sample, ticket, "已回访")
        await judged(at, sample, ticket, Judgement(Verdict.ACCEPTED))
        (row,) = await at.books.tickets.read(lambda connection: found_in(connection, sample.id))
        assert [(one.round, one.verdict) for one in row.corrections] == [
            (1, Verdict.INSUFFICIENT),
            (2, Verdict.ACCEPTED),
        ]
        assert row.corrections[0].answer == "已更换灯头并回复诉求人"
        assert row.corrections[1].due == civil_time("2026-12-01T00:00")
        assert (await at.books.tickets.read(lambda c: open_corrections(c, None, limit=10))).rows == []
        # An inspection moves no ticket.
        assert await at.fresh(ticket) == ticket


@pytest.mark.covers("R18")
async def test_who_may_write_what(database_url: str) -> None:
    """The inspector finds and judges, the inspected unit answers; each once, and never without saying what is wrong."""
    async with city(database_url) as at:
        ticket = await handled(at)
        sample = await sampled(at, replace(NOVEMBER, count=1))
        with pytest.raises(NotReadyError, match="由进行抽查的机构"):
            await found(at, sample, ticket, who=handler(STREET))
        with pytest.raises(NotReadyError, match="应写明是哪些问题"):
            await found(at, sample, ticket, Finding(Result.DEFICIENT))
        with pytest.raises(NotReadyError, match="整改期限应为1至60个工作日"):
            await found(at, sample, ticket, replace(FAULT, working_days=0))
        with pytest.raises(NotReadyError, match="没有要求本单位整改"):
            await answered(at, sample, ticket)
        await found(at, sample, ticket, Finding(Result.OK, remark="答复具体"))
        with pytest.raises(NotReadyError, match="已经登记"):
            await found(at, sample, ticket)
        outside = await at.closed()
        with pytest.raises(NotReadyError, match="没有这次抽查,或其中没有这件工单"):
            await found(at, sample, outside)


@pytest.mark.covers("R18")
async def test_two_who_look_at_one_ticket_at_once_do_not_overwrite_each_other(database_url: str) -> None:
    """Written in one transaction: the first finding stands, the second is refused."""
    async with city(database_url) as at:
        ticket = await handled(at)
        sample = await sampled(at, replace(NOVEMBER, count=1))

        def both(work: object) -> str:
            find(work, at.acting(HEAD), sample.id, ticket.id, Finding(Result.OK))  # type: ignore[arg-type]  # the store's Work
            with pytest.raises(NotReadyError, match=r"已经登记|刚由他人登记"):
                find(work, at.acting(HEAD), sample.id, ticket.id, FAULT)  # type: ignore[arg-type]  # as above
            return "done"

        assert await at.books.tickets.run(both) == "done"
        (row,) = await at.books.tickets.read(lambda connection: found_in(connection, sample.id))
        assert (row.record.result, row.corrections) == (Result.OK, ())


@pytest.mark.covers("R18")
async def test_an_overdue_correction_is_warned_of_once(database_url: str) -> None:
    """Due on Friday: on Saturday at 00:00 the street and the district are told, however often the clock looks."""
    async with city(database_url) as at:
        ticket = await handled(at)
        sample = await sampled(at, replace(NOVEMBER, count=1))
        await found(at, sample, ticket)
        run = at.books.tickets.run
        assert await run(lambda work: warn_overdue(work, civil_time("2026-11-27T23:59"))) == 0
        assert await run(lambda work: warn_overdue(work, civil_time("2026-11-28T00:00"))) == 1
        assert await run(lambda work: warn_overdue(work, civil_time("2026-11-28T00:01"))) == 0
        rows = [row for row in await at.rows(tables_work.notices) if row["kind"] == "warning"]
        assert sorted(row["recipient"] for row in rows) == sorted([STREET, DISTRICT])
        assert all("「市西街道办事处」的抽查整改已超过期限" in row["text"] for row in rows)
        (open_one,) = (await at.books.tickets.read(lambda c: open_corrections(c, [STREET], limit=10))).rows
        assert (open_one[0], open_one[1].demand) == (ticket.number, "三日内修复并回复")


@pytest.mark.covers("R18")
async def test_level_1_reads_what_inspections_of_each_unit_came_to(database_url: str) -> None:
    """Of three: one in order, one put right, one open and overdue; unit by unit."""
    async with city(database_url) as at:
        good, fixed, late = await handled(at, OTHER), await handled(at), await handled(at)
        sample = await sampled(at, replace(NOVEMBER, percent=100))
        await found(at, sample, good, Finding(Result.OK))
        await found(at, sample, fixed)
        await found(at, sample, late)
        await answered(at, sample, fixed)
        await judged(at, sample, fixed, Judgement(Verdict.ACCEPTED))
        now = civil_time("2026-11-30T09:00")
        read = await at.books.tickets.read(lambda c: summaries(c, None, NOVEMBER.since, NOVEMBER.until, now))
        figures = {
            one.unit: (one.drawn, one.inspected, one.deficient, one.corrected, one.waiting, one.overdue) for one in read
        }
        assert figures == {OTHER: (1, 1, 0, 0, 0, 0), STREET: (2, 2, 2, 1, 1, 1)}
        assert {one.inspector for one in read} == {DISTRICT}
        assert len(await at.rows(tables_inspection.inspected)) == 3


@pytest.mark.covers("R18", "R19")
async def test_over_http_from_the_draw_to_the_summary(database_url: str, tmp_path: Path) -> None:
    """The district draws and finds, the street sees its own and answers, level 1 reads the summary."""
    async with web_city(tmp_path, database_url) as at:
        # Heating is level 2's by the catalogue and is not passed down; of lamps it says nothing.
        await at.desk.at.tickets.put(Category("路灯", "路灯"), at=clock.now())
        number = await at.open(details={**DETAILS, "category": "路灯"})
        assert (await at.move(number, "dispatch", unit=DISTRICT, basis="属地", reason="属地办理")).status == 201
        assert (await at.move(number, "sign", "county")).status == 201
        assert (await at.move(number, "pass_down", "county", unit=STREET)).status == 201
        assert (await at.move(number, "sign", "street")).status == 201
        told = {"facts_found": "阀门损坏", "done": "已更换", "result": "达标", "contact": "电话"}
        told |= {"acceptance": "accepted"}
        assert (await at.move(number, "submit_answer", "street", **told)).status == 201
        assert (await at.move(number, "approve_answer", "county")).status == 201

        period = {"since": "2020-01-01", "until": "2060-01-01"}
        assert (await at.send("POST", "/inspections", {**period, "count": 5}, "street")).status == 409
        made = await at.send("POST", "/inspections", {**period, "percent": 50, "seed": "s"}, "county")
        assert made.status == 201, made.body.decode()
        sample = made.json["id"]
        place = f"/inspections/{sample}/tickets/{number}"
        finding = {"result": "deficient", "points": ["late"], "demand": "说明原因", "working_days": 2}
        assert (await at.send("POST", f"{place}/finding", finding, "county")).status == 201
        (owed,) = (await at.get("/corrections", "street")).json["corrections"]
        assert (owed["ticket"], owed["overdue"], owed["correction"]["demand"]) == (number, False, "说明原因")
        assert (await at.send("POST", f"{place}/correction", {"answer": "已说明"}, "street")).status == 201
        assert (await at.send("POST", f"{place}/judgement", {"verdict": "accepted"}, "county")).status == 201

        assert (await at.get(f"/inspections/{sample}", "street")).json["tickets"][0]["result"] == "deficient"
        assert (await at.get(f"/inspections/{sample}", "housing")).status == 404
        assert [one["id"] for one in (await at.get("/inspections")).json["inspections"]] == [sample]
        assert (await at.get("/inspections", "housing")).json["inspections"] == []
        (row,) = (await at.get("/inspection-summaries")).json["units"]
        figures = {name: row[name] for name in ("inspector", "unit", "drawn", "deficient", "corrected", "waiting")}
        assert figures == {
            "inspector": DISTRICT,
            "unit": STREET,
            "drawn": 1,
            "deficient": 1,
            "corrected": 1,
            "waiting": 0,
        }


@pytest.mark.covers("R18")
async def test_samples_and_corrections_are_read_page_by_page(database_url: str) -> None:
    """Samples the latest first, corrections the most pressing first; each once, none left out."""
    async with city(database_url) as at:
        tickets = [await handled(at) for _ in range(3)]
        drawn_at = []
        for ticket in tickets:
            sample = await sampled(at, replace(NOVEMBER, percent=100))
            drawn_at.append(sample)
            at.now += timedelta(minutes=1)
            await found(at, sample, ticket)
        read = at.books.tickets.read
        shown: list[str] = []
        after = None
        for _ in range(3):
            page = await read(partial(samples, units=[DISTRICT], limit=1, after=after))
            shown += [one.id for one in page.rows]
            after = page.next
        assert (shown, after) == ([one.id for one in reversed(drawn_at)], None)
        listed: list[str] = []
        for _ in range(3):
            open_ones = await read(partial(open_corrections, units=None, limit=1, after=after))
            listed += [number for number, _ in open_ones.rows]
            after = open_ones.next
        assert (listed, after) == (sorted(one.number for one in tickets), None)
        with pytest.raises(ValueError, match="not a cursor of this list"):
            await read(partial(open_corrections, units=None, limit=1, after=Cursor(at.now, "x")))
