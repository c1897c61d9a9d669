"""Two houses exchange tickets, each on its own books (R16.1-2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from aiohttp.typedefs import Handler

from common import clock
from hotline.outside import exchange_rows as rows
from hotline.outside.exchange import Exchange, ExchangeError
from hotline.outside.exchange_api import ExchangePages
from hotline.outside.exchange_news import taken
from hotline.outside.exchange_sender import LEASE, RETRIES, ExchangeSender
from hotline.outside.exchange_words import Stand
from hotline.outside.signatures import LONGEST, sign
from hotline.settings_outside import Partner
from tests.books import books, url
from tests.city import LEADER, REVIEWER, City, city, handler, heating, lamp
from tests.http_kit import TOKEN, Answer
from tests.outside_kit import Client, served
from tickets.details import Urgency
from tickets.entry_words import words
from tickets.model import Channel, Status, Ticket
from tickets.store import TicketFilter
from tickets.workflow_moves import Move

SECRET = "s" * 43
TICKETS = "/exchange/v1/tickets"


@dataclass
class House:
    """One hotline: its books, its interface, and what brings its tickets to the other."""

    here: City
    client: Client
    exchange: Exchange
    sender: ExchangeSender
    #: The other house as this one knows it.
    other: Partner


@contextlib.asynccontextmanager
async def house(database: str, name: str, port: int, other: str, other_port: int) -> AsyncIterator[House]:
    """A house that has one partner."""
    partner = Partner(
        name=other, title=f"{other}热线", our_name=name, secret=SECRET, url=f"http://127.0.0.1:{other_port}"
    )
    async with city(database) as here, aiohttp.ClientSession() as session:
        store = here.books.tickets
        exchange = Exchange(store, (partner,), clock.now)
        sender = ExchangeSender(store, (partner,), session, clock.now)
        async with served(here.books, outside=exchange.routes(), port=port) as client:
            yield House(here, client, exchange, sender, partner)


@contextlib.asynccontextmanager
async def houses(database_url: str, folder: Path) -> AsyncIterator[tuple[House, House]]:
    """Ours, on the database under test, and the 110 of the same city, on SQLite."""
    ours, theirs = unused_port(), unused_port()
    async with (
        house(database_url, "hotline", ours, "police", theirs) as one,
        house(url(folder / "police"), "police", theirs, "hotline", ours) as two,
    ):
        yield one, two


@pytest.mark.covers("R16.1", "R16.2")
async def test_a_ticket_goes_there_and_its_stand_comes_back(database_url: str, tmp_path: Path) -> None:
    """Handed over with matter, contact and reason; the other house's number and each of its steps are known here."""
    async with houses(database_url, tmp_path) as (ours, theirs):
        ticket = await ours.here.submitted(heating(urgency=Urgency.URGENT, caller_name="王某"))
        await ours.exchange.hand_over(ticket.id, "police", "涉及治安,转110")
        assert await ours.sender.deliver() == 1
        [there] = (await theirs.here.books.tickets.page(TicketFilter(), limit=9)).rows
        assert (there.details.matter, there.details.caller_name) == ("家中暖气不热", "王某")
        assert (there.channel, there.caller_number) == (Channel.API, ticket.caller_number)
        assert there.details.urgency is Urgency.URGENT
        assert dict(there.details.fields)["转来理由"] == "涉及治安,转110"
        [known] = await ours.here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert (known.number, known.status, known.state) == (there.number, Status.AWAITING_REVIEW, "idle")
        assert await theirs.sender.deliver() == 0
        filled = await theirs.here.books.desk.describe(there.id, theirs.here.acting(REVIEWER), lamp())
        await theirs.here.sent(filled, "滨城区")
        assert await theirs.sender.deliver() == 1
        [known] = await ours.here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert (known.status, known.words) == (Status.AWAITING_SIGNATURE, "已转承办单位，等待签收")
        assert await theirs.sender.deliver() == 0
        assert (await ours.here.fresh(ticket)).unit == "12345"


@pytest.mark.covers("R25.1", "A16")
async def test_what_is_not_to_be_told_is_not_sent(database_url: str, tmp_path: Path) -> None:
    """A confidential ticket is not handed over; of a caller who asked for it nothing is told; nothing goes twice."""
    async with houses(database_url, tmp_path) as (ours, theirs):
        secret = await ours.here.submitted(confidential=True)
        with pytest.raises(ExchangeError, match="保密"):
            await ours.exchange.hand_over(secret.id, "police", "x")
        with pytest.raises(ExchangeError, match="没有这个"):
            await ours.exchange.hand_over(secret.id, "fire", "x")
        hidden = await ours.here.submitted(heating(hide_identity=True, caller_name="王某", contact="13854309999"))
        with pytest.raises(ExchangeError, match="先用 /tickets"):
            await ours.exchange.hand_over(hidden.id, "police", "转办")
        acting = ours.here.acting(REVIEWER)
        await ours.here.books.desk.confirm_for_units(hidden.id, acting, "小区暖气不热")
        await ours.exchange.hand_over(hidden.id, "police", "王某(13854309999)急盼，转办")
        with pytest.raises(ExchangeError, match="已转给"):
            await ours.exchange.hand_over(hidden.id, "police", "转办")
        await ours.sender.deliver()
        [there] = (await theirs.here.books.tickets.page(TicketFilter(), limit=9)).rows
        assert (there.details.caller_name, there.details.contact, there.caller_number) == ("", "", "")
        assert (there.details.matter, there.details.address) == ("小区暖气不热", "")
        assert dict(there.details.fields)["转来理由"] == "［姓名］(［号码］)急盼，转办"


async def test_a_partner_that_is_down_gets_it_later(database_url: str) -> None:
    """Ever later, then put aside with the reason; a second sender does not send what the first has in hand."""
    async with city(database_url) as here, aiohttp.ClientSession() as session:
        now = clock.now()
        partner = Partner(
            name="police", title="110", our_name="hotline", secret=SECRET, url=f"http://127.0.0.1:{unused_port()}"
        )
        ticket = await here.submitted()
        await Exchange(here.books.tickets, (partner,), lambda: now).hand_over(ticket.id, "police", "转办")
        sender = ExchangeSender(here.books.tickets, (partner,), session, lambda: now)
        assert await sender.deliver() == 1
        for pause in RETRIES:
            assert await sender.deliver() == 0
            now += pause
            assert await sender.deliver() == 1
        [row] = await here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert (row.state, row.tries) == ("failed", len(RETRIES) + 1)
        assert "无法连接" in row.error
        now += LEASE * 100
        assert await sender.deliver() == 0


async def call(
    house: House,
    body: Any,
    *,
    path: str = TICKETS,
    by: Partner | None = None,
    at: datetime | None = None,
    **changed: str,
) -> Answer:
    """A request as the partner of a house signs it; ``changed`` headers are altered on the way."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signer = by or house.other.model_copy(update={"our_name": house.other.name})
    headers = sign(signer, "POST", f"http://x{path}", raw, at or clock.now())
    return await send(house, raw, path, {**headers, **changed})


async def send(house: House, raw: bytes, path: str, headers: dict[str, str], method: str = "POST") -> Answer:
    """Exactly these bytes."""
    async with house.client.request(method, path, data=raw, headers=headers) as answer:
        return Answer(answer.status, answer.headers.copy(), await answer.read())


WHOLE = {"ref": "JZ-2026-1", "matter": "噪音扰民", "reason": "非警务类"}


@contextlib.asynccontextmanager
async def one_house(database_url: str) -> AsyncIterator[House]:
    """Ours alone."""
    async with house(database_url, "hotline", unused_port(), "police", 9) as ours:
        yield ours


@pytest.mark.covers("R16.2")
async def test_sent_again_it_is_the_same_ticket(database_url: str) -> None:
    """By the sender's own name for it, also when two arrive at once; the sender may ask for it by that name."""
    async with one_house(database_url) as ours:
        answers = await asyncio.gather(*(call(ours, WHOLE) for _ in range(4)))
        assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
        assert len({answer.json["number"] for answer in answers}) == 1
        path = f"{TICKETS}/JZ-2026-1"
        headers = sign(ours.other.model_copy(update={"our_name": "police"}), "GET", f"http://x{path}", b"", clock.now())
        asked = await send(ours, b"", path, headers, "GET")
        assert asked.json == answers[0].json
        assert asked.json["words"] == "已登记，正在审核"


@pytest.mark.covers("R16.2")
async def test_a_recorded_request_is_worth_nothing(database_url: str) -> None:
    """The same signed bytes a second time are refused, also by another process, also at the same instant."""
    async with one_house(database_url) as ours:
        raw = json.dumps(WHOLE).encode()
        headers = sign(
            ours.other.model_copy(update={"our_name": "police"}), "POST", f"http://x{TICKETS}", raw, clock.now()
        )
        answers = await asyncio.gather(*(send(ours, raw, TICKETS, headers) for _ in range(4)))
        assert sorted(answer.status for answer in answers) == [201, 401, 401, 401]


@pytest.mark.covers("R16.2")
async def test_only_a_partners_own_words_count(database_url: str) -> None:
    """Another's key, an altered body or path, an old or future date, no signature at all: 401, and nothing opened."""
    async with one_house(database_url) as ours:
        police = ours.other.model_copy(update={"our_name": "police"})
        wrong_key = police.model_copy(update={"secret": "x" * 43})
        nobody = police.model_copy(update={"our_name": "fire"})
        raw = json.dumps(WHOLE).encode()
        good = sign(police, "POST", f"http://x{TICKETS}", raw, clock.now())
        refused = [
            await call(ours, WHOLE, by=wrong_key),
            await call(ours, WHOLE, by=nobody),
            await call(ours, WHOLE, at=clock.now() - LONGEST - timedelta(minutes=1)),
            await call(ours, WHOLE, at=clock.now() + timedelta(hours=1)),
            await send(ours, raw + b" ", TICKETS, good),
            await send(ours, raw, f"{TICKETS}/JZ-2026-1/status", good),
            await send(ours, raw, TICKETS, {}),
            await send(ours, raw, TICKETS, {**good, "Signature": "exchange=:AAAA:"}),
            await send(ours, raw, TICKETS, {**good, "Signature-Input": "exchange=()"}),
            await send(ours, raw, TICKETS, {**good, "Signature-Input": "\u00e9(((("}),
            await send(ours, raw, TICKETS, {**good, "Signature": "x" * 4000}),
            await send(
                ours, raw, TICKETS, {"Signature": good["Signature"], "Signature-Input": good["Signature-Input"]}
            ),
        ]
        assert {answer.status for answer in refused} == {401}
        assert len({answer.body for answer in refused}) == 1
        assert refused[0].is_problem
        assert (await ours.here.books.tickets.page(TicketFilter(), limit=9)).rows == []
        assert (await send(ours, raw, TICKETS, good)).status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"ref": "a", "ref": "b"}', 400),
        ({**WHOLE, "ref": "../../x"}, 422),
        ({**WHOLE, "matter": ""}, 422),
        ({**WHOLE, "matter": "a\u0000b"}, 422),
        ({**WHOLE, "status": "closed"}, 422),
        ({**WHOLE, "urgent": "yes"}, 422),
        ({**WHOLE, "matter": "长" * 70_000}, 413),
        ([], 422),
    ],
)
async def test_what_a_partner_may_not_say(tmp_path: Path, body: Any, status: int) -> None:
    """Signed or not, what comes in is looked at like anything from outside."""
    async with one_house(url(tmp_path)) as ours:
        answer = await call(ours, body)
        assert answer.status == status
        assert answer.is_problem


async def news(house: House, ticket: Ticket) -> list[tuple[str, str, str]]:
    """What the history says of other houses: which step, who took it, and the words that people read."""
    steps = await house.here.books.tickets.history(ticket.id)
    told = {Move.HAND_OVER, Move.PARTNER_NEWS}
    return [(one.row, one.actor.who, words(one)) for one in steps if one.row in told]


@pytest.mark.covers("R16.2", "R3.2")
async def test_what_a_partner_tells_is_a_step_of_the_ticket(database_url: str, tmp_path: Path) -> None:
    """Handed over, taken, moved on there, ended there: each once, in words; ours stays where and whose it was."""
    async with houses(database_url, tmp_path) as (ours, theirs):
        ticket = await ours.here.signed()
        await ours.exchange.hand_over(ticket.id, "police", "涉及治安", "u-agent")
        await ours.sender.deliver()
        [there] = (await theirs.here.books.tickets.page(TicketFilter(), limit=9)).rows
        filled = await theirs.here.books.desk.describe(there.id, theirs.here.acting(REVIEWER), lamp())
        await theirs.here.sent(filled, "滨城区")
        await theirs.sender.deliver()
        title = ours.other.title
        assert await news(ours, ticket) == [
            ("hand_over", "u-agent", f"转给协作单位：{title}：涉及治安"),
            ("partner_news", "exchange.police", f"协作单位反馈：{title}（{there.number}）：已登记，正在审核"),
            ("partner_news", "exchange.police", f"协作单位反馈：{title}（{there.number}）：已转承办单位，等待签收"),
        ]
        now = await ours.here.fresh(ticket)
        assert (now.status, now.unit, now.turn) == (ticket.status, ticket.unit, ticket.turn)
        # The unit that has it saw the version before the news, and is not told that somebody was quicker.
        acting = ours.here.acting(handler("住建局"), ticket.steps)
        await ours.here.books.desk.move(ticket.id, Move.SUBMIT_ANSWER, acting, ours.here.answer())


@pytest.mark.covers("R16.2")
async def test_news_is_told_once_and_the_newest_stands(database_url: str, tmp_path: Path) -> None:
    """The same stand sent again adds nothing; a receipt that comes after the partner's news does not undo it."""
    async with houses(database_url, tmp_path) as (ours, _):
        ticket = await ours.here.submitted()
        await ours.exchange.hand_over(ticket.id, "police", "转办")
        path = f"{TICKETS}/{ticket.number}/status"
        said = {"number": "P-1", "status": "in_handling", "words": "已派警", "ended": False}
        for _ in range(2):
            assert (await call(ours, said, path=path)).status == 200
        receipt = Stand.model_validate({**said, "status": "awaiting_review", "words": "已登记"})
        store = ours.here.books.tickets
        await store.run(lambda work: taken(work, ours.other, ticket.number, receipt, clock.now()))
        assert [step for step, _, _ in await news(ours, ticket)] == ["hand_over", "partner_news"]
        [row] = await store.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert (row.number, row.words, row.state) == ("P-1", "已派警", "idle")


@pytest.mark.covers("R16.2", "R25.1")
async def test_a_partners_words_about_a_confidential_ticket_are_not_kept(database_url: str, tmp_path: Path) -> None:
    """Marked after it was handed over: the news stands, sealed, in its history, once; beside it there are no words."""
    async with houses(database_url, tmp_path) as (ours, _):
        ticket = await ours.here.submitted()
        await ours.exchange.hand_over(ticket.id, "police", "转办")
        ticket = await ours.here.fresh(ticket)
        await ours.here.books.desk.describe(ticket.id, ours.here.acting(LEADER), ticket.details, confidential=True)
        path = f"{TICKETS}/{ticket.number}/status"
        said = {"number": "P-1", "status": "in_handling", "words": "已派警到黄河五路", "ended": False}
        for _ in range(2):
            assert (await call(ours, said, path=path)).status == 200
        assert len(await news(ours, ticket)) == 2
        [row] = await ours.here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert row.words.startswith(rows.QUIET)
        assert "黄河五路" not in row.words


@pytest.mark.covers("R16.2", "R14.8")
async def test_news_of_an_archived_ticket_stays_with_the_exchange(database_url: str, tmp_path: Path) -> None:
    """What is closed still hears of it; what is archived is settled, and is not handed over either."""
    async with houses(database_url, tmp_path) as (ours, _):
        ticket = await ours.here.closed()
        await ours.exchange.hand_over(ticket.id, "police", "转办")
        path = f"{TICKETS}/{ticket.number}/status"
        said = {"number": "P-1", "status": "closed", "words": "已办结", "ended": True}
        assert (await call(ours, said, path=path)).status == 200
        archived = await ours.here.do(await ours.here.fresh(ticket), Move.ARCHIVE, REVIEWER)
        assert (await call(ours, {**said, "words": "已归档"}, path=path)).status == 200
        assert await ours.here.fresh(ticket) == archived
        [row] = await ours.here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert row.words == "已归档"
        other = await ours.here.do(await ours.here.closed(lamp()), Move.ARCHIVE, REVIEWER)
        with pytest.raises(ExchangeError, match="已归档"):
            await ours.exchange.hand_over(other.id, "police", "转办")


async def test_a_partner_speaks_of_its_own_tickets_only(database_url: str, tmp_path: Path) -> None:
    """A stand for a ticket that they never had, a question for one they never sent: 404."""
    async with houses(database_url, tmp_path) as (ours, _):
        await ours.here.submitted()
        said = {"number": "N1", "status": "closed", "words": "已办结", "ended": True}
        for ref in ("20261124-000001", "a b", "%00"):
            answer = await call(ours, said, path=f"{TICKETS}/{ref.replace(' ', '%20')}/status")
            assert answer.status == 404


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="<html>OK</html>")


async def _elsewhere(_request: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/"})


@pytest.mark.parametrize("answer", [_page, _elsewhere])
async def test_an_answer_that_is_none_is_not_believed(database_url: str, answer: Handler) -> None:
    """A partner's server that answers with a page, or sends us elsewhere, has not taken the ticket."""
    port = unused_port()
    partner = Partner(name="police", title="110", our_name="hotline", secret=SECRET, url=f"http://127.0.0.1:{port}")
    async with city(database_url) as here, aiohttp.ClientSession() as session:
        ticket = await here.submitted()
        async with served(here.books, outside=[web.post(TICKETS, answer)], port=port):
            await Exchange(here.books.tickets, (partner,), clock.now).hand_over(ticket.id, "police", "转办")
            await ExchangeSender(here.books.tickets, (partner,), session, clock.now).deliver()
        [row] = await here.books.tickets.read(lambda connection: rows.of_ticket(connection, ticket.id))
        assert (row.state, row.tries, row.number) == ("waiting", 1, "")


@pytest.mark.covers("R16.2")
async def test_the_hotlines_people_hand_over_and_see_how_far_it_is(database_url: str) -> None:
    """By the interface: told once, seen with the partner's number later; a second time it is a conflict."""
    async with one_house(database_url) as ours:
        store = ours.here.books.tickets
        ticket = await ours.here.submitted()
        async with served(ours.here.books, ExchangePages(store, ours.exchange)) as client:
            path = f"/api/v1/tickets/{ticket.number}/exchanges"
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

            async def post(body: dict[str, str]) -> Answer:
                async with client.post(path, data=json.dumps(body), headers=headers) as answer:
                    return Answer(answer.status, answer.headers.copy(), await answer.read())

            done = await post({"partner": "police", "reason": "涉及治安"})
            assert done.status == 202
            [shown] = done.json["exchanges"]
            assert (shown["partner"], shown["direction"], shown["state"]) == ("police", "out", "waiting")
            assert (await post({"partner": "police", "reason": "再转"})).status == 409
            assert (await post({"partner": "fire", "reason": "转"})).status == 409
            async with client.get(path, headers=headers) as answer:
                assert (await answer.json())["exchanges"] == done.json["exchanges"]


@pytest.mark.covers("R16.2")
async def test_of_two_senders_each_ticket_is_sent_by_one(database_url: str) -> None:
    """Two services on one database: the partner hears of each ticket once."""
    arrived: list[str] = []

    async def take(request: web.Request) -> web.Response:
        ref = (await request.json())["ref"]
        arrived.append(ref)
        return web.json_response({"number": f"P-{ref}", "status": "awaiting_review", "words": "已登记", "ended": False})

    port = unused_port()
    partner = Partner(name="police", title="110", our_name="hotline", secret=SECRET, url=f"http://127.0.0.1:{port}")
    async with city(database_url) as here, books(database_url) as other, aiohttp.ClientSession() as session:
        async with served(here.books, outside=[web.post(TICKETS, take)], port=port):
            exchange = Exchange(here.books.tickets, (partner,), clock.now)
            tickets = [await here.submitted() for _ in range(8)]
            for ticket in tickets:
                await exchange.hand_over(ticket.id, "police", "转办")
            stores = (here.books.tickets, other.tickets) * 2
            senders = [ExchangeSender(store, (partner,), session, clock.now) for store in stores]
            while sum(await asyncio.gather(*(sender.deliver() for sender in senders))):
                pass
        assert sorted(arrived) == sorted(ticket.number for ticket in tickets)
