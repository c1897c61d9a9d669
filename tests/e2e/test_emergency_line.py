"""A trunk that is taken for dead is no reason not to reach 110 (R7.1)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from simnet.asterisk import free_port
from simnet.network import Network
from simnet.product import Product
from tests.e2e.conftest import SETTINGS, Bed
from tests.e2e.listening import Ear
from tests.e2e.rows import Rows

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.timeout(120), pytest.mark.covers("R7.1")]

_LINE = "127.0.0.8"


class Exchange(asyncio.DatagramProtocol):
    """110's exchange: it answers calls, and what is not a call it does not hear."""

    def __init__(self) -> None:
        self.invites = 0
        self.ended = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # not by its class before Python 3.12

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A SIP request."""
        request = data.decode()
        if request.startswith("INVITE"):
            self.invites += 1
            self._answer(request, addr, _SDP)
        elif request.startswith("BYE"):
            self._answer(request, addr, "")
            self.ended.set()

    def _answer(self, request: str, addr: tuple[str | Any, int], body: str) -> None:
        assert self._transport is not None
        kept = [line for line in request.split("\r\n") if line.split(":")[0] in {"Via", "From", "Call-ID", "CSeq"}]
        to = next(line for line in request.split("\r\n") if line.startswith("To:"))
        host, port = self._transport.get_extra_info("sockname")
        lines = ["SIP/2.0 200 OK", *kept, to if ";tag=" in to else f"{to};tag=110", f"Contact: <sip:{host}:{port}>"]
        lines += [*(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "", body]
        self._transport.sendto("\r\n".join(lines).encode(), addr)


_SDP = "".join(
    f"{line}\r\n"
    for line in (
        "v=0",
        f"o=- 1 1 IN IP4 {_LINE}",
        "s=-",
        f"c=IN IP4 {_LINE}",
        "t=0 0",
        "m=audio 6110 RTP/AVP 8",
        "a=rtpmap:8 PCMA/8000",
    )
)


async def test_a_line_that_answers_no_options_is_dialled_all_the_same(tmp_path: Path, caller: str) -> None:
    """The only route to 110 answers calls but no OPTIONS, so Asterisk holds it for unreachable: 110 is reached."""
    net, port = Network(), free_port(_LINE)
    trunks = [
        {"name": "carrier", "host": net.host, "port": net.sip_port},
        {"name": "mute", "host": _LINE, "port": port},
    ]
    routes = {"110": [{"trunk": "mute", "number": "110"}]}
    product = Product(net, tmp_path, {**SETTINGS, "TRUNKS": trunks, "EMERGENCY_ROUTES": routes})
    transport, police = await asyncio.get_running_loop().create_datagram_endpoint(Exchange, local_addr=(_LINE, port))
    try:
        await product.start()
        await net.start(product.host, product.sip_port)
        async with asyncio.timeout(50):
            while "Unavail" not in await product.asterisk("pjsip show contacts"):  # noqa: ASYNC110 - Asterisk's own mind
                await asyncio.sleep(0.2)
        call = await net.dial(caller_id=caller)
        await call.answered
        await call.press("99")
        await Ear(Bed(net, product), call).hears("emergency-menu", share=0.2)
        await call.press("1")
        row = await Rows(product.data / "hotline.db").until(caller, lambda row: bool(row.answered_at))
        assert row.emergency == "110"
        await call.hang_up()
        await asyncio.wait_for(police.ended.wait(), 10)
        assert police.invites == 1
    finally:
        transport.close()
        await net.stop()
        await product.stop()
