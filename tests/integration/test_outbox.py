"""Notices on their way to callers: texts, proof, retries, and what counts only once the caller knows (A18)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from common.vault import is_sealed
from hotline.sms import ShownOnly
from tests.city import LEADER, REVIEWER, City, city, handler, heating
from tests.sms_gateway import accepts, telephones
from tickets.model import Ticket
from tickets.outbox import RETRIES, Outbox
from tickets.outbox_rows import aside, told_of
from tickets.store.tables_work import notices
from tickets.units import Membership, Person
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts, Role


async def of_caller(here: City, ticket: Ticket) -> list[Mapping[str, Any]]:
    """The notices to the caller, oldest first."""
    rows = [row for row in await here.rows(notices) if row["ticket_id"] == ticket.id and row["audience"] == "caller"]
    return sorted(rows, key=lambda row: int(row["seq"]))


async def extension_approved(here: City, ticket: Ticket) -> Ticket:
    """Four more days are asked for and approved; the caller does not know yet."""
    asked = Facts(reason="主管网更换需停暖三日。", working_days=4)
    await here.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), asked)
    return await here.do(ticket, Move.APPROVE_EXTENSION, LEADER, Facts(working_days=4))


@pytest.mark.covers("A18")
async def test_the_caller_gets_number_and_code_and_the_proof_is_kept(database_url: str) -> None:
    """On dispatch the caller is told number and query code; what the gateway answered stands in the row."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.dispatched()
        outbox = Outbox(here.books.tickets, phones.gateway(lambda: here.now), lambda: here.now)
        assert await outbox.deliver() == 2
        [row] = await of_caller(here, ticket)
        [(key, said)] = phones.arrived
        body = json.loads(said.partition(" ")[2])
        assert key == body["id"] == row["id"]
        assert body["phone"] == ticket.caller_number
        assert ticket.number in body["content"]
        assert ticket.query_code in body["content"]
        assert (row["state"], row["sent_at"]) == ("sent", here.now)
        assert row["proof"]["message_id"] == "m77"
        assert row["proof"]["answered_at"] == here.now.isoformat()
        assert await outbox.deliver() == 0


@pytest.mark.covers("A18", "R22.4")
async def test_an_extension_counts_once_the_caller_knows_limit_and_reason(database_url: str) -> None:
    """Approved is not yet extended: the due day moves with the notice that names the new day and the reason."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.signed()
        approved = await extension_approved(here, ticket)
        assert approved.turn is not None
        assert approved.turn.due.on.isoformat() == "2026-12-01"
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now)
        await outbox.deliver()
        extended = await here.fresh(ticket)
        assert extended.turn is not None
        assert extended.turn.due.on.isoformat() == "2026-12-07"
        row = (await of_caller(here, ticket))[-1]
        assert row["text"] == (
            f"【12345】您的诉求（工单号{ticket.number}）因主管网更换需停暖三日，办理期限延至2026年12月07日。"
        )
        history = await here.books.tickets.history(ticket.id)
        assert history[-1].facts.notice_id == row["id"]


@pytest.mark.covers("A18")
async def test_a_notice_that_is_only_shown_tells_nobody(database_url: str, tmp_path: Path) -> None:
    """Without a gateway the office can read what would be sent; an extension does not count by that."""
    async with city(database_url) as here:
        ticket = await here.signed()
        await extension_approved(here, ticket)
        outbox = Outbox(here.books.tickets, ShownOnly(tmp_path / "outbox", lambda: here.now), lambda: here.now)
        await outbox.deliver()
        waiting = await here.fresh(ticket)
        assert waiting.turn is not None
        assert waiting.turn.due.on.isoformat() == "2026-12-01"
        assert {row["state"] for row in await of_caller(here, ticket)} == {"shown"}
        file = tmp_path / "outbox" / "2026-11-24.csv"
        shown = file.read_text(encoding="utf-8-sig").splitlines()
        assert shown[0] == "时间,编号,号码,内容"
        assert len(shown) == 3
        assert ticket.number in shown[1]
        assert file.stat().st_mode & 0o077 == 0
        clerk = Facts(notice_id="电话告知", reason="主管网更换")
        told = await here.do(ticket, Move.RECORD_EXTENSION_NOTICE, REVIEWER, clerk)
        assert told.turn is not None
        assert told.turn.due.on.isoformat() == "2026-12-07"


@pytest.mark.covers("A16", "A18")
async def test_a_confidential_ticket_is_not_talked_about(database_url: str) -> None:
    """Its notices name neither the matter nor a reason."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.submitted(heating(matter="举报某局长"), confidential=True)
        await here.sent(ticket, "住建局")
        await here.do(ticket, Move.SIGN, handler("住建局"))
        await extension_approved(here, ticket)
        await Outbox(here.books.tickets, phones.gateway(), lambda: here.now).deliver()
        assert all(is_sealed(row["text"]) and not row["recipient"] for row in await of_caller(here, ticket))
        store = here.books.tickets
        told = await store.read(lambda connection: told_of(connection, ticket.id, store.sealing))
        texts = [one.text for one in told if one.audience == "caller"]
        assert len(texts) == 2
        assert not any(word in text for text in texts for word in ("举报", "局长", "停暖", "诉求", "供暖"))
        assert "2026年12月07日" in texts[-1]


@pytest.mark.covers("A18")
async def test_a_gateway_that_fails_is_tried_ever_later_and_then_the_notice_is_put_aside(database_url: str) -> None:
    """Half a minute, two minutes … four hours; then it waits for the office, with the reason, and can be sent anew."""
    async with city(database_url) as here, telephones() as phones:

        async def down(_request: web.Request) -> web.Response:
            return web.json_response({"code": 0}, status=503)

        phones.answer = down
        ticket = await here.dispatched()
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now)
        await outbox.deliver()
        for pause in RETRIES:
            here.now += pause - timedelta(seconds=1)
            assert await outbox.deliver() == 0
            here.now += timedelta(seconds=1)
            assert await outbox.deliver() == 1
        [row] = await of_caller(here, ticket)
        assert (row["state"], row["tries"]) == ("failed", len(RETRIES) + 1)
        assert "503" in row["error"]
        assert len(set(phones.keys)) == 1
        assert [one.id for one in await here.books.tickets.read(aside)] == [row["id"]]
        here.now += timedelta(days=1)
        assert await outbox.deliver() == 0
        phones.answer = accepts
        await outbox.retry(row["id"])
        assert await outbox.deliver() == 1
        assert [one["state"] for one in await of_caller(here, ticket)] == ["sent"]


@pytest.mark.covers("A18", "A28")
async def test_what_cannot_get_a_message_is_put_aside_at_once(database_url: str) -> None:
    """A landline, a word: the gateway is not asked; the office reaches these people otherwise."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.submitted(heating(contact="05433123456"))
        await here.sent(ticket, "住建局")
        await Outbox(here.books.tickets, phones.gateway(), lambda: here.now).deliver()
        [row] = await of_caller(here, ticket)
        assert (row["state"], row["error"]) == ("failed", "没有可接收短信的手机号码")
        assert phones.arrived == []


@pytest.mark.covers("R12.2")
async def test_units_get_theirs_by_the_roles_that_people_hold(database_url: str) -> None:
    """With SMS to units switched on: handlers of that unit, today's ones only; nobody held: its duty phone."""
    async with city(database_url) as here, telephones() as phones:
        ended = date(2026, 11, 1)
        people = [Person(f"p{n}", f"承办{n}", f"1385430900{n}") for n in range(3)]
        held = [
            Membership("p0", "城管局", Role.HANDLER),
            Membership("p1", "城管局", Role.HANDLER, until=ended),
            Membership("p2", "城管局", Role.PRINCIPAL),
        ]
        await here.books.tickets.put(*people, *held, at=here.now)
        ticket = await here.dispatched("城管局")
        await Outbox(here.books.tickets, phones.gateway(), lambda: here.now, units=True).deliver()
        to = {json.loads(said.partition(" ")[2])["phone"] for _, said in phones.arrived}
        assert to == {ticket.caller_number, "13854309000"}


@pytest.mark.covers("A18")
async def test_a_notice_about_a_ticket_that_went_on_is_still_proven(database_url: str) -> None:
    """The extension's notice arrives after the ticket was answered: told is told, and nothing moves."""
    async with city(database_url) as here, telephones() as phones:
        ticket = await here.signed()
        await extension_approved(here, ticket)
        await here.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), here.answer())
        before = await here.fresh(ticket)
        await Outbox(here.books.tickets, phones.gateway(), lambda: here.now).deliver()
        assert {row["state"] for row in await of_caller(here, ticket)} == {"sent"}
        assert (await here.fresh(ticket)).turn == before.turn
