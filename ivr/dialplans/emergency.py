"""Danger to life or property: put through to 110, 119, 120 or 122 (R7.1)."""

from __future__ import annotations

from ivr.call import Call
from ivr.dialplans.house import House
from ivr.model import Outcome
from ivr.prompts import Prompt

#: Key of the emergency menu → service.
SERVICES = {"1": "110", "2": "119", "3": "120", "4": "122"}


async def emergency(call: Call, house: House) -> None:
    """The caller pressed the emergency key twice (R7.1).

    The books open the ticket at once, by themselves: nobody waits for a database while a house burns.
    """
    record = house.book.change(call.id, outcome=Outcome.EMERGENCY)
    await call.pass_number(record.number)
    service = SERVICES.get(await call.choose([Prompt.EMERGENCY_MENU], "01234", seconds=5))
    if service is None:
        await call.wait(first=True)
        return
    house.book.change(call.id, emergency=service)
    await call.put_through(service)
