"""The use cases of one ordinary ticket through all three levels, each one transaction of the desk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from tests.city import AGENT, CLERK, REVIEWER, TUESDAY, City, handler, lamp
from tickets.model import Channel, Kind, Opening, Ticket
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, CallbackResult, Facts, Role

Act = Callable[[City, Ticket], Awaitable[Ticket]]
_DEPUTY = Actor("分管区长", "滨城区", Role.DEPUTY)
_SATISFIED = Facts(callback=CallbackResult.SATISFIED, solved=True)
#: Tickets that the desk opens are a second apart, on the day before; what fills the books is older.
OPENED = TUESDAY - timedelta(days=1)


async def opened(city: City, serial: int, *, confidential: bool = False) -> Ticket:
    """An agent's draft, before anything is known."""
    at = OPENED + timedelta(seconds=serial)
    opening = Opening(
        f"bench.{serial}",
        f"1385{serial:07d}",
        Kind.MATTER,
        at,
        automatic=False,
        who=AGENT.who,
        role=Role.AGENT,
        channel=Channel.TELEPHONE,
        draft=True,
        confidential=confidential,
    )
    return await city.books.desk.open(opening)


async def _described(city: City, ticket: Ticket) -> Ticket:
    matter = "市西街道黄河五路渤海九路路口路灯不亮三天了，夜里看不清路，已有老人摔倒，请尽快修好"
    return await city.books.desk.describe(ticket.id, city.acting(AGENT, ticket.steps), lamp(matter=matter))


def _moved(move: Move, actor: Actor, facts: Facts | None = None) -> Act:
    async def act(city: City, ticket: Ticket) -> Ticket:
        return await city.books.desk.move(ticket.id, move, city.acting(actor, ticket.steps), facts)

    return act


async def _answered(city: City, ticket: Ticket) -> Ticket:
    return await _moved(Move.SUBMIT_ANSWER, handler("市西街道"), city.answer())(city, ticket)


#: What follows the opening.
ACTS: tuple[tuple[str, Act], ...] = (
    ("describe", _described),
    ("submit", _moved(Move.SUBMIT, AGENT)),
    ("dispatch", _moved(Move.DISPATCH, REVIEWER, Facts(unit="滨城区", basis="派单目录"))),
    ("sign", _moved(Move.SIGN, handler("滨城区"))),
    ("pass down", _moved(Move.PASS_DOWN, handler("滨城区"), Facts(unit="市西街道"))),
    ("sign at level 3", _moved(Move.SIGN, handler("市西街道"))),
    ("feed back", _answered),
    ("review", _moved(Move.APPROVE_ANSWER, _DEPUTY)),
    ("callback", _moved(Move.RECORD_CALLBACK, CLERK, _SATISFIED)),
    ("close", _moved(Move.CLOSE, CLERK, _SATISFIED)),
)
NAMES = ("open", *(name for name, _ in ACTS))


@dataclass
class Clerks:
    """So many tickets at once, each carried from its opening to its end; the serials go on and on."""

    city: City
    serials: Iterator[int]

    @classmethod
    def of(cls, city: City) -> Clerks:
        """The clerks of a city whose books hold no ticket of theirs."""
        return cls(city, itertools.count(1))

    async def carry(self, count: int) -> None:
        """Carry ``count`` tickets through, all at the same time."""
        await asyncio.gather(*(self._through(next(self.serials)) for _ in range(count)))

    async def _through(self, serial: int) -> None:
        ticket = await opened(self.city, serial)
        for _, act in ACTS:
            ticket = await act(self.city, ticket)
