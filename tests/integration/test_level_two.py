"""What a level 2 grants, takes and sets for its level 3: with dates, in the middle of handling, before its own day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from common import clock
from tests.case_kit import DETAILS
from tests.case_kit import city as web_city
from tests.city import REVIEWER, WHY, City, city, handler
from tests.city import at as civil_time
from tickets.catalogue import Category
from tickets.errors import NotReadyError
from tickets.model import Status, Ticket
from tickets.units import Delegation, Right
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

STREET, DISTRICT = "市西街道", "滨城区"
ASKED = Facts(reason="施工", working_days=2)


async def with_the_street(at: City, **facts: object) -> Ticket:
    """The district has passed it down and the street has signed."""
    ticket = await at.signed(DISTRICT)
    await at.do(ticket, Move.PASS_DOWN, handler(DISTRICT), replace(Facts(unit=STREET), **facts))  # type: ignore[arg-type]  # fields of Facts
    return await at.do(ticket, Move.SIGN, handler(STREET))


def granted(name: str, right: Right, since: date, until: date | None = None, *, given: bool = True) -> Delegation:
    """The district gives the street a right, or takes it."""
    return Delegation(name, STREET, right, granted=given, since=since, until=until, by="滨城区区长", reason="年度授权")


@pytest.mark.covers("R18", "R19")
async def test_a_right_granted_from_a_later_day_holds_from_that_day_on(database_url: str) -> None:
    """Granted for December: on Tuesday 24 November not yet, on Tuesday 1 December it is, on 1 January no more."""
    async with city(database_url) as at:
        right = granted("d1", Right.EXTEND, date(2026, 12, 1), date(2027, 1, 1))
        await at.books.tickets.put(right, at=at.now)
        ticket = await with_the_street(at)
        with pytest.raises(NotReadyError, match="「滨城区政府」没有授予「市西街道办事处」申请延期的权限"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler(STREET), ASKED)
        at.now = civil_time("2026-12-01T08:00")
        later = await with_the_street(at)
        assert (await at.do(later, Move.REQUEST_EXTENSION, handler(STREET), ASKED)).status is Status.EXTENSION_REQUESTED
        register = await at.books.tickets.register()
        assert not register.delegated(STREET, Right.EXTEND, date(2027, 1, 1))


@pytest.mark.covers("R18", "R19")
async def test_a_right_taken_in_the_middle_of_handling_is_gone_at_once(database_url: str) -> None:
    """On Wednesday the district takes the right to answer; on Thursday it gives it back; the ticket is the same."""
    async with city(database_url) as at:
        ticket = await with_the_street(at)
        at.now = civil_time("2026-11-25T09:00")
        taken = granted("z-first", Right.ANSWER, date(2026, 11, 25), given=False)
        await at.books.tickets.put(taken, at=at.now)
        with pytest.raises(NotReadyError, match="答复的权限"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler(STREET), at.answer())
        assert await at.fresh(ticket) == ticket
        await at.books.tickets.put(granted("a-later", Right.ANSWER, date(2026, 11, 26)), at=at.now)
        at.now = civil_time("2026-11-26T09:00")
        answered = await at.do(ticket, Move.SUBMIT_ANSWER, handler(STREET), at.answer())
        assert answered.status is Status.AWAITING_UPPER_REVIEW


@pytest.mark.covers("R18", "R19")
async def test_of_two_that_begin_on_one_day_the_later_written_holds(database_url: str) -> None:
    """Granted in the morning, taken at noon, granted at three: each holds as soon as it is written."""
    async with city(database_url) as at:
        ticket = await with_the_street(at)
        for name, given in (("m", True), ("z", False), ("a", True)):
            at.now += timedelta(hours=1)
            await at.books.tickets.put(granted(name, Right.RETURN, date(2026, 11, 24), given=given), at=at.now)
            register = await at.books.tickets.register()
            assert register.delegated(STREET, Right.RETURN, date(2026, 11, 24)) is given
        asked = await at.do(ticket, Move.REQUEST_RETURN, handler(STREET), WHY)
        assert asked.status is Status.RETURN_REQUESTED


@pytest.mark.covers("R18", "R19")
async def test_over_http_a_head_grants_and_takes_and_the_street_cannot(database_url: str, tmp_path: Path) -> None:
    """The district's principal takes the right to answer from today on; the street may not give it to itself."""
    async with web_city(tmp_path, database_url) as at:
        today = clock.civil(clock.now()).date().isoformat()
        told = {"unit": STREET, "right": "answer", "granted": False, "since": today, "reason": "整改期间"}
        assert (await at.send("POST", "/delegations", told, "street")).status == 403
        assert (await at.send("POST", "/delegations", told, "county")).status == 201
        # No line of the catalogue keeps street lamps at level 2.
        await at.desk.at.tickets.put(Category("路灯", "路灯"), at=clock.now())
        number = await at.open(details={**DETAILS, "category": "路灯"})
        reason = {"reason": "属地办理", "basis": "属地"}
        assert (await at.move(number, "dispatch", unit=DISTRICT, **reason)).status == 201
        assert (await at.move(number, "sign", "county")).status == 201
        assert (await at.move(number, "pass_down", "county", unit=STREET)).status == 201
        assert (await at.move(number, "sign", "street")).status == 201
        answer = {"facts_found": "阀门损坏", "done": "已更换", "result": "达标", "contact": "电话"}
        answer |= {"acceptance": "accepted"}
        refused = await at.move(number, "submit_answer", "street", **answer)
        assert (refused.status, "没有授予" in refused.json["detail"]) == (409, True)
        assert (await at.send("POST", "/delegations", {**told, "granted": True}, "county")).status == 201
        assert (await at.move(number, "submit_answer", "street", **answer)).status == 201


@pytest.mark.covers("R18")
async def test_the_inner_day_warns_before_the_real_one(database_url: str) -> None:
    """Inner day Friday noon, own day Tuesday: on Friday the street and the district's deputy hear of it, once."""
    async with city(database_url) as at:
        ticket = await with_the_street(at, due=civil_time("2026-11-27T12:00"))
        await at.tick(civil_time("2026-11-27T11:59"))
        assert not [text for text in await at.told(ticket, "unit") if "内部期限" in text]
        await at.tick(civil_time("2026-11-27T12:00"))
        await at.tick(civil_time("2026-11-27T12:01"))
        warned = [text.split(":")[0] for text in await at.told(ticket, "unit") if "内部期限" in text]
        assert sorted(warned) == ["warning 市西街道", "warning 滨城区"]
        assert (await at.fresh(ticket)).card is None


@pytest.mark.covers("R18")
async def test_the_district_sets_another_inner_day_meanwhile(database_url: str) -> None:
    """From Friday to Thursday: the street is told; later than the district's own Tuesday it cannot be."""
    async with city(database_url) as at:
        ticket = await with_the_street(at, due=civil_time("2026-11-27T12:00"))
        late = Facts(inner_due=civil_time("2026-12-03T00:00"))
        with pytest.raises(IllegalMoveError, match="内部期限不能晚于"):
            await at.do(ticket, Move.SET_INNER_DUE, handler(DISTRICT), late)
        with pytest.raises(IllegalMoveError, match="应由"):
            await at.do(ticket, Move.SET_INNER_DUE, handler(STREET), Facts(inner_due=civil_time("2026-11-30T00:00")))
        earlier = Facts(inner_due=civil_time("2026-11-26T12:00"))
        now = await at.do(ticket, Move.SET_INNER_DUE, handler(DISTRICT), earlier)
        assert (now.case.inner_due, now.case.due) == (civil_time("2026-11-26T12:00"), ticket.case.due)
        await at.tick(civil_time("2026-11-26T12:00"))
        assert [text for text in await at.told(ticket, "unit") if "已到上级机构规定的内部期限" in text]


@pytest.mark.covers("R18", "A26")
async def test_days_of_waiting_move_the_inner_day_as_they_move_the_real_one(database_url: str) -> None:
    """Waiting from Wednesday to Friday moves Tuesday to Thursday, and the inner Friday noon to Tuesday noon."""
    async with city(database_url) as at:
        ticket = await with_the_street(at, due=civil_time("2026-11-27T12:00"))
        at.now = civil_time("2026-11-25T10:00")
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler(STREET), Facts(reason="照片"))
        await at.do(ticket, Move.PAUSE, REVIEWER)
        await at.tick(civil_time("2026-11-27T12:00"))
        assert not [text for text in await at.told(ticket, "unit") if "内部期限" in text]
        resumed = await at.do(ticket, Move.RESUME, handler(STREET))
        assert resumed.case.due == civil_time("2026-12-04T00:00")
        assert resumed.case.inner_due == civil_time("2026-12-01T12:00")


@pytest.mark.covers("R18", "R11.1")
async def test_the_districts_own_day_is_no_inner_day(database_url: str) -> None:
    """A department of the city has no level 2 above it that could set an inner day: level 1 gives the day itself."""
    async with city(database_url) as at:
        ticket = await at.signed()
        leader = Actor("主任", "12345", Role.PRINCIPAL)
        with pytest.raises(IllegalMoveError, match="上级机构是一级机构"):
            await at.do(ticket, Move.SET_INNER_DUE, leader, Facts(inner_due=civil_time("2026-11-30T00:00")))
