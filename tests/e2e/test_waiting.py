"""No seat is free: what those who wait hear, and where they can go from there (R4.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simnet.parties import Answer, Ignore
from tests.e2e.conftest import Bed
from tests.e2e.duty import engaged, on_duty, to_the_queue
from tests.e2e.listening import Ear
from tests.e2e.office import Office

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("quiet")]


@pytest.mark.covers("R4.2")
async def test_those_who_wait_hear_their_place_and_are_answered_or_kept_as_missed(
    bed: Bed, callers: Iterator[str]
) -> None:
    """The first hears that they are next, the second that they are second; who gives up is a missed call; who has
    waited too long is offered the choices, waits on at their place, and is answered when the seat is free.
    """  # noqa: D205 - one sentence
    office = Office(bed)
    first, second, third, busy = next(callers), next(callers), next(callers), next(callers)
    async with engaged(bed, "8001", busy) as (seat, speaking):
        gives_up = await to_the_queue(bed, first)
        await Ear(bed, gives_up).hears("queue-youarenext")
        waits = await to_the_queue(bed, second)
        ear = Ear(bed, waits)
        await ear.hears("queue-thereare", "digits/2", "queue-callswaiting")
        await gives_up.hang_up()
        missed = await office.ended(first, "abandoned")
        assert missed["queued_at"] is not None
        assert missed["answered_at"] is None
        assert office.tickets(missed) == []

        await ear.hears("all-seats-busy", share=0.5)
        later = await to_the_queue(bed, third)
        await Ear(bed, later).hears("queue-youarenext", share=0.5)
        await waits.press("0")
        await ear.hears("queue-youarenext")
        await speaking.hang_up()
        taken = await seat.next_call()
        assert taken.shown.number == second
        await office.answered(second)
        await asyncio.gather(waits.hang_up(), later.hang_up())
    row = await office.ended(second, "answered")
    await office.ticket(row, "matter")


@pytest.mark.covers("R4.2")
async def test_nobody_on_duty_leads_to_the_choices_at_once(bed: Bed, caller: str) -> None:
    """With every seat signed out a caller does not wait for nobody."""
    call = await to_the_queue(bed, caller)
    offered = await Ear(bed, call).hears("nobody-on-duty")
    assert offered < 2
    await call.hang_up()
    assert (await Office(bed).ended(caller, "abandoned"))["seat"] == ""


@pytest.mark.covers("R4.2")
async def test_a_seat_that_does_not_answer_loses_the_call_to_another(bed: Bed, callers: Iterator[str]) -> None:
    """A seat that is signed in and away from its desk rings for its time, although it is its turn again after that;
    then another one rings, and answers.
    """  # noqa: D205 - one sentence
    first, second = next(callers), next(callers)
    async with on_duty(bed, "8002", Answer()) as there:
        before = await to_the_queue(bed, first)
        await (await there.next_call()).answered
        await before.hang_up()
        async with on_duty(bed, "8001", Ignore()) as away:
            call = await to_the_queue(bed, second)
            ignored = await away.next_call()
            await there.next_call(8)
            await Office(bed).answered(second, "8002")
            assert (await ignored.ended).sip == 487
            assert not ignored.answered.happened
            assert len(away.calls) == 1
            await call.hang_up()
    row = await Office(bed).ended(second, "answered")
    assert row["seat"] == "8002"


@pytest.mark.covers("R4.2")
async def test_a_callback_can_be_asked_for_while_waiting(bed: Bed, callers: Iterator[str]) -> None:
    """1 and once more 1 while waiting is a callback on the number of this call, also for one who is not next."""
    office = Office(bed)
    first, asks, busy = next(callers), next(callers), next(callers)
    async with engaged(bed, "8001", busy):
        await Ear(bed, await to_the_queue(bed, first)).hears("queue-youarenext", share=0.5)
        wants = await to_the_queue(bed, asks)
        ear = Ear(bed, wants)
        await ear.hears("queue-thereare", share=0.5)
        await wants.press("1")
        # Asterisk forgets which key interrupted this announcement.
        await ear.hears("queue-periodic-announce", share=0.3)
        await wants.press("1")
        await ear.hears("callback-confirm", share=0.3)
        await wants.press("1")
        await ear.hears("callback-thanks", "goodbye")
        assert (await wants.ended).cause == 16
    row = await office.ended(asks, "callback")
    await office.ticket(row, "callback")


@pytest.mark.covers("R4.2")
async def test_who_would_rather_wait_than_be_called_back_keeps_their_place(bed: Bed, callers: Iterator[str]) -> None:
    """1 and then 0 leads back to the place that the caller had, before one who came later."""
    first, last, busy = next(callers), next(callers), next(callers)
    async with engaged(bed, "8001", busy) as (seat, speaking):
        mistaken = await to_the_queue(bed, first)
        ear = Ear(bed, mistaken)
        await ear.hears("queue-youarenext", share=0.5)
        await mistaken.press("1")
        await ear.hears("callback-confirm", share=0.3)
        behind = await to_the_queue(bed, last)
        await Ear(bed, behind).hears("queue-youarenext", share=0.5)
        await mistaken.press("0")
        await ear.hears("queue-youarenext", share=0.5)
        await speaking.hang_up()
        taken = await seat.next_call()
        assert taken.shown.number == first
        await Office(bed).answered(first)
        await asyncio.gather(mistaken.hang_up(), behind.hang_up())
    await Office(bed).ended(first, "answered")
