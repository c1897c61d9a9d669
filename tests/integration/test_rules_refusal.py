"""What is taken and on which basis, and what is not, with the lawful way told (Articles 2, 5, 6)."""

from __future__ import annotations

import pytest

from tests.city import AGENT, REVIEWER, city, handler, heating
from tickets.details import AcceptanceBasis, Nature, Refusal
from tickets.errors import NotReadyError
from tickets.model import Channel, Status
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts


@pytest.mark.parametrize(
    ("code", "reason", "channel"),
    [
        pytest.param("r6_1", "党委、人大、政协、军队、司法机关", "12388", marks=pytest.mark.covers("R6.1")),
        pytest.param(
            "r6_2", "诉讼、仲裁、行政复议", "人民法院、仲裁机构或行政复议机关", marks=pytest.mark.covers("R6.2")
        ),
        pytest.param("r6_3", "信访", "复查、复核", marks=pytest.mark.covers("R6.3")),
        pytest.param("r6_4", "超出本市行政区划", "区号加12345", marks=pytest.mark.covers("R6.4")),
        pytest.param("r6_6", "国家秘密、商业秘密、个人隐私", "保密行政管理部门", marks=pytest.mark.covers("R6.6")),
    ],
)
async def test_each_reason_of_article_6_is_told_with_the_lawful_way_and_may_be_overridden(
    database_url: str, code: str, reason: str, channel: str
) -> None:
    """The caller hears reason and way, the contact is kept; a reviewer may take it after all, with a reason."""
    async with city(database_url) as at:
        refused = await at.do(await at.drafted(), Move.REFUSE, AGENT, Facts(reason_code=code))
        assert (refused.status, refused.caller_number) == (Status.NOT_ACCEPTED, "13854300001")
        (said,) = await at.told(refused)
        assert reason in said
        assert channel in said
        (*_, last) = await at.books.tickets.history(refused.id)
        assert last.facts.reason_code == code
        with pytest.raises(IllegalMoveError, match="缺少理由"):
            await at.do(refused, Move.ACCEPT_AFTER_ALL, REVIEWER)
        with pytest.raises(IllegalMoveError, match="应由一级机构审核派单员"):
            await at.do(refused, Move.ACCEPT_AFTER_ALL, AGENT, Facts(reason="x"))
        taken = await at.do(refused, Move.ACCEPT_AFTER_ALL, REVIEWER, Facts(reason="经核实尚未进入程序"))
        assert taken.status is Status.AWAITING_REVIEW


@pytest.mark.covers("R6.6")
async def test_the_reasons_are_those_of_the_article_and_no_others(database_url: str) -> None:
    """The number that called (item 5) is dealt with before the call is answered, and is no reason here."""
    async with city(database_url) as at:
        assert [one.value for one in Refusal] == ["r6_1", "r6_2", "r6_3", "r6_4", "r6_6"]
        with pytest.raises(NotReadyError, match="不予受理的理由应为"):
            await at.do(await at.drafted(), Move.REFUSE, AGENT, Facts(reason_code="r6_5"))


@pytest.mark.covers("R5", "R2.1")
@pytest.mark.parametrize(
    ("nature", "basis"),
    [
        (Nature.CONSULTATION, AcceptanceBasis.CONSULTATION),
        (Nature.HELP, AcceptanceBasis.HELP),
        (Nature.SUGGESTION, AcceptanceBasis.OPINION),
        (Nature.COMPLAINT, AcceptanceBasis.COMPLAINT),
        (Nature.PRAISE, AcceptanceBasis.SERVICE),
        (Nature.OTHER, AcceptanceBasis.SERVICE),
    ],
)
async def test_each_kind_of_article_5_is_kept_as_the_basis_of_acceptance(
    database_url: str, nature: Nature, basis: AcceptanceBasis
) -> None:
    """Where nobody says otherwise the nature tells it; nature and category (供暖) are two things."""
    async with city(database_url) as at:
        ticket = await at.signed(details=heating(nature=nature))
        assert (ticket.details.basis, ticket.details.category) == (basis, "供暖")


@pytest.mark.covers("R5")
async def test_who_takes_a_matter_may_name_another_basis(database_url: str) -> None:
    """What the agent says holds, for whatever nature."""
    async with city(database_url) as at:
        ticket = await at.drafted()
        assert ticket.details.basis is AcceptanceBasis.HELP
        told = heating(nature=Nature.HELP, basis=AcceptanceBasis.OPINION)
        kept = await at.books.desk.describe(ticket.id, at.acting(AGENT), told)
        assert kept.details.basis is AcceptanceBasis.OPINION


@pytest.mark.covers("R14.3", "R14.6")
async def test_what_a_unit_has_had_is_called_back_even_if_it_is_refused_in_the_end(database_url: str) -> None:
    """Returned and then out of scope: it is called back before it ends."""
    async with city(database_url) as at:
        ticket = await at.signed()
        why = Facts(reason="法院已立案", basis="受理通知书", suggestion="不予受理")
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), why)
        await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        refused = await at.do(ticket, Move.REFUSE, AGENT, Facts(reason_code="r6_2"))
        assert refused.status is Status.AWAITING_CALLBACK


@pytest.mark.covers("R9.1")
def test_there_is_no_channel_for_visitors() -> None:
    """Article 9: by telephone, mailbox, interface, or from another system's books; nobody is received in person."""
    assert {one.value for one in Channel} == {"telephone", "mailbox", "api", "import"}
