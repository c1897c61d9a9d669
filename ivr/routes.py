"""The table of contents of 12345: which script answers which step of the dialplan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ivr.call import Call
from ivr.dialplans.emergency import emergency
from ivr.dialplans.house import House
from ivr.dialplans.intake import intake
from ivr.dialplans.menu import menu
from ivr.dialplans.waiting import OFF_DUTY, callback, nobody

Script = Callable[[Call, House], Awaitable[None]]

#: Step (the extension in the dialplan's ``hotline-ask``) → script.
ROUTES: dict[str, Script] = {
    "new": intake,
    "menu": menu,
    "nobody": nobody,
    OFF_DUTY: nobody,
    "callback": callback,
    "emergency": emergency,
}


async def to_a_person(call: Call, house: House) -> None:
    """What any unknown step leads to: never a dead end (R4.2)."""
    del house
    await call.wait(first=True)


def pick(step: str) -> Script:
    """The script of a step; an unknown one leads to a person."""
    return ROUTES.get(step, to_a_person)
