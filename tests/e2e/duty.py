"""Who is on duty during a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simnet.calls import CitizenCall
from simnet.network import Seat
from simnet.parties import Answer, Behaviour
from tests.e2e.conftest import Bed
from tests.e2e.rows import Rows


@asynccontextmanager
async def on_duty(bed: Bed, number: str, behaviour: Behaviour | None = None) -> AsyncIterator[Seat]:
    """A seat that is signed in for as long as the block lasts."""
    seat = await bed.net.seat(number, bed.product.passwords[number], behaviour)
    try:
        yield seat
    finally:
        await seat.sign_out()


@asynccontextmanager
async def engaged(bed: Bed, number: str, by: str) -> AsyncIterator[tuple[Seat, CitizenCall]]:
    """The only seat on duty, which is speaking with a citizen who calls from ``by``."""
    async with on_duty(bed, number, Answer(tone=0)) as seat:
        citizen = await to_the_queue(bed, by)
        try:
            await (await seat.next_call()).answered
            # Until the seat's number has been announced to them they stand in line.
            await Rows(bed.product.data / "hotline.db").until(by, lambda row: row.outcome == "answered")
            yield seat, citizen
        finally:
            await citizen.hang_up()


async def to_the_queue(bed: Bed, caller: str) -> CitizenCall:
    """A citizen who has heard the greeting before, and presses 0 for a person at once."""
    call = await bed.net.dial(caller_id=caller)
    await call.answered
    await call.press("0")
    return call
