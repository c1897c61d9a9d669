"""Two senders at once, and one that is killed in the middle: nobody is told twice by us, nobody is forgotten (A18)."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.books import books
from tests.city import city
from tests.sms_gateway import accepts, telephones
from tickets.outbox import LEASE, Outbox
from tickets.store.tables_work import notices


@pytest.mark.covers("A18")
async def test_of_two_senders_each_notice_is_sent_by_one(database_url: str) -> None:
    """Two services on one database: every notice goes out once, though both look for work at the same moment."""
    async with city(database_url) as here, books(database_url) as other, telephones() as phones:
        for _ in range(15):
            await here.dispatched()
        senders = [
            Outbox(store, phones.gateway(), lambda: here.now) for store in (here.books.tickets, other.tickets) * 2
        ]
        while sum(await asyncio.gather(*(sender.deliver() for sender in senders))):
            pass
        assert len(phones.keys) == 15
        assert len(set(phones.keys)) == 15
        sent = [row for row in await here.rows(notices) if row["audience"] == "caller"]
        assert {(row["state"], row["tries"]) for row in sent} == {("sent", 1)}


@pytest.mark.covers("A18")
async def test_what_a_killed_sender_had_in_hand_is_sent_again_with_the_same_key(database_url: str) -> None:
    """Kill -9 while the gateway thinks: after the lease another sender sends it, and the gateway can tell it is one."""
    async with city(database_url) as here, telephones() as phones:
        thinking = asyncio.Event()

        async def thinks(_request: web.Request) -> web.Response:
            await thinking.wait()
            return web.json_response({"code": 0})

        phones.answer = thinks
        await here.dispatched()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.outbox_sender"),
            *(database_url, f"{phones.address}/send", here.now.isoformat()),
            cwd=Path(__file__).parents[2],
        )
        try:
            async with asyncio.timeout(60):
                await phones.came.wait()
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            thinking.set()
        phones.answer = accepts
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now)
        assert await outbox.deliver() == 0
        here.now += LEASE
        await outbox.deliver()
        assert len(phones.keys) == 2
        assert len(set(phones.keys)) == 1
        assert [row["state"] for row in await here.rows(notices) if row["audience"] == "caller"] == ["sent"]
