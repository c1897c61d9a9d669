"""Several people on one ticket: one wins, the others hear who did what; a refusal changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from common.store import NotWritten
from tests.books import books
from tests.city import AGENT, REVIEWER, City, city, handler
from tickets.desk import Acting
from tickets.errors import Conflict, NoSuchTicketError
from tickets.model import Ticket
from tickets.store import tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role


async def test_of_two_clerks_one_wins_and_the_other_hears_who_did_what(database_url: str) -> None:
    """Both looked at the same version: the second is told that it was dispatched, by whom, and nothing changes."""
    async with city(database_url) as at:
        ticket = await at.submitted()
        first, second = Actor("甲", "12345", Role.REVIEWER), Actor("乙", "12345", Role.REVIEWER)

        async def send(who: Actor, unit: str) -> Ticket:
            facts = Facts(unit=unit, basis="目录", reason="就近")
            return await at.books.desk.move(ticket.id, Move.DISPATCH, Acting(who, at.now, ticket.steps), facts)

        done = await asyncio.gather(send(first, "住建局"), send(second, "城管局"), return_exceptions=True)
        (won,) = [one for one in done if isinstance(one, Ticket)]
        (lost,) = [one for one in done if isinstance(one, Conflict)]
        assert "派单" in str(lost)
        assert lost.meanwhile[0].actor.who in str(lost)
        assert await at.fresh(ticket) == won
        assert len(await at.books.tickets.history(ticket.id)) == 3


async def test_two_services_on_one_database_agree_on_who_won(database_url: str) -> None:
    """Two processes' worth of desks race over twenty tickets: each has exactly one dispatch."""
    async with city(database_url) as at, books(database_url) as other:
        made = [await at.submitted() for _ in range(20)]

        async def send(ticket: Ticket, where: City | None, unit: str) -> object:
            desk = at.books.desk if where else other.desk
            facts = Facts(unit=unit, basis="目录", reason="就近")
            acting = Acting(REVIEWER, at.now, ticket.steps)
            try:
                return await desk.move(ticket.id, Move.DISPATCH, acting, facts)
            except (Conflict, NotWritten) as error:
                return error

        races = [send(one, where, unit) for one in made for where, unit in ((at, "住建局"), (None, "城管局"))]
        done = await asyncio.gather(*races)
        for ticket, pair in zip(made, zip(done[::2], done[1::2], strict=True), strict=True):
            (won,) = [one for one in pair if isinstance(one, Ticket)]
            assert await at.fresh(ticket) == won
            assert len(await at.books.tickets.history(ticket.id)) == 3


async def test_a_card_or_an_urge_meanwhile_is_no_conflict(database_url: str) -> None:
    """What overlays a ticket does not make a clerk's screen stale; a supplement does, since it must be read."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.URGE, AGENT)
        await at.books.desk.move(
            ticket.id,
            Move.ASK_FOR_PAUSE,
            at.acting(handler("住建局"), ticket.steps),
            Facts(reason="材料"),
        )
        now = await at.fresh(ticket)
        await at.do(ticket, Move.SUPPLEMENT, AGENT, Facts(matter="楼号写错了"))
        with pytest.raises(Conflict, match="补充材料"):
            await at.books.desk.move(
                ticket.id, Move.SUBMIT_ANSWER, at.acting(handler("住建局"), now.steps), at.answer()
            )


async def test_an_illegal_move_among_good_ones_of_the_same_moment_harms_nobody(database_url: str) -> None:
    """In one transaction with others it is refused alone, and leaves neither step, timer nor notice."""
    async with city(database_url) as at:
        made = [await at.submitted() for _ in range(6)]
        notices = len(await at.rows(tables_work.notices))

        async def move(ticket: Ticket, number: int) -> object:
            if number % 2:
                return await at.sent(ticket, "住建局")
            try:
                return await at.do(ticket, Move.CLOSE, REVIEWER)
            except IllegalMoveError as error:
                return error

        done = await asyncio.gather(*(move(ticket, number) for number, ticket in enumerate(made)))
        assert [isinstance(one, IllegalMoveError) for one in done] == [True, False] * 3
        for number, ticket in enumerate(made):
            steps = await at.books.tickets.history(ticket.id)
            assert len(steps) == (3 if number % 2 else 2)
        assert len(await at.rows(tables_work.notices)) == notices + 2 * 3


async def test_there_is_no_moving_what_is_not_there(database_url: str) -> None:
    """An id that is nobody's is said to be."""
    async with city(database_url) as at:
        with pytest.raises(NoSuchTicketError, match="没有这件工单"):
            await at.books.desk.move("nobody", Move.SIGN, at.acting(REVIEWER))
