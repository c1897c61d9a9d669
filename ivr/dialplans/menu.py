"""A voice menu before the seats: off by default, since GB/T 33358 asks for a person at once."""

from __future__ import annotations

from ivr.call import Call
from ivr.dialplans.house import House


async def menu(call: Call, house: House) -> None:
    """Language or topic by key leads to its queue; 0, silence and wrong keys lead to a person (R4.2)."""
    key = await call.choose(["menu"], "0" + "".join(house.menu_queues), seconds=5)
    await call.wait(house.menu_queues.get(key, "agents"))
