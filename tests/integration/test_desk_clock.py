"""What the clock does by itself: cards, escalations, our own limits, emergencies (R3.3, R7.2, A2, A9, A24, A26)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.city import AGENT, REVIEWER, WHY, City, city, handler, heating
from tests.city import at as civil_time
from tickets.cards import Card
from tickets.details import Urgency
from tickets.history import replay
from tickets.model import Status, Ticket
from tickets.ruleset import DEFAULT_RULES
from tickets.store import tables_work
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts


async def warnings(at: City, ticket: Ticket) -> list[str]:
    """What the clock has said in the history of a ticket."""
    return [step.facts.ground for step in await at.books.tickets.history(ticket.id) if step.row == Move.WARN]


@pytest.mark.covers("R3.3", "A9")
async def test_a_yellow_card_a_day_before_a_red_one_a_day_after_and_supervision(database_url: str) -> None:
    """Due on 1 December: yellow from the 30th, red on the 2nd, and the ticket is supervised from then on."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.tick(civil_time("2026-11-29T23:59"))
        assert (await at.fresh(ticket)).card is None
        await at.tick(civil_time("2026-11-30T00:00"))
        assert (await at.fresh(ticket)).card is Card.YELLOW
        await at.tick(civil_time("2026-12-02T00:00"))
        late = await at.fresh(ticket)
        assert (late.card, late.status) == (Card.RED, Status.SUPERVISED)
        assert await warnings(at, ticket) == ["yellow_card", "red_card"]
        roles = [row["roles"] for row in await at.rows(tables_work.notices) if row["kind"] == "warning"]
        assert ["handler", "deputy", "principal"] in roles


@pytest.mark.covers("R22.4", "R3.3")
async def test_an_extension_takes_the_yellow_card_away_and_sets_a_new_one(database_url: str) -> None:
    """The card belongs to the date: when that moves it is gone, and comes again before the new one."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.tick(civil_time("2026-11-30T08:00"))
        asked = Facts(reason="施工", working_days=3)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        told = await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="电话"))
        assert told.turn is not None
        assert (told.card, told.turn.due.on) == (None, date(2026, 12, 4))
        await at.tick(civil_time("2026-12-02T12:00"))
        assert (await at.fresh(ticket)).card is None
        await at.tick(civil_time("2026-12-03T00:00"))
        assert (await at.fresh(ticket)).card is Card.YELLOW


@pytest.mark.covers("A24")
async def test_our_own_silence_never_makes_a_unit_late(database_url: str) -> None:
    """A return decided two days late: the days in which we were late are given to the unit."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.tick(civil_time("2026-11-26T00:00"))
        assert (await at.fresh(ticket)).paused
        await at.tick(civil_time("2026-12-03T00:00"))
        assert await warnings(at, ticket) == ["decide_overdue"]
        at.now = civil_time("2026-12-03T10:00")
        kept = await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason="属供热"))
        assert kept.turn is not None
        # Counted until the end of the 25th: one day. Then it stood until the 3rd, which does not count: four are left.
        assert (kept.status, kept.turn.due.on, kept.card) == (Status.IN_HANDLING, date(2026, 12, 9), None)
        assert any("审批逾期" in line for line in await at.books.desk.reasoning(ticket.id, at.now))


@pytest.mark.covers("A2", "A24")
@pytest.mark.parametrize(
    ("state", "fires", "ground"),
    [
        ("review", "2026-11-26T00:00", "review_overdue"),
        ("sign", "2026-11-26T00:00", "sign_overdue"),
        ("callback", "2026-11-26T00:00", "callback_overdue"),
    ],
)
async def test_limits_on_signing_and_on_ourselves_escalate_after_one_working_day(
    database_url: str, state: str, fires: str, ground: str
) -> None:
    """Review and dispatch, signing, the start of callbacks: one working day each, then those above hear of it."""
    async with city(database_url) as at:
        making: dict[str, Callable[[], Awaitable[Ticket]]] = {
            "review": at.submitted,
            "sign": at.dispatched,
            "callback": at.answered,
        }
        ticket = await making[state]()
        await at.tick(civil_time(fires) - timedelta(seconds=1))
        assert await warnings(at, ticket) == []
        await at.tick(civil_time(fires))
        assert await warnings(at, ticket) == [ground]


@pytest.mark.covers("A24")
async def test_what_was_done_in_time_is_not_warned_of(database_url: str) -> None:
    """Signed, answered and closed, a ticket leaves no timer that waits."""
    async with city(database_url) as at:
        ticket = await at.closed()
        assert [row["kind"] for row in await at.rows(tables_work.timers)] == []
        await at.later(days=60)
        assert await warnings(at, ticket) == []


@pytest.mark.covers("A26")
async def test_after_five_working_days_of_waiting_the_clock_runs_again_by_itself(database_url: str) -> None:
    """Nobody resumes it: at the end of the fifth working day the system does, with the due day moved."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="请提供票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER, Facts(notice_id="sms"))
        await at.tick(civil_time("2026-12-01T23:00"))
        assert (await at.fresh(ticket)).status is Status.WAITING_FOR_MATERIAL
        await at.tick(civil_time("2026-12-02T00:00"))
        again = await at.fresh(ticket)
        assert again.turn is not None
        assert (again.status, again.turn.due.on, again.card) == (Status.IN_HANDLING, date(2026, 12, 8), None)


@pytest.mark.covers("R18")
async def test_a_districts_inner_limit_is_warned_of(database_url: str) -> None:
    """The street and its district hear that the inner day has come; level 1's limit runs on."""
    async with city(database_url) as at:
        ticket = await at.signed("滨城区")
        await at.do(
            ticket, Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道", due=civil_time("2026-11-28T00:00"))
        )
        await at.do(ticket, Move.SIGN, handler("市西街道"))
        await at.tick(civil_time("2026-11-28T00:00"))
        assert await warnings(at, ticket) == ["inner_due"]
        told = [text for text in await at.told(ticket, "unit") if text.startswith("warning")]
        assert sorted(text.split(":")[0] for text in told) == ["warning 市西街道", "warning 滨城区"]


@pytest.mark.covers("R7.2")
async def test_an_emergency_runs_on_clock_time_and_climbs_until_each_unit_has_acknowledged(database_url: str) -> None:
    """Ten minutes to dispatch; each unit is asked, then its deputy, its principal, then our leader; reports are due."""
    async with city(database_url) as at:
        at.now = civil_time("2026-11-28T22:00")  # a Saturday night
        ticket = await at.submitted(heating(urgency=Urgency.EMERGENCY))
        await at.later(minutes=10)
        assert await warnings(at, ticket) == ["emergency_target"]
        await at.sent(ticket, "住建局", co_handlers=("城管局",))
        await at.do(ticket, Move.ACKNOWLEDGE, handler("城管局"), Facts(channel="telephone"))
        for rank in (1, 2, 3):
            await at.later(minutes=10)
            rows = {row["unit"]: row for row in await at.rows(tables_work.acknowledgements)}
            assert (rows["住建局"]["rank"], rows["住建局"]["acknowledged_at"]) == (rank, None)
        assert rows["城管局"]["channel"] == "telephone"
        roles = [(row["recipient"], row["roles"]) for row in await at.rows(tables_work.notices)]
        told = [one for one in roles if one[1] in (["deputy"], ["principal"], ["leader"])]
        assert sorted(told) == sorted([("住建局", ["deputy"]), ("住建局", ["principal"]), ("12345", ["leader"])])
        await at.do(ticket, Move.SIGN, handler("住建局"))
        assert (await at.fresh(ticket)).awaited == ()
        await at.tick(civil_time("2026-11-29T00:00"))
        assert (await warnings(at, ticket))[-1] == "emergency_report"
        await at.do(ticket, Move.REPORT, handler("住建局"), Facts(facts_found="已控制,无伤亡"))
        await at.later(hours=23)
        count = len(await warnings(at, ticket))
        await at.later(hours=1)
        assert (await warnings(at, ticket))[count:] == ["emergency_report"]


@pytest.mark.covers("R7.2")
async def test_an_emergency_that_is_none_goes_back_to_working_days(database_url: str) -> None:
    """Taken off by a person, its clock-time limits are gone."""
    async with city(database_url) as at:
        ticket = await at.submitted(heating(urgency=Urgency.EMERGENCY))
        await at.books.desk.describe(ticket.id, at.acting(AGENT), heating())
        await at.later(hours=3)
        assert await warnings(at, ticket) == []


@pytest.mark.covers("R7.2")
async def test_a_ticket_that_becomes_an_emergency_is_acknowledged_by_all_who_have_it(database_url: str) -> None:
    """Lead and co-handler are asked at once and told; taken off again nobody is asked any more, and that is noted."""
    async with city(database_url) as at:
        ticket = await at.signed(co_handlers=("城管局",))
        urgent = heating(urgency=Urgency.EMERGENCY)
        raised = await at.books.desk.describe(ticket.id, at.acting(REVIEWER), urgent)
        assert raised.awaited == (("住建局", at.now), ("城管局", at.now))
        told = await at.told(ticket, "unit")
        assert {text.split(" ")[1] for text in told if "转为突发紧急件" in text} == {"住建局:", "城管局:"}
        await at.do(ticket, Move.ACKNOWLEDGE, handler("城管局"))
        await at.books.desk.describe(ticket.id, at.acting(REVIEWER), replace(urgent, address="黄河六路"))
        assert [unit for unit, _ in (await at.fresh(ticket)).awaited] == ["住建局"]
        await at.books.desk.describe(ticket.id, at.acting(REVIEWER), heating())
        assert (await at.fresh(ticket)).awaited == ()
        rows = {row["unit"]: row["channel"] for row in await at.rows(tables_work.acknowledgements)}
        assert rows == {"住建局": "void", "城管局": "screen"}
        history = await at.books.tickets.history(ticket.id)
        register = await at.books.tickets.register()
        assert replay(history, register.tree, DEFAULT_RULES) == await at.fresh(ticket)
