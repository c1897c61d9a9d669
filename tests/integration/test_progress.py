"""Where a ticket stands, by number and code: plain, nothing personal, not to be guessed (R4.1, A18)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests import files_kit as files
from tests.citizen import Citizen, citizen
from tests.city import CLERK, handler, heating
from tests.http_kit import Answer
from tickets.attachment_rows import of_ticket
from tickets.model import Status, Ticket
from tickets.public_words import WORDS
from tickets.store import tables_work
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

PAGE = {"Accept": "text/html"}


async def ask(who: Citizen, number: str, code: str) -> Answer:
    """Ask by number and code."""
    return await who.get(f"/public/tickets/query?number={number}&code={code}")


def wrong(ticket: Ticket) -> str:
    """A code that is not the ticket's."""
    return f"{(int(ticket.query_code) + 1) % 10**6:06d}"


@pytest.mark.covers("A18", "R25.2")
async def test_the_citizen_reads_where_it_stands_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    """Plain Chinese, the unit, the limit; no name, no number, no address, no matter, no inner state."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.signed(details=heating(caller_name="王某", contact="13854301001"))
        answer = await ask(who, ticket.number, ticket.query_code)
        assert answer.json == {
            "number": ticket.number,
            "status": "承办单位正在办理",
            "ended": False,
            "opened": "2026-11-24",
            "since": "2026-11-24",
            "unit": "市住房城乡建设局",
            "due": "2026-12-01",
        }
        await who.here.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), who.here.answer())
        await who.here.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        closed = (await ask(who, ticket.number, ticket.query_code)).json
        assert (closed["status"], closed["ended"], closed["due"]) == ("已办结", True, None)


@pytest.mark.covers("R25.1")
async def test_of_a_confidential_ticket_only_that_it_is_open(database_url: str, tmp_path: Path) -> None:
    """No unit, no step, no date of a step."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.submitted(confidential=True)
        await who.here.sent(ticket, "住建局")
        said = (await ask(who, ticket.number, ticket.query_code)).json
        assert (said["status"], said["unit"], said["due"]) == ("正在办理", None, None)


def test_every_state_has_words() -> None:
    """No citizen reads an inner name."""
    assert set(WORDS) == set(Status)


@pytest.mark.covers("A18")
async def test_wrong_is_wrong_whatever_is_wrong(database_url: str, tmp_path: Path) -> None:
    """A wrong code, a ticket that is not there, nonsense: the same answer to the letter."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.drafted()
        told = [
            await ask(who, number, code)
            for number, code in (
                (ticket.number, wrong(ticket)),
                ("20261124-999999", "123456"),
                ("20261124-999999", ""),
                ("20261124-999999", "none"),
                (ticket.number, ""),
                ("'; DROP TABLE tickets", "%00"),
                (ticket.number, "%F0%9F%98%80"),
            )
        ]
        assert {answer.status for answer in told} == {404}
        assert len({answer.body for answer in told}) == 1
        assert told[0].is_problem


@pytest.mark.covers("A18")
async def test_codes_cannot_be_guessed(database_url: str, tmp_path: Path) -> None:
    """After ten tries in a day a ticket answers nobody, not even the right code; the next day it does."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.drafted()
        for _ in range(10):
            assert (await ask(who, ticket.number, wrong(ticket))).status == 404
        locked = await ask(who, ticket.number, ticket.query_code)
        assert (locked.status, locked.is_problem) == (429, True)
        missing = [await ask(who, "20261124-999999", "000000") for _ in range(11)]
        assert [answer.status for answer in missing] == [404] * 10 + [429]
        who.here.now += timedelta(days=1, minutes=1)
        assert (await ask(who, ticket.number, ticket.query_code)).status == 200


@pytest.mark.covers("A18")
async def test_one_address_does_not_try_many_tickets(database_url: str, tmp_path: Path) -> None:
    """Thirty tries an hour, right ones among them."""
    async with citizen(database_url, tmp_path) as who:
        statuses = [(await ask(who, f"20261124-{n:06d}", "123456")).status for n in range(31)]
        assert statuses == [404] * 30 + [429]


async def test_who_knows_the_code_may_ask_again(database_url: str, tmp_path: Path) -> None:
    """The right code takes back the wrong tries before it."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.drafted()
        for _ in range(2):
            for _ in range(9):
                assert (await ask(who, ticket.number, wrong(ticket))).status == 404
            assert (await ask(who, ticket.number, ticket.query_code)).status == 200


async def test_the_page_asks_by_post(database_url: str, tmp_path: Path) -> None:
    """A browser's code stands in no address; the answer is a page; a wrong code is said on it."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.drafted()
        page = (await who.get("/public/tickets/query", **PAGE)).body.decode()
        assert '<form method="post" action="/public/tickets/query">' in page
        fields = {"number": ticket.number, "code": ticket.query_code}
        assert "已登记，正在审核" in (await who.post("/public/tickets/query", fields, headers=PAGE)).body.decode()
        bad = await who.post("/public/tickets/query", {**fields, "code": "<b>"}, headers=PAGE)
        assert bad.status == 404
        assert 'role="alert"' in bad.body.decode()
        assert "<b>" not in bad.body.decode()


@pytest.mark.covers("R14.2", "A25")
async def test_material_can_be_brought_later(database_url: str, tmp_path: Path) -> None:
    """By number and code: words and pictures stand with the ticket, and the unit is told at once."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.signed()
        fields = {"number": ticket.number, "code": ticket.query_code, "matter": "昨晚又停暖了"}
        answer = await who.post("/public/material", fields, (("暖气.jpg", files.JPEG),))
        assert answer.status == 201
        store = who.here.books.tickets
        found = await store.read(lambda connection: of_ticket(connection, ticket.id, store.sealing))
        assert [one.name for one in found] == ["暖气.jpg"]
        (*_, last) = await store.history(ticket.id)
        assert (last.row, last.facts.matter) == (Move.SUPPLEMENT, "昨晚又停暖了")
        told = [row["text"] for row in await who.here.rows(tables_work.notices) if row["audience"] == "unit"]
        assert any("补充了材料" in text for text in told)
        assert who.arrived == [1]


@pytest.mark.covers("R14.2")
async def test_nobody_brings_files_to_a_ticket_that_is_not_theirs(database_url: str, tmp_path: Path) -> None:
    """A wrong code: not a byte of the file is kept; a closed ticket: said so; too many in all: said so."""
    async with citizen(database_url, tmp_path) as who:
        ticket = await who.here.signed()
        fields = {"number": ticket.number, "code": wrong(ticket), "matter": "补充"}
        answer = await who.post("/public/material", fields, (("a.png", files.PNG),))
        assert answer.status == 404
        assert who.kept == []
        mine = {**fields, "code": ticket.query_code}
        three = tuple((f"{n}.png", files.PNG) for n in range(3))
        assert (await who.post("/public/material", mine, three)).status == 201
        assert (await who.post("/public/material", mine, three[:1])).status == 422
        await who.here.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), who.here.answer())
        await who.here.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        late = await who.post("/public/material", mine)
        assert (late.status, late.is_problem) == (409, True)
