"""One ticket's scene: who acts in it, what time it is there, and the deeds that its story consists of."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from common.clock import CIVIL, civil
from tickets.details import Details
from tickets.model import Channel, Kind, Opening, Status, Ticket
from tickets.register import ROOT, Register
from tickets.seed.matters import Matter
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

_OPENS, _CLOSES = time(8, 30), time(17, 30)
#: Nobody reviews or calls back at night.
_MORNING, _NIGHT = 8, 21


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does next: opens, describes or moves the ticket, or only waits until then."""

    at: datetime
    actor: Actor
    move: Move | None = None
    facts: Facts = field(default_factory=Facts)
    opening: Opening | None = None
    describe: Details | None = None


#: A story gives one deed after the other, and is given the ticket after each.
Story = Generator[Deed, Ticket, None]
Act = Generator[Deed, Ticket, Ticket]


class Cast:
    """The people of the register by unit and role."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._by: dict[tuple[str, Role], list[str]] = {}
        for one in register.memberships:
            self._by.setdefault((one.unit, one.role), []).append(one.person)

    def actor(self, rng: random.Random, unit: str, role: Role) -> Actor:
        """Somebody who holds the role there."""
        return Actor(rng.choice(self._by[unit, role]), unit, role)


@dataclass
class Bond:
    """What ties the callers of one matter together (A13)."""

    ticket: Ticket | None = None


@dataclass
class Scene:
    """Where a story takes place. ``pace`` shortens all waiting; ``lag`` is how many working days the unit takes.

    The story ends for good where the ticket reaches ``halt``.
    """

    rng: random.Random
    cast: Cast
    matter: Matter
    now: datetime
    pace: float = 1.0
    lag: float = 2.0
    halt: Status | None = None
    bond: Bond | None = None
    call: str = ""
    ticket: Ticket | None = None

    @property
    def register(self) -> Register:
        """The register as it is now: rulings change it."""
        return self.cast.register

    # Time

    def office(self, low: float, high: float) -> None:
        """So many working hours pass."""
        left = timedelta(hours=self.rng.uniform(low, high) * self.pace)
        here = civil(self.now)
        while True:
            if not self.register.calendar.day(here.date()).working or here.time() >= _CLOSES:
                following = self.register.calendar.add(here.date(), 1)
                here = datetime.combine(following, _OPENS, CIVIL)
            here = max(here, datetime.combine(here.date(), _OPENS, CIVIL))
            closing = datetime.combine(here.date(), _CLOSES, CIVIL)
            if here + left < closing:
                self.now = here + left + timedelta(seconds=self.rng.randrange(60))
                return
            left -= closing - here
            here = closing

    def working_days(self, count: float) -> None:
        """So many working days of nine hours pass, more or less."""
        self.office(count * 8, count * 10)

    def soon(self, low: float, high: float) -> None:
        """So many minutes pass; at night it becomes morning first."""
        self.at_once(low * self.pace, high * self.pace)
        here = civil(self.now)
        if here.hour >= _NIGHT:
            here += timedelta(days=1)
        if here.hour >= _NIGHT or here.hour < _MORNING:
            here = here.replace(hour=_MORNING, minute=self.rng.randrange(60))
            self.now = here

    def at_once(self, low: float, high: float) -> None:
        """So many minutes pass, day or night."""
        self.now += timedelta(minutes=self.rng.uniform(low, high))

    def at_hour(self, hour: int, *, later: bool = False) -> None:
        """The clock stands at that hour, of the next day where this one is past it (or ``later``)."""
        here = civil(self.now)
        wanted = here.replace(hour=hour, minute=self.rng.randrange(60), second=0, microsecond=0)
        self.now = wanted + timedelta(days=1) if later or wanted <= here else wanted

    # People

    def level_1(self, role: Role) -> Actor:
        """Somebody of the hotline's office."""
        return self.cast.actor(self.rng, ROOT.id, role)

    def of(self, unit: str, role: Role = Role.HANDLER) -> Actor:
        """Somebody of a unit."""
        return self.cast.actor(self.rng, unit, role)

    def handler(self) -> Actor:
        """Somebody of the accountable unit."""
        return self.of(self.known.unit)

    @property
    def known(self) -> Ticket:
        """The ticket, which is there by now."""
        if self.ticket is None:
            raise ValueError("the story has not opened its ticket yet")
        return self.ticket

    # Deeds

    def do(self, move: Move, actor: Actor, facts: Facts | None = None, **told: Any) -> Act:
        """A move of the workflow."""
        self.ticket = yield Deed(self.now, actor, move, facts or Facts(**told))
        return self.ticket

    def wait(self) -> Act:
        """Nothing but a look at the ticket."""
        self.ticket = yield Deed(self.now, self.level_1(Role.REVIEWER))
        return self.ticket

    def draft(self, **changed: Any) -> Act:
        """An agent writes down what a caller says."""
        agent = self.level_1(Role.AGENT)
        opening = Opening(
            call_id=self.call,
            number=self.matter.number,
            kind=Kind.MATTER,
            opened_at=self.now,
            automatic=False,
            who=agent.who,
            unit=ROOT.id,
            role=Role.AGENT,
            draft=True,
            details=self.matter.details,
        )
        self.ticket = yield Deed(self.now, agent, opening=replace(opening, **changed))
        return self.ticket

    def from_call(self, kind: Kind = Kind.MATTER) -> Act:
        """A call opens its own ticket, and a reviewer writes down later what it was about."""
        opening = Opening(self.call, self.matter.number, kind, self.now, channel=Channel.TELEPHONE)
        self.ticket = yield Deed(self.now, Actor("system", ROOT.id, Role.SYSTEM), opening=opening)
        return self.ticket

    def describe(self) -> Act:
        """What is known is written down."""
        self.ticket = yield Deed(self.now, self.level_1(Role.REVIEWER), describe=self.matter.details)
        return self.ticket
