"""Who handles: the catalogue, the levels, lead and co-handlers, first responsibility (Articles 11, 18, 19, 21)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.city import REVIEWER, RULER, WHY, city, handler, heating, lamp
from tests.city import at as civil_time
from tickets.details import Nature
from tickets.errors import NotReadyError
from tickets.from_above import InheritedLimit
from tickets.model import Status
from tickets.store import tables_work
from tickets.units import Delegation, Right
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role


@pytest.mark.covers("R21.0")
async def test_the_clerk_sees_the_catalogue_first_then_returns_rulings_and_the_like(database_url: str) -> None:
    """Before a ticket is sent: the line with its legal basis, who returned the like and why, who handled it."""
    async with city(database_url) as at:
        await at.closed()
        returned = await at.signed()
        await at.do(returned, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(returned, Move.ACCEPT_RETURN, REVIEWER)
        ticket = await at.submitted()
        advice = await at.books.desk.advice(ticket.id, at.now)
        assert [(line.lead, line.legal_basis) for line in advice.lines] == [("住建局", "《山东省供热条例》第五条")]
        assert [(one.unit, one.reason, one.outcome) for one in advice.returns] == [
            ("住建局", "不属本单位职责", "accepted")
        ]
        assert [one.unit for one in advice.similar] == ["住建局"]


@pytest.mark.covers("R21.0")
async def test_nothing_goes_below_the_level_that_is_responsible(database_url: str) -> None:
    """Heating is level 2's by the catalogue: a street gets it neither straight nor as an exception."""
    async with city(database_url) as at:
        ticket = await at.submitted()
        with pytest.raises(NotReadyError, match="由第2级机构负责"):
            await at.sent(ticket, "市西街道", exception="就近", reason="就近")


@pytest.mark.covers("R21.0")
async def test_another_lead_than_the_catalogues_is_reasoned(database_url: str) -> None:
    """The catalogue comes first; who goes past it says why, and the reason stays in the history."""
    async with city(database_url) as at:
        ticket = await at.submitted()
        with pytest.raises(NotReadyError, match="市住房城乡建设局"):
            await at.sent(ticket, "城管局")
        await at.sent(ticket, "城管局", reason="热力井盖")
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert last.facts.reason == "热力井盖"


@pytest.mark.covers("R11.1")
async def test_tickets_move_along_the_edges_of_the_tree(database_url: str) -> None:
    """Article 11: level 1 straight to level 3 only as a marked exception; a closed unit gets nothing."""
    async with city(database_url) as at:
        ticket = await at.submitted(lamp())
        with pytest.raises(IllegalMoveError, match="越级"):
            await at.sent(ticket, "市西街道")
        with pytest.raises(NotReadyError, match="已停用"):
            await at.sent(ticket, "旧局")
        with pytest.raises(NotReadyError, match="没有「月球」"):
            await at.sent(ticket, "月球")
        sent = await at.sent(ticket, "市西街道", exception="紧急抢修")
        assert (sent.unit, sent.case.givers) == ("市西街道", ("12345", "滨城区"))


@pytest.mark.covers("A16")
async def test_a_complaint_about_a_unit_goes_neither_to_it_nor_above_it(database_url: str) -> None:
    """What is said of a street goes neither to the street nor to its district."""
    async with city(database_url) as at:
        ticket = await at.submitted(lamp(nature=Nature.COMPLAINT, about="市西街道"))
        for unit in ("滨城区", "市西街道"):
            with pytest.raises(NotReadyError, match="不得派给该单位或其上级"):
                await at.sent(ticket, unit, exception="x")
        assert (await at.sent(ticket, "城管局")).unit == "城管局"


@pytest.mark.covers("R21.1", "R18", "A12", "R3.2")
async def test_the_first_unit_stays_responsible_until_the_transfer_is_signed(database_url: str) -> None:
    """Article 21: the district answers for it until the street signs; the street has its inner limits."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        inner = ticket.turn.due.at - timedelta(days=1) if ticket.turn else None
        passed = await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道", due=inner))
        assert (passed.unit, passed.case.offered_to, passed.status) == ("滨城区", "市西街道", Status.AWAITING_SIGNATURE)
        taken = await at.do(ticket, Move.SIGN, handler("市西街道"))
        assert (taken.unit, taken.case.inner_due) == ("市西街道", inner)
        assert taken.case.inner_return_by == civil_time("2026-11-26T00:00")
        assert taken.turn == ticket.turn


@pytest.mark.covers("R18")
async def test_an_inner_due_date_is_not_after_ones_own(database_url: str) -> None:
    """A district cannot give a street more time than it has."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        assert ticket.turn is not None
        late = Facts(unit="市西街道", due=ticket.turn.due.at + timedelta(days=1))
        with pytest.raises(NotReadyError, match="不能晚于本单位的办结期限"):
            await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), late)


@pytest.mark.covers("R18", "R19")
async def test_a_district_grants_and_takes_what_its_streets_may_do(database_url: str) -> None:
    """Article 19: from the day on which the district takes the right, the street cannot answer; then it can again."""
    async with city(database_url) as at:
        today = date(2026, 11, 24)
        await at.books.tickets.put(
            Delegation("d1", "市西街道", Right.ANSWER, granted=False, since=today, until=date(2026, 11, 26)), at=at.now
        )
        ticket = await at.signed("滨城区")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        with pytest.raises(NotReadyError, match="没有授予「市西街道办事处」答复的权限"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("市西街道"), at.answer())
        at.now += timedelta(days=2)
        answered = await at.do(ticket, Move.SUBMIT_ANSWER, handler("市西街道"), at.answer())
        assert answered.status is Status.AWAITING_UPPER_REVIEW


@pytest.mark.covers("R21.2", "A10", "A11")
async def test_a_co_handlers_task_holds_the_parent_open(database_url: str) -> None:
    """Article 21: the nearest common upper unit names lead and co-handlers; tasks are due 1 WD before the parent."""
    async with city(database_url) as at:
        ticket = await at.signed("住建局", co_handlers=("城管局",))
        assert ticket.status is Status.CO_HANDLING
        with pytest.raises(IllegalMoveError, match="协办任务尚未完成"):
            await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        (task,) = await at.rows(tables_work.tasks)
        assert (task["unit"], task["due"], task["outcome"]) == ("城管局", civil_time("2026-12-01T00:00"), "")
        await at.do(ticket, Move.FINISH_TASK, handler("城管局"), Facts(result="井盖已复位"))
        (task,) = await at.rows(tables_work.tasks)
        assert (task["outcome"], task["result"]) == ("finished", "井盖已复位")
        done = await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        assert done.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("A10")
async def test_a_task_is_waived_with_a_reason_by_who_named_it(database_url: str) -> None:
    """Not by the co-handler, and not without a reason."""
    async with city(database_url) as at:
        ticket = await at.signed("住建局", co_handlers=("城管局",))
        with pytest.raises(IllegalMoveError, match="应由指定协办的机构"):
            await at.do(ticket, Move.WAIVE_TASK, handler("城管局"), Facts(unit="城管局", reason="不愿"))
        waived = await at.do(ticket, Move.WAIVE_TASK, REVIEWER, Facts(unit="城管局", reason="已无必要"))
        assert waived.status is Status.IN_HANDLING
        (task,) = await at.rows(tables_work.tasks)
        assert (task["outcome"], task["result"]) == ("waived", "已无必要")


@pytest.mark.covers("R21.3", "A22", "R21.0")
async def test_a_ruling_binds_and_updates_the_catalogue(database_url: str) -> None:
    """A second return goes to 编办; its ruling is sent by force, and the next clerk finds it in the catalogue."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属供热主管部门"))
        with pytest.raises(IllegalMoveError, match="再退须申请职责裁定"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        ruling = Facts(unit="城管局", ruling="由城管局承办", basis="滨编〔2026〕9号")
        await at.do(ticket, Move.RULE, RULER, ruling)
        forced = await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER)
        assert (forced.unit, forced.case.forced) == ("城管局", "城管局")
        await at.do(ticket, Move.SIGN, handler("城管局"))
        with pytest.raises(IllegalMoveError, match="不得再退"):
            await at.do(ticket, Move.REQUEST_RETURN, handler("城管局"), WHY)
        advice = await at.books.desk.advice((await at.submitted()).id, at.now)
        assert [(line.lead, line.legal_basis) for line in advice.lines] == [("城管局", "滨编〔2026〕9号")]
        assert [(one.unit, one.basis) for one in advice.rulings] == [("城管局", "滨编〔2026〕9号")]
        lines = (await at.books.tickets.register()).catalogue
        assert {line.id: line.until for line in lines}["l1"] == date(2026, 11, 24)


@pytest.mark.covers("R25.1", "R21.0")
async def test_nothing_of_a_confidential_ticket_is_in_the_advice(database_url: str) -> None:
    """Neither its return, its ruling, nor itself as one of the like or as a repeat caller's."""
    async with city(database_url) as at:
        hidden = await at.submitted(confidential=True, number="13854309999")
        await at.sent(hidden, "住建局")
        await at.do(hidden, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(hidden, Move.REFUSE_RETURN, REVIEWER, Facts(reason="x"))
        await at.do(hidden, Move.SIGN, handler("住建局"))
        await at.do(hidden, Move.REQUEST_ADJUDICATION, handler("住建局"), WHY)
        await at.do(hidden, Move.RULE, RULER, Facts(unit="住建局", ruling="某人", basis="x"))
        ticket = await at.submitted(number="13854309999")
        advice = await at.books.desk.advice(ticket.id, at.now)
        assert (advice.rulings, advice.returns, advice.similar, advice.repeats) == ((), (), (), ())


@pytest.mark.covers("A27")
async def test_a_ticket_from_above_keeps_the_limit_that_came_with_it(database_url: str) -> None:
    """督办件: number, issuer and limit are the province's; it cannot be extended here."""
    async with city(database_url) as at:
        above = InheritedLimit(civil_time("2026-11-27T18:00"), "省12345", "鲁督2026-7")
        ticket = await at.signed(details=heating(inherited=above))
        assert ticket.turn is not None
        assert ticket.turn.due.at == civil_time("2026-11-27T18:00")
        asked = Facts(reason="复杂", working_days=3)
        with pytest.raises(IllegalMoveError, match="不能申请延期"):
            await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        assert any("省12345(鲁督2026-7)规定" in line for line in await at.books.desk.reasoning(ticket.id, at.now))


@pytest.mark.covers("R12.2")
async def test_each_unit_has_its_three_roles_and_the_register_knows_who_holds_them(database_url: str) -> None:
    """A role is held for its dates only; who does not hold it cannot act in it."""
    from tickets.register import NotRegisteredError  # noqa: PLC0415 - only here
    from tickets.units import Membership, Person  # noqa: PLC0415 - only here

    async with city(database_url) as at:
        held = Membership("zhang", "住建局", Role.DEPUTY, since=date(2026, 1, 1), until=date(2027, 1, 1))
        await at.books.tickets.put(Person("zhang", "张三", "13854309999"), held, at=at.now)
        register = await at.books.tickets.register()
        day = date(2026, 11, 24)
        assert register.actor("zhang", "住建局", Role.DEPUTY, day) == Actor("zhang", "住建局", Role.DEPUTY)
        assert [one.name for one in register.holders("住建局", [Role.PRINCIPAL, Role.DEPUTY], day)] == ["张三"]
        for role, when in ((Role.PRINCIPAL, day), (Role.DEPUTY, date(2027, 1, 1))):
            with pytest.raises(NotRegisteredError):
                register.actor("zhang", "住建局", role, when)
