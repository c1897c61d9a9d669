"""The classified archive (R14.8): what has ended stands under its class and year, for the unit whose it was."""

from __future__ import annotations

from functools import partial

import pytest

from common.paging import Cursor
from tests.city import AGENT, CLERK, REVIEWER, City, at, city, heating, lamp
from tickets.archiving import ArchiveLoop
from tickets.model import Status, Ticket
from tickets.store.archive import Shelf, on_shelf, shelves
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts


async def shown(made: City, *units: str) -> list[Shelf]:
    """The classes that these units see; without any, those of level 1."""
    return await made.books.tickets.read(partial(shelves, units=units or None))


async def numbers(made: City, archive_class: str, *units: str) -> list[str]:
    """What stands in a class of 2026, the last ended first."""
    read = partial(on_shelf, archive_class=archive_class, year=2026, units=units or None, limit=10)
    return [ticket.number for ticket in (await made.books.tickets.read(read)).rows]


async def archived(made: City, ticket: Ticket, archive_class: str = "") -> Ticket:
    """Archived by a reviewer."""
    return await made.do(ticket, Move.ARCHIVE, REVIEWER, Facts(archive_class=archive_class))


@pytest.mark.covers("R14.8")
async def test_closing_files_a_ticket_under_the_class_of_its_category_and_the_year(database_url: str) -> None:
    """A matter of heating stands under 住建/2026 as soon as it is closed, and not before."""
    async with city(database_url) as made:
        answered = await made.answered()
        assert await shown(made) == []
        closed = await made.do(answered, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        assert await shown(made, "住建局") == [Shelf("住建", 2026, 1)]
        assert await numbers(made, "住建", "住建局") == [closed.number]


@pytest.mark.covers("R14.8", "R25.1")
async def test_a_unit_sees_its_own_and_never_what_is_confidential(database_url: str) -> None:
    """Level 1 sees all classes; a unit only those of the tickets it was accountable for at the end."""
    async with city(database_url) as made:
        heat = await made.closed()
        secret = await made.closed(heating(matter="举报"))
        draft = await made.drafted(lamp(), confidential=True)
        hidden = await made.do(draft, Move.ANSWER_AT_ONCE, AGENT, Facts(answer="已答复"))
        light = await made.do(await made.drafted(lamp()), Move.ANSWER_AT_ONCE, AGENT, Facts(answer="已答复"))
        assert await shown(made) == [Shelf("住建", 2026, 2), Shelf("路灯", 2026, 1)]
        assert await shown(made, "住建局") == [Shelf("住建", 2026, 2)]
        assert await shown(made, "城管局") == []
        assert await numbers(made, "住建", "住建局") == [secret.number, heat.number]
        assert await numbers(made, "路灯") == [light.number]
        assert hidden.confidential
        assert await numbers(made, "住建", "滨城区") == []


@pytest.mark.covers("R14.8")
async def test_the_archive_is_read_page_by_page(database_url: str) -> None:
    """Each page begins behind the last, and together they are everything, once."""
    async with city(database_url) as made:
        made_numbers = []
        for _ in range(5):
            made_numbers.append((await made.closed()).number)
            await made.later(minutes=1)
        seen: list[str] = []
        cursor: Cursor | None = None
        while True:
            read = partial(on_shelf, archive_class="住建", year=2026, limit=2, after=cursor)
            page = await made.books.tickets.read(read)
            seen += [ticket.number for ticket in page.rows]
            cursor = page.next
            if cursor is None:
                break
        assert seen == made_numbers[::-1]


@pytest.mark.covers("R14.8")
async def test_what_ended_thirty_days_ago_is_archived_by_the_system_under_the_year_in_which_it_ended(
    database_url: str,
) -> None:
    """Closed in November 2026, it is archived once, on 24 December, and still stands under 2026 in the next year."""
    async with city(database_url) as made:
        ticket = await made.closed()
        clock = [at("2026-12-24T08:59")]
        loop = ArchiveLoop(made.books.tickets, now=lambda: clock[0])
        assert await loop.once() == 0
        clock[0] = at("2027-01-02T09:01")
        assert (await loop.once(), await loop.once()) == (1, 0)
        assert (await made.fresh(ticket)).status is Status.ARCHIVED
        assert await shown(made) == [Shelf("住建", 2026, 1)]


@pytest.mark.covers("R14.8")
async def test_a_reviewer_may_archive_under_another_class(database_url: str) -> None:
    """What is said when it is archived goes before the category's class."""
    async with city(database_url) as made:
        await archived(made, await made.closed(), "重点项目")
        assert await shown(made) == [Shelf("重点项目", 2026, 1)]


@pytest.mark.covers("R14.8", "R6.1")
async def test_a_refusal_that_is_taken_back_leaves_the_archive(database_url: str) -> None:
    """Refused it is filed; accepted after all it is an open ticket again, and in no class."""
    async with city(database_url) as made:
        ticket = await made.do(await made.drafted(), Move.REFUSE, AGENT, Facts(reason_code="r6_4"))
        assert await shown(made, "12345") == [Shelf("住建", 2026, 1)]
        await made.do(ticket, Move.ACCEPT_AFTER_ALL, REVIEWER, Facts(reason="确在本市"))
        assert await shown(made) == []
