"""Who is on duty while an act is played, and who keeps them from it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from simnet.ami import AmiError
from simnet.calls import CitizenCall
from simnet.demo.programme import Act
from simnet.demo.stage import House
from simnet.moment import Over
from simnet.network import NotRegistered, Seat
from simnet.parties import Answer

#: Who speaks with a seat so that others have to wait: the first of as many numbers as there are seats.
_OTHERS = 13_905_430_200


@contextlib.asynccontextmanager
async def on_duty(house: House, act: Act) -> AsyncIterator[list[str]]:
    """The act's seats, signed in while the block lasts; gives what went wrong with it, in Chinese."""
    problems: list[str] = []
    others: list[CitizenCall] = []
    house.seats.clear()
    try:
        for number in act.seats:
            try:
                seat = await house.net.seat(number, house.product.passwords[number], Answer(after=1, tone=0))
                house.seats.append(seat)
                if act.engaged:
                    others.append(await house.net.dial(caller_id=str(_OTHERS + len(others))))
                    await _engage(others[-1], seat)
            except (NotRegistered, AmiError, TimeoutError, Over) as error:
                problems.append(f"{number}号话务员没有上岗:{type(error).__name__}")
        yield problems
    finally:
        # What goes wrong here is over, and the next act says itself whether its seats are there.
        with contextlib.suppress(NotRegistered, AmiError, TimeoutError):
            for seat in house.seats:
                await seat.sign_out()
            for call in others:
                await call.hang_up()


async def _engage(call: CitizenCall, seat: Seat) -> None:
    await call.answered
    await call.press("0")
    await (await seat.next_call()).answered
