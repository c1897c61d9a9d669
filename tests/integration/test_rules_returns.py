"""Returns, disputes and passing on, as somebody would try to get round them (Articles 11, 21, 22)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from tests.city import REVIEWER, RULER, WHY, City, city, handler, lamp
from tests.city import at as civil_time
from tickets.catalogue import CatalogueLine
from tickets.errors import NotReadyError
from tickets.model import Status, Ticket
from tickets.units import Unit, UnitKind
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

DEPUTY = Actor("分管区长", "滨城区", Role.DEPUTY)
MORE = (
    Unit("沾化区", "沾化区政府", UnitKind.COUNTY, "12345"),
    Unit("富国街道", "富国街道办事处", UnitKind.TOWNSHIP, "沾化区"),
    Unit("阳光社区", "阳光社区工作站", UnitKind.VILLAGE, "市西街道"),
)


@asynccontextmanager
async def binzhou(where: str) -> AsyncIterator[City]:
    """The city with a second district and a village station under a street."""
    async with city(where) as at:
        await at.books.tickets.put(*MORE, at=at.now)
        yield at


async def at_the_street(at: City) -> Ticket:
    """A lamp that 市西街道 has signed for, from 滨城区."""
    ticket = await at.signed("滨城区")
    await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
    return await at.do(ticket, Move.SIGN, handler("市西街道"))


async def grounds(at: City, ticket: Ticket) -> list[str]:
    """What the clock has warned of."""
    return [one.facts.ground for one in await at.books.tickets.history(ticket.id) if one.row == Move.WARN]


@pytest.mark.covers("R11.1")
async def test_nobody_passes_a_ticket_outside_its_branch(database_url: str) -> None:
    """市西街道 passes to no other street and not up; 滨城区 not outside its own, nor over a level."""
    async with binzhou(database_url) as at:
        ticket = await at_the_street(at)
        for unit in ("富国街道", "北镇街道", "滨城区", "12345"):
            with pytest.raises(IllegalMoveError, match=r"不是下级单位\(第十一条\)"):
                await at.do(ticket, Move.PASS_DOWN, handler("市西街道"), Facts(unit=unit))
        other = await at.signed("滨城区")
        with pytest.raises(IllegalMoveError, match="不是下级单位"):
            await at.do(other, Move.PASS_DOWN, handler("滨城区"), Facts(unit="富国街道"))
        with pytest.raises(IllegalMoveError, match="不能越级"):
            await at.do(other, Move.PASS_DOWN, handler("滨城区"), Facts(unit="阳光社区"))


@pytest.mark.covers("R21.0")
async def test_what_level_2_is_responsible_for_is_not_passed_down_either(database_url: str) -> None:
    """The catalogue gives lamps of 滨城区 to level 2: its streets do not get them."""
    async with binzhou(database_url) as at:
        line = CatalogueLine("l2", "路灯", "滨城区", "《城市照明管理规定》", place="滨城区", level=2)
        await at.books.tickets.put(line, at=at.now)
        ticket = await at.signed("滨城区")
        with pytest.raises(NotReadyError, match=r"由第2级机构负责.*不得派到第3级的「市西街道办事处」"):
            await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))


@pytest.mark.covers("A12", "R21.1")
async def test_level_3_gives_back_within_one_working_day_signed_or_not(database_url: str) -> None:
    """Passed down on Tuesday: given back until Wednesday's end; from Thursday on neither declined nor returned."""
    async with binzhou(database_url) as at:
        first, second = await at.signed("滨城区"), await at.signed("滨城区")
        for ticket in (first, second):
            await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        at.now = civil_time("2026-11-25T23:59:59")
        back = await at.do(first, Move.DECLINE, handler("市西街道"), WHY)
        assert (back.status, back.unit) == (Status.IN_HANDLING, "滨城区")
        at.now = civil_time("2026-11-26T00:00")
        with pytest.raises(IllegalMoveError, match="退还期限2026-11-26 00:00已过"):
            await at.do(second, Move.DECLINE, handler("市西街道"), WHY)
        assert (await at.fresh(second)).unit == "滨城区"
        await at.do(second, Move.SIGN, handler("市西街道"))
        with pytest.raises(IllegalMoveError, match="须申请职责裁定"):
            await at.do(second, Move.REQUEST_RETURN, handler("市西街道"), WHY)


@pytest.mark.covers("A12", "A24")
async def test_a_district_gains_no_time_by_sitting_on_its_streets_return(database_url: str) -> None:
    """滨城区's silence is not ours: neither its two days nor the five stand still."""
    async with binzhou(database_url) as at:
        ticket = await at_the_street(at)
        await at.do(ticket, Move.REQUEST_RETURN, handler("市西街道"), WHY)
        await at.tick(civil_time("2026-11-26T00:00"))
        stood = await at.fresh(ticket)
        assert (await grounds(at, ticket), stood.paused) == (["upper_decide_overdue"], False)
        told = [text for text in await at.told(ticket, "unit") if "上级机构审批超过时限" in text]
        assert sorted(text.split(":")[0] for text in told) == ["warning 12345", "warning 滨城区"]
        at.now = civil_time("2026-11-27T09:00")
        back = await at.do(ticket, Move.ACCEPT_RETURN, DEPUTY)
        assert (back.unit, back.turn) == ("滨城区", ticket.turn)
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-27 00:00已过"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("滨城区"), WHY)
        await at.tick(civil_time("2026-12-02T00:00"))
        assert (await grounds(at, ticket))[-1] == "red_card"


@pytest.mark.covers("R21.3", "R22.6", "A3")
async def test_a_unit_that_loses_its_dispute_has_won_no_days(database_url: str) -> None:
    """Four days used, then a ruling that it is 住建局 all the same: one day is left, not five."""
    async with binzhou(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-30T16:00")
        await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        at.now = civil_time("2026-12-02T10:00")
        await at.do(ticket, Move.RULE, RULER, Facts(unit="住建局", ruling="由住建局承办", basis="三定方案"))
        forced = await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER)
        assert forced.turn is not None
        # Four days until the 30th; it stood until 2 December, which does not count: the 3rd is the fifth.
        assert (forced.unit, forced.turn.due.on, forced.case.due) == (
            "住建局",
            date(2026, 12, 3),
            civil_time("2026-12-04T00:00"),
        )
        assert any("职责裁定中" in line for line in await at.books.desk.reasoning(ticket.id, at.now))
        signed = await at.do(ticket, Move.SIGN, handler("住建局"))
        assert signed.status is Status.IN_HANDLING


@pytest.mark.covers("R21.3", "A3", "R3.3")
async def test_who_wins_a_dispute_hands_on_a_fresh_limit_but_the_citizens_wait_is_watched(database_url: str) -> None:
    """城管局 has its own five days; that the citizen has waited for five since the first day, level 1 hears."""
    async with binzhou(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-30T16:00")
        await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        await at.do(ticket, Move.RULE, RULER, Facts(unit="城管局", ruling="由城管局承办", basis="三定方案"))
        forced = await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER)
        assert forced.turn is not None
        assert forced.turn.due.on == date(2026, 12, 7)
        await at.do(ticket, Move.SIGN, handler("城管局"))
        await at.tick(civil_time("2026-12-01T23:59"))
        assert await grounds(at, ticket) == []
        await at.tick(civil_time("2026-12-02T00:00"))
        assert await grounds(at, ticket) == ["citizen_waits"]
        assert (await at.fresh(ticket)).card is None


@pytest.mark.covers("R21.3")
async def test_nobody_rules_in_their_own_cause_nor_for_a_closed_unit(database_url: str) -> None:
    """Nobody of 住建局 rules on it; a ruling names a unit that takes tickets, says what and why, and in time."""
    async with binzhou(database_url) as at:
        ticket = await at.signed()
        at.now = civil_time("2026-11-27T09:00")
        await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        ruling = Facts(unit="城管局", ruling="由城管局承办", basis="三定方案")
        with pytest.raises(IllegalMoveError, match="应由受理该争议的裁定机构裁定人员办理"):
            await at.do(ticket, Move.RULE, Actor("自己人", "住建局", Role.ADJUDICATOR), ruling)
        with pytest.raises(NotReadyError, match="已停用"):
            await at.do(ticket, Move.RULE, RULER, Facts(unit="旧局", ruling="由旧局承办", basis="三定方案"))
        with pytest.raises(IllegalMoveError, match="缺少裁定意见、依据"):
            await at.do(ticket, Move.RULE, RULER, Facts(unit="城管局"))
        await at.tick(civil_time("2026-12-02T00:00"))
        assert await grounds(at, ticket) == ["adjudicate_overdue"]


@pytest.mark.covers("R24.1", "R11.1", "A4")
async def test_what_a_village_station_does_its_district_looks_at(database_url: str) -> None:
    """Extension and answer of a fourth-level station go to 滨城区, which is level 2, and not to the street."""
    async with binzhou(database_url) as at:
        ticket = await at_the_street(at)
        await at.do(ticket, Move.PASS_DOWN, handler("市西街道"), Facts(unit="阳光社区"))
        await at.do(ticket, Move.SIGN, handler("阳光社区"))
        street = Actor("街道主任", "市西街道", Role.PRINCIPAL)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("阳光社区"), Facts(reason="等灯具", working_days=2))
        with pytest.raises(IllegalMoveError, match="应由二级机构"):
            await at.do(ticket, Move.ENDORSE_EXTENSION, street)
        await at.do(ticket, Move.ENDORSE_EXTENSION, DEPUTY)
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("阳光社区"), at.answer())
        with pytest.raises(IllegalMoveError, match="应由二级机构"):
            await at.do(ticket, Move.APPROVE_ANSWER, street)
        assert (await at.do(ticket, Move.APPROVE_ANSWER, DEPUTY)).status is Status.AWAITING_CALLBACK


@pytest.mark.covers("R21.2", "A10", "A16")
async def test_a_co_handler_is_a_unit_that_takes_tickets_and_is_not_complained_of(database_url: str) -> None:
    """Neither a closed unit, nor the street complained of, nor its district can be named later on."""
    async with binzhou(database_url) as at:
        ticket = await at.signed("城管局", lamp(about="市西街道"))
        for unit, why in (("旧局", "已停用"), ("市西街道", "不得派给该单位或其上级"), ("滨城区", "不得派给")):
            with pytest.raises(NotReadyError, match=why):
                await at.do(ticket, Move.NAME_CO_HANDLERS, REVIEWER, Facts(co_handlers=(unit,)))
        named = await at.do(ticket, Move.NAME_CO_HANDLERS, REVIEWER, Facts(co_handlers=("住建局",)))
        assert named.case.tasks == ("住建局",)


@pytest.mark.covers("A10", "A11")
async def test_who_named_a_co_handler_waives_it_and_nobody_else(database_url: str) -> None:
    """滨城区 cannot waive 城管局, which level 1 named; 北镇街道 it named itself."""
    async with binzhou(database_url) as at:
        ticket = await at.signed("滨城区", co_handlers=("城管局",))
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.do(ticket, Move.NAME_CO_HANDLERS, DEPUTY, Facts(co_handlers=("北镇街道",)))
        with pytest.raises(IllegalMoveError, match="「城管局」由「12345」指定协办"):
            await at.do(ticket, Move.WAIVE_TASK, DEPUTY, Facts(unit="城管局", reason="不需要"))
        await at.do(ticket, Move.WAIVE_TASK, REVIEWER, Facts(unit="城管局", reason="不需要"))
        left = await at.do(ticket, Move.WAIVE_TASK, DEPUTY, Facts(unit="北镇街道", reason="不需要"))
        assert left.case.tasks == ()


@pytest.mark.covers("A12", "R11.1")
async def test_what_went_straight_to_a_street_goes_back_to_its_district_within_a_day(database_url: str) -> None:
    """越级派单 by exception: the street has one working day, and its district what is left of the two."""
    async with binzhou(database_url) as at:
        first = await at.sent(await at.submitted(lamp()), "市西街道", exception="紧急抢修")
        second = await at.sent(await at.submitted(lamp()), "市西街道", exception="紧急抢修")
        at.now = civil_time("2026-11-25T23:59")
        await at.do(first, Move.REQUEST_RETURN, handler("市西街道"), WHY)
        back = await at.do(first, Move.ACCEPT_RETURN, DEPUTY)
        assert (back.unit, back.status) == ("滨城区", Status.AWAITING_SIGNATURE)
        at.now = civil_time("2026-11-26T08:30")
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-26 00:00已过"):
            await at.do(second, Move.REQUEST_RETURN, handler("市西街道"), WHY)
        await at.do(first, Move.REQUEST_RETURN, handler("滨城区"), WHY)


@pytest.mark.covers("A12", "R18")
async def test_a_street_keeps_its_own_limits_when_its_village_station_declines(database_url: str) -> None:
    """Its one day to return and its inner due day ran on meanwhile, and are not lost."""
    async with binzhou(database_url) as at:
        ticket = await at.signed("滨城区")
        inner = civil_time("2026-11-28T00:00")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道", due=inner))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.do(ticket, Move.PASS_DOWN, handler("市西街道"), Facts(unit="阳光社区"))
        at.now = civil_time("2026-11-25T09:00")
        back = await at.do(ticket, Move.DECLINE, handler("阳光社区"), WHY)
        assert (back.unit, back.case.inner_due) == ("市西街道", inner)
        at.now = civil_time("2026-11-26T00:00")
        with pytest.raises(IllegalMoveError, match="退回期限2026-11-26 00:00已过"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("市西街道"), WHY)
