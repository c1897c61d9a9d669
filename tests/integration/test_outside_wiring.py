"""The public side as the service puts it together from its settings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from common import clock
from hotline.outside.serving import OutsideParts, outside
from hotline.settings import Settings, load
from tests import files_kit as files
from tests.books import books
from tests.outside_kit import Client, served
from tickets.attachment_rows import Scan
from tickets.store.tables import attachments
from tickets.store.tables_work import notices

_OTHERS: dict[str, Any] = {
    "partners": [{"name": "police", "title": "110", "our_name": "hotline", "secret": "s" * 40}],
    "mailbox_least_seconds": 0,
}


@contextlib.asynccontextmanager
async def running(settings: Settings, database_url: str) -> AsyncIterator[tuple[Any, OutsideParts, Client]]:
    """The parts, served; their works run."""
    async with books(database_url) as at, aiohttp.ClientSession() as session:
        await at.tickets.seed(clock.now())
        parts = outside(settings, at.tickets, at.desk, session, clock.now)
        async with served(at, outside=parts.routes) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(work()) for work in parts.works.values()]
            yield at, parts, client
            for task in tasks:
                task.cancel()


@pytest.mark.covers("R4.1", "A18")
async def test_a_letter_with_a_picture_goes_all_the_way(database_url: str, tmp_path: Path) -> None:
    """From the form to a ticket, its picture scanned, by nothing but the service's own works."""
    async with running(load(data_dir=tmp_path, **_OTHERS), database_url) as (at, parts, client):
        assert set(parts.works) == {"outbox", "scans", "exchange"}
        async with client.get("/public/mailbox") as answer:
            token = (await answer.json())["token"]
        form = aiohttp.FormData({"token": token, "matter": "路灯不亮，晚上看不见"})
        form.add_field("files", files.PNG, filename="灯.png")
        async with client.post("/public/mailbox", data=form) as answer:
            assert answer.status == 201
            told = await answer.json()
        async with client.get(
            "/public/tickets/query", params={"number": told["number"], "code": told["query_code"]}
        ) as answer:
            assert (await answer.json())["status"] == "已登记，正在审核"
        async with asyncio.timeout(30):
            while True:
                [row] = await at.tickets.rows(select(attachments.c.scan))
                if row.scan == Scan.CLEAN:
                    break
                await asyncio.sleep(0.05)
        assert await at.tickets.rows(select(notices.c.id)) == []
        for address in ("/open311/v2/services.json", "/public/mailbox", "/public/page.css"):
            async with client.get(address) as answer:
                assert answer.status == 200
        async with client.post("/exchange/v1/tickets", data=b"{}") as answer:
            assert answer.status == 401


async def test_what_is_switched_off_is_not_there(database_url: str, tmp_path: Path) -> None:
    """Without public pages and partners none of their addresses exist."""
    async with running(load(data_dir=tmp_path, public_pages=False), database_url) as (_, parts, client):
        assert set(parts.works) == {"outbox", "scans"}
        for address in ("/public/mailbox", "/open311/v2/services.json", "/exchange/v1/tickets/1"):
            async with client.get(address) as answer:
                assert answer.status == 404
