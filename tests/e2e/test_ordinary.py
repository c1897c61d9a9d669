"""An ordinary call: greeted, answered by a person, recorded, and a ticket afterwards (R4.2, R3.1, R14.1)."""

from __future__ import annotations

import asyncio
import time

import pytest

from simnet.listen import has_tone, tones
from simnet.parties import Answer, Tone
from tests.e2e.conftest import Bed
from tests.e2e.duty import on_duty, to_the_queue
from tests.e2e.listening import Ear
from tests.e2e.office import Office

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("quiet")]

_CITIZEN, _AGENT = 440, 1050


@pytest.mark.covers("R4.2", "R3.1", "R14.1")
async def test_citizen_is_greeted_answered_recorded_and_has_a_ticket(bed: Bed, caller: str) -> None:
    """From the ring to the ticket: what each of the two heard, what was recorded of each, and what the books say."""
    office = Office(bed)
    async with on_duty(bed, "8001", Answer(after=0.5, tone=0)) as seat:
        call = await bed.net.dial(caller_id=caller)
        citizen = Ear(bed, call)
        greeted = await citizen.hears("greeting", "recorded")
        taken = await seat.next_call()
        assert taken.shown.number == caller
        await taken.answered
        assert call.answered.at is not None
        assert taken.answered.at is not None
        assert greeted < 0.5

        await citizen.hears("seat-serves", seconds=8)
        said_at = time.time()
        await asyncio.gather(call.say(Tone(_CITIZEN, 1)), taken.say(Tone(_AGENT, 1)))
        await asyncio.gather(citizen.hears_tone(_AGENT), Ear(bed, taken).hears_tone(_CITIZEN))
        assert not has_tone(call.heard.samples(), _CITIZEN)
        await call.hang_up()
    ending = await call.ended
    assert ending.sip == 200
    await taken.ended

    row = await office.ended(caller, "answered")
    assert (row["seat"], row["trunk"], row["dialled"], row["reason"]) == ("8001", "carrier", "12345", "accepted.mobile")
    assert (row["cause"], row["degraded"]) == (16, 0)
    assert row["rang_at"] <= row["greeted_at"] <= row["queued_at"] <= row["answered_at"] <= row["ended_at"]
    assert row["greeted_at"] == pytest.approx(call.answered.at, abs=0.5)
    # A person has answered when they can be spoken with: once the seat's number has been announced.
    assert taken.answered.at < row["answered_at"] < said_at + 1
    assert row["ended_at"] == pytest.approx(ending.at, abs=0.5)
    await office.ticket(row, "matter")

    tracks = await office.recordings(row, "citizen", "agent")
    assert tracks["agent"]["who"] == "8001"
    assert tracks["citizen"]["started_at"] == pytest.approx(row["greeted_at"], abs=0.5)
    assert tracks["agent"]["started_at"] == pytest.approx(row["answered_at"], abs=0.5)
    for name, hz in (("citizen", _CITIZEN), ("agent", _AGENT)):
        (tone,) = tones(office.audio(tracks[name]))
        assert tone.hz == pytest.approx(hz, abs=5)
        assert tracks[name]["started_at"] + tone.start == pytest.approx(said_at, abs=0.4)
        assert tone.end - tone.start == pytest.approx(1, abs=0.15)


async def test_citizen_hears_whose_seat_serves_them(bed: Bed, caller: str) -> None:
    """After a seat has answered, its number is announced to the citizen and not to the seat (8001号话务员为您服务)."""
    async with on_duty(bed, "8001", Answer(after=0.5, tone=0)) as seat:
        call = await to_the_queue(bed, caller)
        taken = await seat.next_call()
        await taken.answered
        ear = Ear(bed, call)
        named = await ear.hears("tel/8", "tel/0", "tel/0", "tel/1", "seat-serves", seconds=8)
        assert call.answered.at is not None
        assert taken.answered.at is not None
        assert named > taken.answered.at - call.answered.at - 0.1
        assert not Ear(bed, taken).has_heard("seat-serves")
        await call.say(Tone(_CITIZEN, 1))
        await Ear(bed, taken).hears_tone(_CITIZEN)


@pytest.mark.covers("R4.2", "R14.1")
async def test_seat_hangs_up_first_on_one_who_dialled_the_area_code_and_skipped_the_greeting(
    bed: Bed, caller: str
) -> None:
    """054312345 is the hotline too; 0 during the greeting rings a seat at once; when the seat hangs up all is over."""
    async with on_duty(bed, "8001", Answer(hold=1)) as seat:
        call = await bed.net.dial("054312345", caller_id=caller)
        ear = Ear(bed, call)
        await ear.hears("greeting", share=0.3)
        await call.press("0")
        await (await seat.next_call(3)).answered
        assert (await call.ended).sip == 200
    assert not ear.has_heard("recorded")
    row = await Office(bed).ended(caller, "answered")
    assert row["dialled"] == "054312345"
    await Office(bed).ticket(row, "matter")
