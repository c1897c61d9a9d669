"""Disputes on duty go to 编办, disputes on the law to 司法行政, of the level at which they arise (R21.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.case_kit import city as http_city
from tests.city import CALLER, JURIST, REVIEWER, RULER, WHY, City, city, handler
from tests.http_kit import TOKEN
from tickets.disputes import Dispute, body_for
from tickets.model import Status, Ticket
from tickets.unit_tree import UnitTree
from tickets.units import Unit, UnitKind
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

LAW = replace(WHY, dispute=Dispute.LAW)
TREE = UnitTree("12345", {"编办": "12345", "滨城区": "12345", "区编办": "滨城区", "市西街道": "滨城区"})


async def disputed(at: City, facts: Facts = WHY) -> Ticket:
    """The housing department's return was refused, and it insists."""
    ticket = await at.signed()
    await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
    await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属你单位"))
    return await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("住建局"), facts)


@pytest.mark.covers("R21.3")
@pytest.mark.parametrize(
    ("unit", "dispute", "bodies", "found"),
    [
        ("市西街道", Dispute.DUTY, {"编办": [Dispute.DUTY], "区编办": [Dispute.DUTY]}, "区编办"),
        ("滨城区", Dispute.DUTY, {"编办": [Dispute.DUTY], "区编办": [Dispute.DUTY]}, "编办"),
        ("市西街道", Dispute.LAW, {"编办": [Dispute.DUTY, Dispute.LAW], "区编办": [Dispute.DUTY]}, "编办"),
        ("区编办", Dispute.DUTY, {"编办": [Dispute.DUTY], "区编办": [Dispute.DUTY]}, "编办"),
        ("市西街道", Dispute.LAW, {"编办": [Dispute.DUTY]}, ""),
        ("unknown", Dispute.DUTY, {"编办": [Dispute.DUTY]}, ""),
    ],
)
def test_the_nearest_body_of_the_kind_decides(
    unit: str, dispute: Dispute, bodies: dict[str, list[Dispute]], found: str
) -> None:
    """A street's dispute is the county's to decide, a county's the city's; nobody decides their own."""
    assert body_for(dispute, unit, TREE, bodies, {unit}) == found


@pytest.mark.covers("R21.3", "A22")
async def test_a_dispute_on_duty_is_for_the_office_of_establishments(database_url: str) -> None:
    """The unit names none: it is one on duty. Only 编办 may rule, and it is told; the ruling keeps the kind."""
    async with city(database_url) as at:
        ticket = await disputed(at)
        assert (ticket.case.dispute, ticket.case.adjudicator) == (Dispute.DUTY, "编办")
        assert any("职责争议待裁定" in text for text in await at.told(ticket, "unit"))
        ruling = Facts(ruling="由城管局承办", basis="三定方案", unit="城管局")
        with pytest.raises(IllegalMoveError, match="应由受理该争议的裁定机构裁定人员办理"):
            await at.do(ticket, Move.RULE, JURIST, ruling)
        ruled = await at.do(ticket, Move.RULE, RULER, ruling)
        assert ruled.case.ruled == "城管局"
        bound = await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER, Facts(unit="城管局"))
        assert (bound.unit, bound.case.dispute, bound.case.adjudicator) == ("城管局", None, "")


@pytest.mark.covers("R21.3")
async def test_a_dispute_on_the_law_is_for_the_office_of_justice(database_url: str) -> None:
    """编办 may not rule on it; level 1 may refer it to the other body, whose own limit then begins."""
    async with city(database_url) as at:
        ticket = await disputed(at, LAW)
        assert (ticket.case.dispute, ticket.case.adjudicator) == (Dispute.LAW, "司法局")
        ruling = Facts(ruling="适用物业管理条例", basis="《物业管理条例》", unit="住建局")
        with pytest.raises(IllegalMoveError, match="裁定机构"):
            await at.do(ticket, Move.RULE, RULER, ruling)
        at.now += timedelta(hours=5)
        referred = await at.do(ticket, Move.REFER_DISPUTE, REVIEWER, Facts(dispute=Dispute.DUTY, reason="实为职责之争"))
        assert (referred.case.adjudicator, referred.since) == ("编办", at.now)
        await at.do(ticket, Move.REFER_DISPUTE, REVIEWER, Facts(dispute=Dispute.LAW, reason="仍属法律适用"))
        assert (await at.do(ticket, Move.RULE, JURIST, ruling)).case.ruled == "住建局"
        with pytest.raises(IllegalMoveError, match="已作出裁定"):
            await at.do(ticket, Move.REFER_DISPUTE, REVIEWER, Facts(dispute=Dispute.DUTY, reason="x"))


@pytest.mark.covers("R21.3")
async def test_a_street_and_its_county_are_ruled_on_by_the_countys_own_body(database_url: str) -> None:
    """区编办 decides between the county and those below it, not for a department of the city."""
    async with city(database_url) as at:
        county_body = Unit("区编办", "区委编办", UnitKind.COUNTY_DEPARTMENT, "滨城区", adjudicates=(Dispute.DUTY,))
        await at.books.tickets.put(county_body, at=at.now)
        ticket = await at.signed("滨城区")
        await at.do(ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.later(days=2)
        asked = await at.do(ticket, Move.REQUEST_ADJUDICATION, handler("市西街道"), WHY)
        assert asked.case.adjudicator == "区编办"
        with pytest.raises(IllegalMoveError, match="裁定机构"):
            await at.do(ticket, Move.RULE, RULER, Facts(ruling="x", basis="x", unit="市西街道"))
        judge = Actor("区编办老孙", "区编办", Role.ADJUDICATOR)
        with pytest.raises(IllegalMoveError, match="只裁定「滨城区」及其下级之间的争议"):
            await at.do(ticket, Move.RULE, judge, Facts(ruling="x", basis="x", unit="住建局"))
        ruled = await at.do(ticket, Move.RULE, judge, Facts(ruling="由北镇街道承办", basis="三定", unit="北镇街道"))
        assert ruled.case.ruled == "北镇街道"


@pytest.mark.covers("R21.3")
async def test_where_no_body_is_registered_level_1_is_told_and_refers_it_later(database_url: str) -> None:
    """The unit's clock stands; nobody else may rule; once the body is in the register the dispute goes to it."""
    async with city(database_url) as at:
        justice = (await at.books.tickets.register()).units["司法局"]
        await at.books.tickets.put(replace(justice, adjudicates=()), at=at.now)
        ticket = await disputed(at, LAW)
        assert (ticket.case.adjudicator, ticket.paused) == ("", True)
        assert any("没有可送的裁定机构" in text for text in await at.told(ticket, "unit"))
        with pytest.raises(IllegalMoveError, match="裁定机构"):
            await at.do(ticket, Move.RULE, RULER, Facts(ruling="x", basis="x", unit="住建局"))
        await at.books.tickets.put(justice, at=at.now)
        referred = await at.do(ticket, Move.REFER_DISPUTE, REVIEWER, Facts(dispute=Dispute.LAW, reason="已登记"))
        assert referred.case.adjudicator == "司法局"
        withdrawn = await at.do(ticket, Move.WITHDRAW, CALLER, Facts(reason="已解决"))
        assert (withdrawn.status, withdrawn.case.adjudicator) == (Status.AWAITING_CALLBACK, "")


@pytest.mark.covers("R21.3", "R14.8")
async def test_each_body_reads_what_waits_for_it(tmp_path: Path, database_url: str) -> None:
    """编办 sees the dispute on duty, 司法行政 the one on the law, level 1 both, units none; what is ruled is gone."""
    async with http_city(tmp_path, database_url) as at:
        numbers = []
        for dispute in ("duty", "law"):
            number = await at.signed()
            why = {"reason": "非本单位职责", "basis": "三定方案", "suggestion": "转城管局"}
            assert (await at.move(number, "request_return", "housing", **why)).status == 201
            assert (await at.move(number, "refuse_return", reason="属你单位")).status == 201
            asked = await at.move(number, "request_adjudication", "housing", dispute=dispute, **why)
            assert asked.status == 201, asked.body.decode()
            numbers.append(number)

        async def waiting(token: str = TOKEN) -> list[tuple[str, str, str]]:
            rows = (await at.get("/disputes", token)).json["disputes"]
            return [(one["ticket"], one["dispute"], one["body"]) for one in rows]

        duty, law = (numbers[0], "duty", "编办"), (numbers[1], "law", "司法局")
        assert (await waiting("bianban"), await waiting("justice")) == ([duty], [law])
        assert (await waiting(), await waiting("housing")) == ([duty, law], [])
        assert (await at.get(f"/tickets/{numbers[1]}", "bianban")).status == 404
        first = (await at.get("/disputes?limit=1")).json
        assert [one["ticket"] for one in first["disputes"]] == [numbers[0]]
        second = (await at.get(f"/disputes?limit=1&cursor={first['next']}")).json
        assert ([one["ticket"] for one in second["disputes"]], second["next"]) == ([numbers[1]], None)
        ruling = {"ruling": "由城管局办理", "basis": "编办意见", "unit": "城管局"}
        assert (await at.move(numbers[0], "rule", "bianban", **ruling)).status == 201
        assert await waiting() == [law]
        (told,) = (await at.get("/rulings", "bianban")).json["rulings"]
        assert (told["ticket"], told["dispute"]) == (numbers[0], "duty")
        assert ("disputes.list", numbers[1], "") in await at.desk.audited()
