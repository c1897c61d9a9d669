"""Danger to life or property: put through to 110, 119, 120 or 122 (R7.1)."""

from __future__ import annotations

from common import clock
from ivr.call import Call
from ivr.dialplans.house import House
from ivr.model import Outcome
from ivr.prompts import Prompt
from tickets.model import Kind

#: Key of the emergency menu → service.
SERVICES = {"1": "110", "2": "119", "3": "120", "4": "122"}


async def emergency(call: Call, house: House) -> None:
    """The caller pressed the emergency key twice. The ticket exists before anything else is asked (R7.1)."""
    record = house.book.change(call.id, outcome=Outcome.EMERGENCY)
    await house.desk.open_from_call(call.id, record.number, Kind.EMERGENCY_TRANSFER, clock.now())
    await call.pass_number(record.number)
    service = SERVICES.get(await call.choose([Prompt.EMERGENCY_MENU], "01234", seconds=5))
    if service is None:
        await call.wait(first=True)
        return
    house.book.change(call.id, emergency=service)
    await call.put_through(service)
