"""What level 1 sees of notices and of the feedback check, over the interface (A18, R14.5)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from common import clock
from hotline.outside.serving import outside
from hotline.settings import load
from hotline.sms import ShownOnly
from tests.city import City, city, handler, heating
from tests.http_kit import TOKEN, Answer
from tests.outside_kit import Client, served
from tests.sms_gateway import accepts, telephones
from tickets.feedback_api import FeedbackPages
from tickets.notice_api import NoticePages
from tickets.outbox import RETRIES, Outbox
from tickets.workflow_moves import Move


@dataclass
class Office:
    """Somebody of level 1 at a screen."""

    here: City
    client: Client

    async def ask(self, address: str, method: str = "GET", body: Any = None) -> Answer:
        """One request with a token."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        async with self.client.request(method, address, headers=headers, data=data) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())


@contextlib.asynccontextmanager
async def office(database_url: str, outbox: Outbox | None = None, here: City | None = None) -> AsyncIterator[Office]:
    """The pages on the small city."""
    async with contextlib.AsyncExitStack() as stack:
        at = here if here is not None else await stack.enter_async_context(city(database_url))
        nothing = Outbox(at.books.tickets, ShownOnly(Path("nowhere"), clock.now), clock.now)
        pages = (NoticePages(at.books.tickets, outbox or nothing), FeedbackPages(at.books.tickets))
        yield Office(at, await stack.enter_async_context(served(at.books, *pages)))


@pytest.mark.covers("A18")
async def test_what_a_caller_was_told_is_seen_with_its_proof(database_url: str) -> None:
    """Text, state and proof; the number masked, the query code never."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.dispatched()
        outbox = Outbox(here.books.tickets, phones.gateway(lambda: here.now), lambda: here.now)
        await outbox.deliver()
        async with office(database_url, outbox, here) as who:
            answer = await who.ask(f"/api/v1/tickets/{ticket.number}/notices")
            told = {one["audience"]: one for one in answer.json["notices"]}
            assert (told["caller"]["state"], told["caller"]["proof"]["message_id"]) == ("sent", "m77")
            assert told["caller"]["recipient"].startswith("138****")
            assert ticket.query_code not in answer.body.decode()
            assert "查询码******" in told["caller"]["text"]
            assert (told["unit"]["state"], told["unit"]["recipient"]) == ("shown", "住建局")
            revealed = await who.ask(f"/api/v1/tickets/{ticket.number}/notices?reveal=核对告知")
            assert ticket.caller_number in revealed.body.decode()


@pytest.mark.covers("A18")
async def test_what_was_put_aside_is_listed_and_sent_anew(database_url: str) -> None:
    """With the reason; sent anew once, and then it is aside no more."""
    async with city(database_url) as here, telephones() as phones:

        async def down(_request: web.Request) -> web.Response:
            return web.Response(status=500)

        phones.answer = down
        await here.dispatched()
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now)
        for pause in (*RETRIES, RETRIES[0]):
            await outbox.deliver()
            here.now += pause
        async with office(database_url, outbox, here) as who:
            [row] = (await who.ask("/api/v1/failed-notices")).json["notices"]
            assert "HTTP 500" in row["error"]
            address = f"/api/v1/failed-notices/{row['id']}/retry"
            assert (await who.ask(address, "POST")).status == 202
            assert (await who.ask(address, "POST")).status == 404
            phones.answer = accepts
            assert await outbox.deliver() == 1
            assert (await who.ask("/api/v1/failed-notices")).json["notices"] == []


@pytest.mark.covers("A18")
async def test_what_was_put_aside_is_closed_with_a_reason(database_url: str) -> None:
    """A landline gets no message: the office telephones and says so; it is aside no more, and why stays readable."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.submitted(heating(contact="05433123456"))
        await here.sent(ticket, "住建局")
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now)
        await outbox.deliver()
        async with office(database_url, outbox, here) as who:
            [row] = (await who.ask("/api/v1/failed-notices")).json["notices"]
            address = f"/api/v1/failed-notices/{row['id']}/close"
            assert (await who.ask(address, "POST", {"why": ""})).status == 422
            assert (await who.ask(address, "POST", {"why": "已电话告知"})).status == 200
            assert (await who.ask(address, "POST", {"why": "已电话告知"})).status == 404
            assert (await who.ask("/api/v1/failed-notices")).json["notices"] == []
            told = (await who.ask(f"/api/v1/tickets/{ticket.number}/notices")).json["notices"]
            [closed] = [one for one in told if one["audience"] == "caller"]
            assert (closed["state"], closed["sent_at"]) == ("closed", None)
            assert closed["error"] == "没有可接收短信的手机号码"
            assert (closed["proof"]["why"], closed["proof"]["closed_by"]) == ("已电话告知", "api.token")
            assert await outbox.deliver() == 0


@pytest.mark.covers("R14.5")
async def test_the_reviewer_is_advised_and_decides(database_url: str) -> None:
    """An answer of citations is advised against, in words; nothing about the ticket changes by that."""
    async with office(database_url) as who:
        ticket = await who.here.signed(details=heating())
        address = f"/api/v1/tickets/{ticket.number}/feedback-advice"
        assert (await who.ask(address)).status == 404
        law = replace(
            who.here.answer(),
            facts_found="《山东省供热条例》第二十一条规定,居民室温不得低于十八摄氏度。",
            done="依据《山东省供热条例》第三十条。",
            result="请按条例执行。",
        )
        before = await who.here.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), law)
        advice = (await who.ask(address)).json
        assert advice["advises_return"]
        assert "只列法规条文" in advice["words"]
        assert "citations" in {one["fault"] for one in advice["findings"]}
        assert await who.here.fresh(ticket) == before


async def test_the_document_with_these_is_valid(database_url: str, tmp_path: Path) -> None:
    """Everything that the public side adds to /api/v1 is described by the rules of OpenAPI, in Chinese."""
    async with city(database_url) as here, aiohttp.ClientSession() as session:
        books = here.books
        parts = outside(load(data_dir=tmp_path), books.tickets, books.desk, session, clock.now)
        async with served(books, extra=parts.operations) as client, client.get("/api/v1/openapi.json") as answer:
            document = await answer.json()
            assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
            assert "/api/v1/tickets/{number}/attachments/{id}" in document["paths"]
