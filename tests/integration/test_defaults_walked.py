"""Defaults that several steps belong to, walked through from end to end: A4, A5, A12, A22, A26."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import LEADER, REVIEWER, RULER, WHY, City, city, handler
from tests.city import at as civil_time
from tickets.model import Status, Ticket
from tickets.store import tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

STREET, DISTRICT = "市西街道", "滨城区"
DEPUTY = Actor("滨城区副区长", DISTRICT, Role.DEPUTY)


async def with_the_street(at: City) -> Ticket:
    """The district has passed it down and the street has signed."""
    ticket = await at.signed(DISTRICT)
    await at.do(ticket, Move.PASS_DOWN, handler(DISTRICT), Facts(unit=STREET))
    return await at.do(ticket, Move.SIGN, handler(STREET))


def asked(days: int) -> Facts:
    """So many working days more."""
    return Facts(reason="需更换电缆", working_days=days)


async def told(at: City, ticket: Ticket) -> Ticket:
    """The gateway has the proof of the latest extension's notice."""
    rows = [row for row in await at.rows(tables_work.notices) if row["kind"] == "extended"]
    newest = max(rows, key=lambda row: (row["seq"], row["id"]))
    assert newest["ticket_id"] == ticket.id
    return await at.books.desk.notice_sent(newest["id"], {"gateway": "ok"}, at.now)


@pytest.mark.covers("A4", "R22.4", "R18")
async def test_a4_level_2_looks_first_level_1_approves_the_second_only_its_leader(database_url: str) -> None:
    """For a street: district, then level 1; due 1 Dec → 8 Dec → 15 Dec, counted from 1 Dec, ten working days in all."""
    async with city(database_url) as at:
        ticket = await with_the_street(at)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(5))
        with pytest.raises(IllegalMoveError, match="须先由二级机构初审"):
            await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        first = await told(at, ticket)
        assert first.turn is not None
        assert (first.turn.original_due.on, first.turn.due.on) == (date(2026, 12, 1), date(2026, 12, 8))
        at.now = civil_time("2026-12-04T09:00")
        with pytest.raises(IllegalMoveError, match="尚可申请1至5个"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(6))
        await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(5))
        await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        with pytest.raises(IllegalMoveError, match="第二次延期只能由一级机构负责人批准"):
            await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.APPROVE_EXTENSION, LEADER)
        second = await told(at, ticket)
        assert second.turn is not None
        assert (second.turn.due.on, second.case.extensions) == (date(2026, 12, 15), 2)
        with pytest.raises(IllegalMoveError, match="已延期2次"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(1))


@pytest.mark.covers("A4")
async def test_a4_level_2_may_refuse_by_itself_and_a_refused_one_does_not_count(database_url: str) -> None:
    """The district refuses; the street may ask again, and level 1's reviewer decides on that as on a first one."""
    async with city(database_url) as at:
        ticket = await with_the_street(at)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(5))
        refused = await at.do(ticket, Move.REFUSE_EXTENSION, DEPUTY, Facts(reason="可按期办结"))
        assert (refused.status, refused.case.extensions, refused.turn) == (Status.IN_HANDLING, 0, ticket.turn)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), asked(3))
        await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        assert (await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)).case.granted_days == 3


@pytest.mark.covers("A5", "R22.4")
@pytest.mark.parametrize(
    ("delivered", "due", "last"),
    [
        ("2026-11-24T09:00", date(2026, 12, 1), date(2026, 11, 30)),
        # Over a week-end: due on a Monday, the working day before is the Friday.
        ("2026-11-23T09:00", date(2026, 11, 30), date(2026, 11, 27)),
        # Over the National Day: 28 September, five working days end on 10 October, a make-up Saturday.
        ("2026-09-28T09:00", date(2026, 10, 10), date(2026, 10, 9)),
    ],
)
async def test_a5_until_the_end_of_the_working_day_before_the_due_day(
    database_url: str, delivered: str, due: date, last: date
) -> None:
    """At 23:59 of that day it is in time; one minute later it is refused and recorded as late."""
    async with city(database_url) as at:
        at.now = civil_time(delivered)
        early, late = await at.signed(), await at.signed()
        assert early.turn is not None
        assert (early.turn.due.on, early.turn.apply_by and early.turn.apply_by.on) == (due, last)
        at.now = civil_time(f"{last}T23:59")
        in_time = await at.do(early, Move.REQUEST_EXTENSION, handler("住建局"), asked(3))
        assert in_time.status is Status.EXTENSION_REQUESTED
        at.now = civil_time(f"{due}T00:00")
        after = await at.do(late, Move.REQUEST_EXTENSION, handler("住建局"), asked(3))
        assert (after.status, after.turn) == (Status.IN_HANDLING, late.turn)
        (*_, step) = await at.books.tickets.history(late.id)
        assert step.row == "request_extension_late"


@pytest.mark.covers("A12", "R22.6", "R18")
async def test_a12_the_street_has_one_day_to_return_and_the_districts_two_keep_running(database_url: str) -> None:
    """Delivered on Tuesday, passed down on Wednesday: the street until Thursday, the district until Thursday too."""
    async with city(database_url) as at:
        ticket = await at.signed(DISTRICT)
        at.now = civil_time("2026-11-25T09:00")
        passed = await at.do(ticket, Move.PASS_DOWN, handler(DISTRICT), Facts(unit=STREET))
        assert passed.case.inner_return_by == civil_time("2026-11-27T00:00")
        await at.do(ticket, Move.SIGN, handler(STREET))
        at.now = civil_time("2026-11-26T17:00")
        await at.do(ticket, Move.REQUEST_RETURN, handler(STREET), WHY)
        back = await at.do(ticket, Move.ACCEPT_RETURN, DEPUTY)
        assert (back.unit, back.status, back.turn) == (DISTRICT, Status.IN_HANDLING, ticket.turn)
        at.now = civil_time("2026-11-26T23:59")
        returned = await at.do(ticket, Move.REQUEST_RETURN, handler(DISTRICT), WHY)
        assert returned.status is Status.RETURN_REQUESTED


@pytest.mark.covers("A12", "R22.6")
async def test_a12_too_late_for_the_street_and_for_the_district(database_url: str) -> None:
    """On Friday both have only adjudication left."""
    async with city(database_url) as at:
        ticket = await with_the_street(at)
        at.now = civil_time("2026-11-26T09:00")
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-26 00:00已过"):
            await at.do(ticket, Move.REQUEST_RETURN, handler(STREET), WHY)
        other = await at.signed(DISTRICT)
        at.now = civil_time("2026-12-01T09:00")
        with pytest.raises(IllegalMoveError, match="已过,须申请职责裁定"):
            await at.do(other, Move.REQUEST_RETURN, handler(DISTRICT), WHY)


@pytest.mark.covers("A22", "R21.3", "R22.6")
async def test_a22_the_second_return_goes_to_adjudication_and_a_forced_dispatch_is_final(database_url: str) -> None:
    """住建局 returns it, 城管局 would return it again: 编办 rules, level 1 sends it, and there is no way back."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        await at.sent(ticket, "城管局", reason="改派")
        await at.do(ticket, Move.SIGN, handler("城管局"))
        with pytest.raises(IllegalMoveError, match="再退须申请职责裁定"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("城管局"), WHY)
        await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("城管局"), WHY)
        with pytest.raises(IllegalMoveError, match="尚未作出裁定"):
            await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER, Facts(unit="城管局"))
        ruling = Facts(ruling="属市政照明设施管护", basis="三定规定第三条", unit="城管局")
        await at.do(ticket, Move.RULE, RULER, ruling)
        at.now = civil_time("2026-11-26T09:00")
        forced = await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER)
        assert (forced.unit, forced.case.forced) == ("城管局", "城管局")
        assert forced.turn is not None
        assert forced.turn.due.on == date(2026, 12, 3)
        await at.do(ticket, Move.SIGN, handler("城管局"))
        with pytest.raises(IllegalMoveError, match="强制派单,不得再退"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("城管局"), WHY)
        with pytest.raises(IllegalMoveError, match="已经裁定强制派单"):
            await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("城管局"), WHY)


@pytest.mark.covers("A22")
async def test_a22_a_refused_return_is_used_up_too(database_url: str) -> None:
    """Refused once, the same unit does not ask again: what is left is adjudication."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属供热管理"))
        with pytest.raises(IllegalMoveError, match="已退回过一次"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        ruled = await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        assert ruled.status is Status.ADJUDICATION


@pytest.mark.covers("A26", "R14.2")
async def test_a26_with_consent_once_five_working_days_the_caller_told(database_url: str) -> None:
    """Asked on Tuesday, consented on Wednesday: the clock runs again on Thursday 3 December by itself, never again."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="热费票据"))
        with pytest.raises(IllegalMoveError, match="应由"):
            await at.do(ticket, Move.PAUSE, handler("住建局"))
        at.now = civil_time("2026-11-25T10:00")
        paused = await at.do(ticket, Move.PAUSE, REVIEWER)
        assert (paused.status, paused.paused) == (Status.WAITING_FOR_MATERIAL, True)
        assert "请于2026年12月02日前" in (await at.told(ticket))[-1]
        await at.tick(civil_time("2026-12-02T23:59"))
        assert (await at.fresh(ticket)).status is Status.WAITING_FOR_MATERIAL
        await at.tick(civil_time("2026-12-03T00:00"))
        resumed = await at.fresh(ticket)
        assert (resumed.status, resumed.paused) == (Status.IN_HANDLING, False)
        assert resumed.turn is not None
        # One day was used before; four are left from Thursday 3 December on.
        assert (resumed.turn.due.on, resumed.turn.due.promised) == (date(2026, 12, 8), date(2026, 12, 1))
        with pytest.raises(IllegalMoveError, match="只能使用一次"):
            await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="还要"))
