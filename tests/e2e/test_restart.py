"""The service or Asterisk dies in every state of a call, and nothing of any call is lost (R4.2)."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simnet import listen, sound
from simnet.calls import CitizenCall
from simnet.network import Network, Seat
from simnet.parties import Answer, Ignore, Tone, dead
from simnet.product import Product
from tests.e2e.conftest import SETTINGS, Bed
from tests.e2e.rows import Rows

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.covers("R4.2")]

#: After it is back, the service has every live call in hand within so many seconds.
_BACK = 5.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bed]:
    """A product of this module's own: it dies all the time."""
    net = Network()
    product = Product(net, tmp_path_factory.mktemp("product"), {**SETTINGS, "MAX_WAIT_SECONDS": 60})
    try:
        await product.start()
        await net.start(product.host, product.sip_port)
        yield Bed(net, product)
    finally:
        await net.stop()
        await product.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def seat(house: Bed) -> AsyncIterator[Seat]:
    """A seat on duty for one test."""
    await house.product.back()
    seat = await house.net.seat("8001", house.product.passwords["8001"])
    yield seat
    await seat.sign_out()


@pytest.fixture
def rows(house: Bed) -> Rows:
    """The books on disk."""
    return Rows(house.product.data / "hotline.db")


async def _service_dies(product: Product) -> None:
    """``kill -9`` of the service; returns when the new one has the calls of now in hand, which must not take long."""
    await product.kill("service")
    began = time.monotonic()
    await product.back()
    assert time.monotonic() - began < _BACK + 3, "starting and taking over took too long"


async def _hears(house: Bed, call: CitizenCall, prompt: str, seconds: float = 20, *, after: float = 0) -> None:
    """Wait until the caller heard an announcement begin, ``after`` so many seconds of what they hear."""
    # Its first second: a key cuts the rest off.
    needle = sound.read(house.prompt(prompt))[: sound.RATE]
    start = int(after * sound.RATE)
    await call.heard.until(lambda heard: listen.find(needle, heard[start:]) is not None, seconds)


async def _recording(house: Bed, call_id: str) -> None:
    """Wait until Asterisk writes what the caller says."""
    live = house.product.data / "recordings" / "live"
    async with asyncio.timeout(10):
        while not list(live.glob(f"{call_id}_message_*")):  # noqa: ASYNC110 - a file of another process
            await asyncio.sleep(0.05)


async def test_killed_while_a_caller_is_greeted(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """The greeting goes on, a person answers, and there is one row, one ticket and the whole recording."""
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await _service_dies(house.product)
    taken = await seat.next_call()
    await taken.answered
    await rows.until(caller, lambda row: row.outcome == "answered")
    await call.hang_up()
    row = await rows.ended(caller)
    assert row.tickets == ("matter",)
    assert row.recordings.keys() == {"citizen", "agent"}
    assert len(rows.of(caller)) == 1
    assert listen.find(sound.read(house.prompt("greeting")), call.heard.samples()) is not None


async def test_killed_while_a_caller_waits(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """The caller keeps waiting, is answered when a seat is free, and no seat is rung twice for them."""
    await seat.behave(Ignore())
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    await seat.next_call()
    await _service_dies(house.product)
    await seat.behave(Answer())
    taken = await seat.next_call()
    await taken.answered
    row = await rows.until(caller, lambda row: row.outcome == "answered")
    assert row.seat == "8001"
    await call.hang_up()
    row = await rows.ended(caller)
    assert row.tickets == ("matter",)


async def test_killed_while_two_people_speak(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """They go on speaking and hear each other; the recording is whole, and the end is in the books."""
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    taken = await seat.next_call()
    await taken.answered
    await rows.until(caller, lambda row: row.outcome == "answered")
    await call.say(Tone(440))
    before = time.monotonic()
    await _service_dies(house.product)
    gap = time.monotonic() - before
    await taken.heard.until(lambda heard: listen.has_tone(heard, 440, seconds=gap + 0.5))
    await call.hang_up()
    row = await rows.ended(caller)
    assert row.outcome == "answered"
    assert row.tickets == ("matter",)
    assert min(row.recordings["citizen"], row.recordings["agent"]) >= gap


async def test_killed_in_the_emergency_menu(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """The ticket stands from before; the menu is asked again; 110 is reached, and each route was dialled once."""
    del seat
    await house.net.service("1109", dead())
    police = await house.net.service("110", Answer())
    dialled = house.net.invites("110"), house.net.invites("1109")
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("99")
    await rows.until(caller, lambda row: row.tickets == ("emergency_transfer",))
    await _service_dies(house.product)
    await _hears(house, call, "emergency-menu", after=call.heard.seconds)
    await call.press("1")
    taken = await police.next_call()
    await taken.answered
    assert taken.shown.number == caller
    assert (house.net.invites("110"), house.net.invites("1109")) == (dialled[0] + 1, dialled[1] + 1)
    await call.hang_up()
    row = await rows.ended(caller)
    assert (row.outcome, row.emergency, row.tickets) == ("emergency", "110", ("emergency_transfer",))


async def test_killed_while_110_rings(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """Asterisk goes on dialling; 110 answers, both hear each other, and nobody is dialled twice."""
    del seat
    await house.net.service("1109", dead())
    police = await house.net.service("110", Answer(after=4))
    dialled = house.net.invites("110")
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("99")
    await rows.until(caller, lambda row: row.tickets == ("emergency_transfer",))
    await _hears(house, call, "emergency-menu")
    await call.press("1")
    taken = await police.next_call()
    await _service_dies(house.product)
    await taken.answered
    await call.say(Tone(440))
    await taken.heard.until(lambda heard: listen.has_tone(heard, 440))
    assert house.net.invites("110") == dialled + 1
    await call.hang_up()
    row = await rows.ended(caller)
    assert row.recordings.keys() == {"citizen", "emergency"}
    assert row.answered_at is not None


async def test_killed_while_a_message_is_left(house: Bed, rows: Rows, caller: str) -> None:
    """What the caller says is recorded to its end, thanked for, and becomes one ticket with the recording."""
    await house.product.back()
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    await _hears(house, call, "all-seats-busy")
    await call.press("2")
    await _hears(house, call, "beep")
    speaking = asyncio.create_task(call.say(Tone(600, seconds=5)))
    await _recording(house, rows.of(caller)[0].id)
    await _service_dies(house.product)
    await speaking
    await _hears(house, call, "message-thanks")
    await rows.until(caller, lambda row: row.tickets == ("message",))
    await call.ended
    row = await rows.until(caller, lambda row: bool(row.ended_at) and "message" in row.recordings)
    assert row.outcome == "message"
    assert row.recordings["message"] >= 4


async def test_hung_up_while_the_service_is_dead(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """The dialplan notes the end, and the service that comes back writes the row, the end and the ticket."""
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    taken = await seat.next_call()
    await taken.answered
    await house.product.kill("service")
    await call.hang_up()
    await house.product.back()
    row = await rows.ended(caller)
    assert (row.outcome, row.seat, row.tickets) == ("answered", "8001", ("matter",))
    assert not (house.product.data / "journal" / row.id).exists()


async def test_a_call_that_comes_while_the_service_is_dead(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """It is greeted, recorded and led to a seat by the dialplan alone, and taken into the books afterwards."""
    await house.product.kill("service")
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await _hears(house, call, "greeting")
    await call.press("0")
    taken = await seat.next_call()
    await taken.answered
    await house.product.back()
    await call.hang_up()
    row = await rows.ended(caller)
    assert (row.outcome, row.tickets) == ("answered", ("matter",))
    assert row.recordings.keys() == {"citizen", "agent"}


async def test_a_frozen_service_is_as_good_as_dead(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """Asterisk sees by the heartbeat that nobody answers: the caller reaches a seat all the same, and is booked."""
    service = house.product.pid("service")
    assert service is not None
    os.kill(service, signal.SIGSTOP)
    try:
        call = await house.net.dial(caller_id=caller)
        taken = await seat.next_call(40)
        await taken.answered
    finally:
        os.kill(service, signal.SIGCONT)
    await house.product.back()
    await call.hang_up()
    row = await rows.ended(caller)
    assert (row.outcome, row.tickets) == ("answered", ("matter",))


async def test_asterisk_dies(house: Bed, seat: Seat, rows: Rows, caller: str) -> None:
    """The service closes the books on the calls of then, keeps what was recorded, and takes calls again by itself."""
    call = await house.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    taken = await seat.next_call()
    await taken.answered
    await rows.until(caller, lambda row: row.outcome == "answered")
    service = house.product.pid("service")
    await house.product.kill("asterisk")
    row = await rows.ended(caller, seconds=30)
    assert (row.outcome, row.tickets) == ("answered", ("matter",))
    assert house.product.pid("service") == service, "the service itself lives on"
    await house.product.back()
    again = await house.net.dial(caller_id=caller)
    await again.answered
    await again.hang_up()
    await rows.until(caller, lambda row: row.outcome == "abandoned")


async def test_nothing_is_left_behind(house: Bed) -> None:
    """After all these deaths no channel and no open row remains."""
    await house.product.back()
    await house.product.no_channels()
