"""A call to 12345 comes in: screened before it is answered, then greeted and led to a person."""

from __future__ import annotations

from common import clock
from ivr.call import Call
from ivr.dialplans.house import House
from ivr.model import Outcome


async def intake(call: Call, house: House) -> None:
    """Refuse hidden, abnormal and restricted numbers (R6.5, R8.1); greet everybody else and lead them to a person."""
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
