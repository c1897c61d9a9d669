"""A call to 12345 comes in: screened before it is answered, then greeted and led to a person."""

from __future__ import annotations

from common import clock
from ivr.call import Call
from ivr.dialplans.house import House
from ivr.model import Outcome


async def intake(call: Call, house: House) -> None:
    """Refuse hidden and abnormal numbers (R6.5); everybody else hears the greeting and then a person (GB/T 33358)."""
    verdict = house.screen(call.facts.caller_id)
    known = {"number": verdict.number, "reason": verdict.reason.value, "shadowed": verdict.shadowed}
    if verdict.accepted:
        house.book.change(call.id, **known)
        await call.open()
        house.book.change(call.id, greeted_at=clock.now())
        return
    house.book.change(call.id, outcome=Outcome.REFUSED, **known)
    kind, _, _ = verdict.reason.value.partition(".")
    await call.refuse(kind)
