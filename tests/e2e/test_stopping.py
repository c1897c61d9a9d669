"""Stopping in order: no new calls, the present ones end normally, with a limit."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from simnet import sipp
from simnet.network import Network
from simnet.product import Product
from tests.e2e.conftest import SETTINGS
from tests.e2e.rows import Rows

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.timeout(120)]


async def test_the_house_closes_when_the_last_call_has_ended(tmp_path: Path, caller: str) -> None:
    """Ctrl-C once: new calls get 503, the two who speak go on; when they have ended, everything stops by itself."""
    net = Network()
    product = Product(net, tmp_path, {**SETTINGS, "DRAIN_SECONDS": 60})
    try:
        await product.start()
        await net.start(product.host, product.sip_port)
        seat = await net.seat("8001", product.passwords["8001"])
        call = await net.dial(caller_id=caller)
        await call.answered
        await call.press("0")
        taken = await seat.next_call()
        await taken.answered
        product.interrupt()
        async with asyncio.timeout(20):
            while (await sipp.invite(product.host, product.sip_port)).final != 503:  # noqa: ASYNC110 - the dialplan's word
                await asyncio.sleep(0.1)
        assert not call.ended.happened
        await call.hang_up()
        assert await product.ended() == 0
        row = Rows(product.data / "hotline.db").of(caller)[-1]
        assert (row.outcome, row.tickets) == ("answered", ("matter",))
        assert row.ended_at
        assert not (product.data / "run" / "supervisor.pid").exists()
    finally:
        await net.stop()
        await product.stop()


async def test_a_service_that_is_told_to_go_lets_calls_end(tmp_path: Path, caller: str) -> None:
    """SIGTERM to the service alone: the caller of now is served to the end, new ones reach the seats without it."""
    net = Network()
    product = Product(net, tmp_path, {**SETTINGS, "DRAIN_SECONDS": 60})
    try:
        await product.start()
        await net.start(product.host, product.sip_port)
        seat = await net.seat("8001", product.passwords["8001"])
        call = await net.dial(caller_id=caller)
        await call.answered
        await call.press("0")
        taken = await seat.next_call()
        await taken.answered
        service = product.pid("service")
        assert service is not None
        os.kill(service, signal.SIGTERM)
        other = await net.seat("8002", product.passwords["8002"])
        newcomer = await net.dial(caller_id=str(int(caller) + 5_000_000))
        alone = await other.next_call()
        await alone.answered
        assert product.pid("service") == service, "it waits for its call"
        await call.hang_up()
        await product.back()
        assert product.pid("service") != service
        await newcomer.hang_up()
        rows = Rows(product.data / "hotline.db")
        assert (await rows.ended(caller)).outcome == "answered"
        row = await rows.ended(str(int(caller) + 5_000_000))
        assert (row.outcome, row.tickets, row.degraded) == ("answered", ("matter",), 1)
    finally:
        await net.stop()
        await product.stop()
