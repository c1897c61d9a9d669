"""Danger to life or property: put through to 110, 119, 120 or 122 by the emergency key (R7.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simnet.calls import CitizenCall
from simnet.parties import Answer, Tone, busy, dead, own_tone
from tests.e2e.conftest import Bed
from tests.e2e.duty import engaged, to_the_queue
from tests.e2e.listening import Ear
from tests.e2e.office import Office

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("quiet"),
    pytest.mark.covers("R7.1"),
]


async def test_during_the_greeting_and_over_the_second_route(bed: Bed, caller: str) -> None:
    """The ticket is there before the choice; the first route is dead, the second answers with the caller's number
    shown; both hear each other and are recorded; each route was dialled once.
    """  # noqa: D205 - one sentence
    office = Office(bed)
    await bed.net.service("1109", dead())
    police = await bed.net.service("110", Answer(tone=0))
    before = [bed.net.invites(number) for number in ("1109", "110")]
    call = await bed.net.dial(caller_id=caller)
    ear = Ear(bed, call)
    await ear.hears("greeting", share=0.5)
    await _to_the_menu(call, ear)
    ticket = await office.ticket(await office.call(caller), "emergency_transfer")
    await call.press("1")
    await ear.hears("emergency-connecting-110")
    taken = await police.next_call()
    assert taken.shown.number == caller
    await taken.answered
    listener = Ear(bed, taken)
    await asyncio.gather(call.say(Tone(440, 1)), taken.say(Tone(own_tone("110"), 1)))
    await asyncio.gather(ear.hears_tone(own_tone("110")), listener.hears_tone(440))
    assert not listener.has_heard("emergency-bridge-caller"), "the trunk shows the number: nothing is spoken"
    await police.hang_up()
    await ear.hears("goodbye")
    assert (await call.ended).sip == 200

    row = await office.ended(caller, "emergency")
    assert (row["emergency"], row["seat"]) == ("110", "")
    assert row["answered_at"] == pytest.approx(taken.answered.at, abs=0.5)
    assert (await office.ticket(row, "emergency_transfer"))["id"] == ticket["id"]
    assert ticket["opened_at"] < row["answered_at"]
    tracks = await office.recordings(row, "citizen", "emergency")
    assert tracks["emergency"]["who"] == "110"
    for track, hz in (("citizen", 440), ("emergency", own_tone("110"))):
        assert [tone.hz for tone in office.tones(tracks[track])] == [pytest.approx(hz, abs=5)]
    assert [bed.net.invites(number) for number in ("1109", "110")] == [count + 1 for count in before]


async def test_while_waiting_and_over_a_line_that_shows_no_number(bed: Bed, callers: Iterator[str]) -> None:
    """Who waits is put through as well; to the service the caller's number is read out before the two can speak."""
    office = Office(bed)
    caller, busy_with = next(callers), next(callers)
    ambulance = await bed.net.service("120", Answer(tone=0))
    async with engaged(bed, "8001", busy_with):
        call = await to_the_queue(bed, caller)
        ear = Ear(bed, call)
        await ear.hears("queue-youarenext", share=0.5)
        await _to_the_menu(call, ear)
        await call.press("3")
        taken = await ambulance.next_call()
        await taken.answered
        listener = Ear(bed, taken)
        await listener.hears("emergency-bridge-caller")
        assert await listener.hears_figures(len(caller)) == caller
        await listener.hears("emergency-bridge-end")
        await call.say(Tone(440, 1))
        await listener.hears_tone(440)
        await call.hang_up()
    row = await office.ended(caller, "emergency")
    assert row["emergency"] == "120"
    assert row["queued_at"] is not None
    await office.ticket(row, "emergency_transfer")
    await office.recordings(row, "citizen", "emergency")


async def test_one_press_alone_is_a_mistake_and_costs_no_place(bed: Bed, callers: Iterator[str]) -> None:
    """The first in line presses the emergency key once and then another: they stay before those who came later."""
    office = Office(bed)
    mistaken, later, busy_with = next(callers), next(callers), next(callers)
    async with engaged(bed, "8001", busy_with) as (seat, speaking):
        call = await to_the_queue(bed, mistaken)
        ear = Ear(bed, call)
        await ear.hears("queue-youarenext", share=0.5)
        await call.press("9")
        await ear.hears("emergency-confirm", share=0.3)
        other = await to_the_queue(bed, later)
        await Ear(bed, other).hears("queue-youarenext", share=0.5)
        await call.press("5")
        await ear.hears("queue-youarenext", share=0.5)
        await speaking.hang_up()
        taken = await seat.next_call()
        assert taken.shown.number == mistaken
        await office.answered(mistaken)
        await asyncio.gather(call.hang_up(), other.hang_up())
    row = await office.ended(mistaken, "answered")
    await office.ticket(row, "matter")


async def test_the_key_works_while_a_place_in_line_is_announced(bed: Bed, callers: Iterator[str]) -> None:
    """Two presses during the announcement of the place, which Asterisk loses one of, lead to the question all the same,
    and a further one to the menu.
    """  # noqa: D205 - one sentence
    caller, before, busy_with = next(callers), next(callers), next(callers)
    async with engaged(bed, "8001", busy_with):
        await Ear(bed, await to_the_queue(bed, before)).hears("queue-youarenext", share=0.5)
        call = await to_the_queue(bed, caller)
        ear = Ear(bed, call)
        await ear.hears("queue-thereare", share=0.5)
        await call.press("99")
        await ear.hears("emergency-confirm", share=0.3)
        await call.press("9")
        await ear.hears("emergency-menu", share=0.2)
        await Office(bed).ticket(await Office(bed).call(caller), "emergency_transfer")


@pytest.mark.parametrize(("key", "service"), [("2", "119"), ("4", "122")])
async def test_no_route_works_and_a_person_answers_first(
    bed: Bed, callers: Iterator[str], key: str, service: str
) -> None:
    """119 is engaged, 122 has no route at all: the caller hears to dial it themselves, and is the next to be answered,
    before one who has waited longer; the ticket stays one, of an emergency.
    """  # noqa: D205 - one sentence
    office = Office(bed)
    in_danger, waiting, busy_with = next(callers), next(callers), next(callers)
    await bed.net.service("119", busy())
    async with engaged(bed, "8001", busy_with) as (seat, speaking):
        call = await bed.net.dial(caller_id=in_danger)
        ear = Ear(bed, call)
        await ear.hears("greeting", share=0.3)
        await _to_the_menu(call, ear)
        await call.press(key)
        await ear.hears(f"emergency-failed-{service}", share=0.5)
        patient = await to_the_queue(bed, waiting)
        await Ear(bed, patient).hears("queue-youarenext")
        await office.call(in_danger, lambda row: row["queued_at"] is not None)
        await speaking.hang_up()
        taken = await seat.next_call()
        assert taken.shown.number == in_danger
        await office.answered(in_danger)
        await call.hang_up()
        await patient.hang_up()
    row = await office.ended(in_danger, "emergency")
    assert (row["emergency"], row["seat"]) == (service, "8001")
    await office.ticket(row, "emergency_transfer")


async def _to_the_menu(call: CitizenCall, ear: Ear) -> None:
    """The emergency key, and once more to confirm."""
    await call.press("9")
    await ear.hears("emergency-confirm", share=0.3)
    await call.press("9")
    await ear.hears("emergency-menu", share=0.2)
