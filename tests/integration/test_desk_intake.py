"""What is recorded of a matter, and what becomes of it before any unit has it (Articles 4, 6, 7, 14, 22)."""

from __future__ import annotations

import pytest

from tests.city import AGENT, CALLER, LEADER, REVIEWER, city, handler, heating
from tickets.details import Nature, Urgency
from tickets.errors import NotReadyError
from tickets.model import Channel, Kind, Opening, Status
from tickets.store import TicketFilter
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts, Role


@pytest.mark.covers("R3.1", "R4.1")
@pytest.mark.parametrize("channel", [Channel.MAILBOX, Channel.API])
async def test_whatever_channel_a_matter_comes_through_it_is_one_kind_of_record(
    database_url: str, channel: Channel
) -> None:
    """Article 4: from the mayor's mailbox or another intake it awaits review, with a number and a query code."""
    async with city(database_url) as at:
        opening = Opening(
            "",
            "13854301001",
            Kind.MATTER,
            at.now,
            automatic=False,
            channel=channel,
            details=heating(),
            role=Role.CALLER,
        )
        made = await at.books.desk.open(opening)
        assert (made.status, made.unit, made.channel) == (Status.AWAITING_REVIEW, "12345", channel)
        assert len(made.query_code) == 6
        assert await at.books.tickets.by_number(made.number) == made


@pytest.mark.covers("R14.1")
async def test_contact_address_and_matter_are_recorded_before_a_unit_gets_it(database_url: str) -> None:
    """Article 14: what its category asks for is recorded first; what is missing is named in Chinese."""
    async with city(database_url) as at:
        ticket = await at.submitted(heating(address="", fields=()))
        with pytest.raises(NotReadyError, match="地址、小区"):
            await at.sent(ticket, "住建局")
        assert (await at.books.desk.advice(ticket.id, at.now)).missing == ("地址", "小区")
        await at.books.desk.describe(ticket.id, at.acting(AGENT), heating())
        sent = await at.sent(ticket, "住建局")
        assert (sent.status, sent.unit) == (Status.AWAITING_SIGNATURE, "住建局")


@pytest.mark.covers("R14.1", "R2.1")
async def test_what_was_said_before_stays_in_the_history(database_url: str) -> None:
    """A completed record replaces none: both are in the history, with who wrote each."""
    async with city(database_url) as at:
        ticket = await at.drafted(heating(matter="暖气"))
        await at.books.desk.describe(ticket.id, at.acting(AGENT), heating(nature=Nature.COMPLAINT))
        history = await at.books.tickets.history(ticket.id)
        assert [step.row for step in history] == ["open", "describe"]
        assert history[0].told.details.matter == "暖气"  # type: ignore[union-attr]  # the first step is the opening
        assert history[1].told.details.nature is Nature.COMPLAINT  # type: ignore[union-attr]  # the second a description
        with pytest.raises(NotReadyError, match="没有「天文」这个诉求类别"):
            await at.books.desk.describe(ticket.id, at.acting(AGENT), heating(category="天文"))


@pytest.mark.covers("R14.1")
async def test_once_a_unit_has_it_only_the_reviewer_changes_the_record(database_url: str) -> None:
    """Neither an agent nor the unit rewrites what it was dispatched for."""
    async with city(database_url) as at:
        ticket = await at.dispatched()
        for who in (AGENT, handler("住建局")):
            with pytest.raises(NotReadyError, match="应由一级机构的审核派单员"):
                await at.books.desk.describe(ticket.id, at.acting(who), heating(matter="改"))
        await at.books.desk.describe(ticket.id, at.acting(REVIEWER), heating(matter="改"))


@pytest.mark.covers("R6.1", "R22.1")
async def test_out_of_scope_is_told_with_the_lawful_channel_and_no_result_is_owed(database_url: str) -> None:
    """Articles 6 and 22: the reason is one of the article's; the caller hears where to go instead."""
    async with city(database_url) as at:
        ticket = await at.submitted()
        with pytest.raises(NotReadyError, match="r6_3"):
            await at.do(ticket, Move.REFUSE, AGENT, Facts(reason_code="我不想办"))
        refused = await at.do(ticket, Move.REFUSE, AGENT, Facts(reason_code="r6_3"))
        assert refused.status is Status.NOT_ACCEPTED
        (said,) = await at.told(ticket)
        assert "信访" in said
        assert "复查、复核" in said
        again = await at.do(ticket, Move.ACCEPT_AFTER_ALL, REVIEWER, Facts(reason="信访部门未受理"))
        assert again.status is Status.AWAITING_REVIEW


@pytest.mark.covers("R14.3", "R22.1")
async def test_what_can_be_answered_at_once_is(database_url: str) -> None:
    """Article 22: a consultation that the knowledge base answers ends with the call, and is archived by class."""
    async with city(database_url) as at:
        ticket = await at.drafted()
        with pytest.raises(IllegalMoveError, match="缺少答复内容"):
            await at.do(ticket, Move.ANSWER_AT_ONCE, AGENT)
        done = await at.do(ticket, Move.ANSWER_AT_ONCE, AGENT, Facts(answer="供暖期自11月15日起"))
        assert done.status is Status.ANSWERED
        archived = await at.do(ticket, Move.ARCHIVE, REVIEWER)
        assert archived.status is Status.ARCHIVED
        (*_, last) = await at.books.tickets.history(ticket.id)
        assert last.facts.archive_class == "住建"


@pytest.mark.covers("R25.1", "A15")
async def test_a_report_on_persons_is_confidential_by_itself_and_stands_in_no_list(database_url: str) -> None:
    """举报 is marked at once; only the hotline's leader takes the mark off."""
    async with city(database_url) as at:
        ticket = await at.drafted()
        marked = await at.books.desk.describe(ticket.id, at.acting(AGENT), heating(nature=Nature.ACCUSATION))
        assert marked.confidential
        assert (await at.books.tickets.page(TicketFilter(), limit=10)).rows == []
        with pytest.raises(NotReadyError, match="只能由一级机构负责人解除"):
            await at.books.desk.describe(ticket.id, at.acting(REVIEWER), heating(), confidential=False)
        freed = await at.books.desk.describe(ticket.id, at.acting(LEADER), heating(), confidential=False)
        assert not freed.confidential


@pytest.mark.covers("R7.2")
async def test_an_emergency_is_declared_by_a_person(database_url: str) -> None:
    """Article 7: not by a key that the caller pressed, nor through the mailbox."""
    async with city(database_url) as at:
        details = heating(urgency=Urgency.EMERGENCY)
        with pytest.raises(NotReadyError, match="由工作人员认定"):
            await at.submitted(details, role=Role.CALLER)
        ticket = await at.submitted(details)
        assert ticket.emergency_at == at.now


@pytest.mark.covers("A25")
async def test_the_caller_comes_back_and_the_unit_sees_it_at_once(database_url: str) -> None:
    """催办, supplement and withdrawal are steps that the handling unit is told of; a withdrawal does not close."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.URGE, AGENT)
        await at.do(ticket, Move.SUPPLEMENT, CALLER, Facts(matter="老人卧病"))
        gone = await at.do(ticket, Move.WITHDRAW, CALLER, Facts(reason="已修好"))
        assert gone.status is Status.AWAITING_CALLBACK
        told = await at.told(ticket, "unit")
        assert [text.rpartition(":")[2] for text in told[1:]] == ["诉求人催办", "诉求人补充了材料", "诉求人撤诉"]
        assert all("老人" not in text for text in told)


@pytest.mark.covers("A28")
async def test_nobody_is_turned_away_for_leaving_no_name_and_no_number(database_url: str) -> None:
    """Taken and dispatched; there is nobody to send a notice to."""
    async with city(database_url) as at:
        ticket = await at.submitted(number="")
        sent = await at.sent(ticket, "住建局")
        assert sent.unit == "住建局"
        assert await at.told(ticket) == []
