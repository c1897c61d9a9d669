"""Tickets are found by what they are about, as soon as it is written and never when it is confidential."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Connection

from common.bigrams import Query
from common.search import Search
from common.search_sql import Wanted
from tests.city import AGENT, City, city, heating, lamp
from tickets.search import CATEGORY, OPEN, UNIT
from tickets.store.finding import refill, ticket_index


async def found(at: City, typed: str, **conditions: object) -> list[str]:
    """The ids of the tickets that are found, newest first."""
    wanted = Wanted(Query.parse(typed), **conditions)  # type: ignore[arg-type]  # tests name the fields
    return [hit.id for hit in (await Search(at.books.database.reads, ticket_index).newest(wanted, limit=10)).rows]


async def test_a_ticket_is_found_from_its_opening_to_its_end(database_url: str) -> None:
    """By its matter, address and category's fields; by the unit that has it now, and those it came through."""
    async with city(database_url) as at:
        lamps = await at.drafted(lamp())
        ticket = await at.signed()
        for typed in ("暖气", "黄河五路", "阳光花园"):
            assert await found(at, typed) == [ticket.id]
        assert await found(at, "路灯") == [lamps.id]
        assert await found(at, "暖气", facets={UNIT: {"住建局"}, CATEGORY: {"城建"}}) == [ticket.id]
        assert await found(at, "暖气", facets={UNIT: {"12345"}}) == [ticket.id]
        assert await found(at, "暖气", facets={UNIT: {"城管局"}}) == []
        assert await found(at, "暖气", statuses={"draft"}) == []
        closed = await at.closed()
        assert await found(at, "暖气", facets={OPEN: {"no"}}) == [closed.id]
        assert await found(at, "暖气", facets={OPEN: {"yes"}}) == [ticket.id]
        assert await found(at, "暖气", statuses={closed.status.value}) == [closed.id]


@pytest.mark.covers("R25.1")
async def test_what_becomes_confidential_is_found_no_more(database_url: str) -> None:
    """Confidential from the first day it never enters the index; marked later it leaves it, words and text."""
    async with city(database_url) as at:
        await at.drafted(heating(matter="举报暖气公司"), confidential=True)
        assert await found(at, "暖气") == []
        ticket = await at.drafted(heating())
        assert await found(at, "暖气") == [ticket.id]
        await at.books.desk.describe(ticket.id, at.acting(AGENT), ticket.details, confidential=True)
        assert await found(at, "暖气") == []

        def kept(connection: Connection) -> int:
            return int(connection.exec_driver_sql("SELECT count(*) FROM ticket_search").scalar_one())

        assert await at.books.database.write(kept) == 0


@pytest.mark.covers("R25.2")
async def test_nobody_is_found_by_who_they_are(database_url: str) -> None:
    """Neither name nor number of the caller finds a ticket; with identity hidden, the address does not either."""
    fields = (("小区", "阳光花园"), ("业主姓名", "欧阳明月"))
    async with city(database_url) as at:
        known = heating(
            caller_name="欧阳明月", contact="13854309999", matter="暖气不热，我电话13854309999", fields=fields
        )
        ticket = await at.drafted(known)
        hidden = await at.drafted(heating(hide_identity=True, matter="暖气漏水"))
        assert await found(at, "暖气") == [hidden.id, ticket.id]
        assert await found(at, "欧阳") == await found(at, "13854309999") == []
        assert await found(at, "黄河五路") == [ticket.id]


async def test_an_index_that_was_emptied_is_filled_again(database_url: str) -> None:
    """Tickets older than the index are found after it was filled, in lots; what is confidential is still not."""
    async with city(database_url) as at:
        made = [(await at.drafted(heating())).id for _ in range(5)]
        await at.drafted(heating(), confidential=True)
        register = await at.books.tickets.register()
        await at.books.database.write(lambda connection: ticket_index.forget(connection, made))
        assert await found(at, "暖气") == []
        last, lots = "", 0
        while True:
            last = await at.books.database.write(partial(refill, register=register, after=last, at_once=2))
            if not last:
                break
            lots += 1
        assert lots == 3
        assert sorted(await found(at, "暖气")) == sorted(made)
