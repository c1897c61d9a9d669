"""The simulated telephone network against a product in miniature, so that the end-to-end tests can trust it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simnet import sipp
from simnet.asterisk import Asterisk, free_port
from simnet.listen import find, has_tone, spoken, tones
from simnet.moment import Over
from simnet.network import Network, NotRegistered
from simnet.parties import Answer, Ignore, Tone, busy, dead, own_tone
from simnet.sound import encode, read
from tests.unit.test_simnet_listen import babble

_PRODUCT = Path(__file__).parent / "simnet_product"
_MODULES = ["app_dial.so", "app_read.so", "res_pjsip_registrar.so", "res_pjsip_endpoint_identifier_user.so"]


@dataclass(frozen=True)
class World:
    """The network, and where the product is."""

    network: Network
    port: int


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Both Asterisks, running."""
    network, port = Network(), free_port("127.0.0.1")
    product = Asterisk("product", _PRODUCT)
    facts = {"sip_port": port, "network_port": network.sip_port, "rtp_start": 10000, "rtp_end": 19999}
    try:
        await product.start({**facts, "more_modules": _MODULES})
        await network.start("127.0.0.1", port)
        yield World(network, port)
    finally:
        await network.stop()
        await product.stop()


async def test_citizen_and_seat_hear_each_other(world: World) -> None:
    """A citizen is greeted, put through, and each hears the other's tone, at the time it was spoken."""
    seat = await world.network.seat("8001", "right", Answer(after=0.3))
    call = await world.network.dial(caller_id="13854301001")
    taken = await seat.next_call()
    await taken.answered
    await call.say(Tone(700, seconds=0.5))
    assert call.ringing.happened
    await call.heard.until(lambda samples: has_tone(samples, own_tone("8001")))
    await call.hang_up()

    assert (await call.ended).sip == 200
    assert (await taken.ended).cause == 16
    assert taken.shown.number == "13854301001"
    assert has_tone(taken.heard.samples(), 700)
    greeting, agent = tones(await call.heard_after_answer())
    assert greeting.hz == pytest.approx(440, abs=5)
    assert agent.hz == pytest.approx(own_tone("8001"), abs=5)
    assert call.answered.at is not None
    assert taken.answered.at is not None
    # No time is missing in the half second without a packet.
    assert agent.start == pytest.approx(taken.answered.at - call.answered.at, abs=0.15)


async def test_seat_hears_the_recording_that_the_citizen_plays(world: World, tmp_path: Path) -> None:
    """What is said from a file arrives whole at the other side; when the seat hangs up the call is over."""
    speech = tmp_path / "speech.alaw"
    speech.write_bytes(encode(babble(1)))
    seat = await world.network.seat("8001", "right", Answer(tone=0))
    call = await world.network.dial()
    taken = await seat.next_call()
    await taken.answered
    await call.say(speech)
    await taken.heard.until(lambda samples: find(read(speech), samples) is not None and not spoken(samples[-1600:]))
    await seat.hang_up()
    assert (await call.ended).sip == 200
    ((start, end),) = spoken(taken.heard.samples())
    assert end - start == pytest.approx(1, abs=0.1)


async def test_refusal_before_answer_is_heard_and_has_its_sip_code(world: World) -> None:
    """A refused call has early media, is never answered, and ends with the SIP code that the product sent."""
    for call in (await world.network.dial(presentation="prohib"), await world.network.dial(privacy="id")):
        with pytest.raises(Over) as over:
            await call.answered
        assert over.value.ending.sip == 433
        assert call.progress.happened
        assert has_tone(call.heard.samples(), 620, seconds=0.8)


async def test_caller_gives_up_while_it_rings(world: World) -> None:
    """A citizen who hangs up while it rings ends with 487; a number that nobody has ends with 404."""
    call = await world.network.dial("12346")
    await call.ringing
    await call.hang_up()
    assert (await call.ended).sip == 487
    assert (await (await world.network.dial("999")).ended).sip == 404
    call = await world.network.dial("12346")
    await call.hang_up()
    assert (await call.ended).sip == 487


async def test_keys_reach_the_product_and_a_dead_route_is_counted(world: World) -> None:
    """Two keys are heard as two; the first route says 503, the second answers; each got one INVITE."""
    first = await world.network.service("110", dead())
    second = await world.network.service("05433110", Answer(hold=1))
    call = await world.network.dial("110110", caller_id="05433123456")
    await call.answered
    await call.press("99")
    taken = await second.next_call()
    assert taken.shown.number == "05433123456"
    await call.heard.until(lambda samples: has_tone(samples, own_tone("05433110")))
    await taken.ended
    assert (await first.calls[0].ended).sip == 503
    assert [world.network.invites(number) for number in ("110", "05433110", "119")] == [1, 1, 0]


async def test_seat_that_does_not_answer(world: World) -> None:
    """A busy seat, a seat that lets it ring and a seat that has signed out are never connected."""
    seat = await world.network.seat("8001", "right", busy())
    call = await world.network.dial()
    await call.heard.until(lambda samples: has_tone(samples, 560))
    assert (await seat.calls[0].ended).sip == 486

    await seat.behave(Ignore())
    call = await world.network.dial()
    ringing = await seat.next_call()
    ringing = await seat.next_call() if ringing.ended.happened else ringing
    await call.hang_up()
    assert not ringing.answered.happened
    assert (await ringing.ended).sip == 487

    await seat.sign_out()
    call = await world.network.dial()
    await call.heard.until(lambda samples: has_tone(samples, 560))
    assert world.network.invites("8001") == 2

    await seat.behave(Answer())
    await seat.sign_in()
    await world.network.dial()
    await (await seat.next_call()).answered


async def test_seat_that_was_signed_out_is_signed_in_anew(world: World) -> None:
    """A seat can be staffed again under its number, with other manners, as the next test does."""
    await (await world.network.seat("8001", "right", busy())).sign_out()
    seat = await world.network.seat("8001", "right")
    await world.network.dial()
    await (await seat.next_call()).answered


async def test_wrong_password_is_said(world: World) -> None:
    """A telephone that the product does not let in says so at once."""
    with pytest.raises(NotRegistered):
        await world.network.seat("8002", "wrong")


async def test_raw_invite(world: World) -> None:
    """SIPp's calls tell what came before the end, the final code, and what was heard."""
    answered = await sipp.invite("127.0.0.1", world.port, hold=1.0)
    assert (answered.final, answered.provisional) == (200, (100, 180))
    assert has_tone(answered.heard, 440)
    refused = await sipp.invite("127.0.0.1", world.port, from_line='"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert (refused.final, refused.provisional, refused.reason) == (433, (100, 180, 183), "Anonymity Disallowed")
    assert has_tone(refused.heard, 620)


async def test_raw_invite_sends_lines_as_they_are(world: World) -> None:
    """Header lines reach the product byte for byte; bytes that no parser takes are sent all the same."""
    odd = await sipp.invite("127.0.0.1", world.port, number="12347", headers=("X-Odd: odd <1>%00",))
    plain = await sipp.invite("127.0.0.1", world.port, number="12347", headers=("X-Odd: odd <1>",))
    assert (odd.final, plain.final) == (486, 480)
    broken = await sipp.invite("127.0.0.1", world.port, from_line=b"<sip:1\xff\x01@127.0.0.3>", seconds=2)
    assert broken.final == 0


async def test_nothing_stays_when_the_test_is_killed() -> None:
    """Asterisk does not outlive a process that started it and was killed without warning."""
    program = (
        "import asyncio\n"
        "from simnet.network import Network\n"
        "async def main():\n"
        "    network = Network()\n"
        "    await network.start('127.0.0.1', 5099)\n"
        "    print(network.asterisk.pid, network.asterisk.home, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pid, home = (await process.stdout.readline()).decode().split()
    gone = os.pidfd_open(int(pid))
    process.kill()
    await process.wait()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(gone, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 10)
    finally:
        shutil.rmtree(home)
        asyncio.get_running_loop().remove_reader(gone)
        os.close(gone)
