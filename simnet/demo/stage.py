"""What a scene may do in the house and around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simnet.calls import Leg, TakenCall
from simnet.demo.account import Account, Expected, NotSo
from simnet.demo.hearing import write_wav
from simnet.demo.office import Office
from simnet.demo.person import Person, Sounds
from simnet.demo.speech import Line
from simnet.moment import Over
from simnet.network import Network, Party, Seat
from simnet.product import Product

_LOOK_SECONDS = 0.05
#: The announcement to those who are refused takes 15 s.
_REFUSED_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Scene:
    """One call of the demonstration. ``number`` is who calls; ``lines`` is all that is said in it.

    It is given up after ``seconds``.
    """

    key: str
    title: str
    number: str
    expected: Expected
    play: Callable[[Stage], Awaitable[None]]
    lines: tuple[Line, ...] = ()
    seconds: float = 75.0


@dataclass(slots=True)
class House:
    """The product, the network around it, and who is on duty."""

    net: Network
    product: Product
    office: Office
    sounds: Sounds
    #: Where what was heard is kept.
    heard: Path
    seats: list[Seat] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """The words of one scene. ``over`` are the ends of all scenes, by key."""

    scene: Scene
    house: House
    account: Account
    over: Mapping[str, asyncio.Event]
    #: The scene needs the seats of its act no more.
    free: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[tuple[str, Line]] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    async def citizen_dials(self, *, privacy: str | None = None) -> Person:
        """The scene's citizen dials 12345."""
        call = await self.house.net.dial(caller_id=self.scene.number, privacy=privacy)
        self.account.dialled_at = call.dialled_at
        self.account.tell("市民拨打 12345")
        return self._person("市民", call)

    async def seat_answers(self, seconds: float = 20) -> Person:
        """Whichever seat the call reaches.

        Raises:
            NotSo: none answers.
        """
        until = time.monotonic() + seconds
        while not (rung := self._rung()):
            if time.monotonic() > until:
                raise NotSo(f"{seconds:.0f} 秒内没有话务员的电话响")
            await asyncio.sleep(_LOOK_SECONDS)
        agent = await self._answers(f"{rung[0].number}号话务员", rung[0])
        agent.number = rung[0].number
        return agent

    def times_rung(self) -> int:
        """How often a seat's telephone has rung for this call."""
        return len(self._rung())

    async def answers(self, name: str, party: Party, seconds: float = 20) -> Person:
        """Somebody else than a seat who is reached.

        Raises:
            NotSo: they are not.
        """
        try:
            taken = await party.next_call(seconds)
        except TimeoutError as error:
            raise NotSo(f"{name} {seconds:.0f} 秒内没有来电") from error
        self.require(taken.shown.number == self.scene.number, f"{name}没有看到市民的号码")
        return await self._answers(name, taken)

    async def is_never_answered(self, person: Person) -> None:
        """The call must end without an answer.

        Raises:
            NotSo: it is answered.
        """
        try:
            await person.leg.answered.within(_REFUSED_SECONDS)
        except Over as over:
            self.account.tell(f"热线不接听,以 SIP {over.ending.sip} 结束呼叫")
        except TimeoutError as error:
            raise NotSo("呼叫没有被热线结束") from error
        else:
            raise NotSo("热线接听了本应拒绝的来电")

    def leaves_the_seats(self) -> None:
        """From here on nobody in this scene waits for a seat or speaks with one."""
        self.free.set()

    async def alone(self) -> None:
        """Wait until all other scenes are over: what follows would disturb them."""
        await asyncio.gather(*(event.wait() for key, event in self.over.items() if key != self.scene.key))

    def tell(self, what: str) -> None:
        """Put into the report what happened."""
        self.account.tell(what)

    def require(self, true: object, why_not: str) -> None:
        """Go on only if it is so.

        Raises:
            NotSo: it is not.
        """
        if not true:
            raise NotSo(why_not)

    async def end(self) -> None:
        """Hang up whatever is still on the line, and keep what each heard, as WAV, to listen to."""
        for person in self.people:
            await person.leg.hang_up()
            await asyncio.to_thread(write_wav, person.leg.heard.samples(), self._heard_file(person))

    def _heard_file(self, person: Person) -> Path:
        return self.house.heard / f"{self.scene.key}-{person.name}.wav"

    def _rung(self) -> list[TakenCall]:
        return [call for seat in self.house.seats for call in seat.calls if call.shown.number == self.scene.number]

    def _person(self, name: str, leg: Leg) -> Person:
        person = Person(name, leg, self.account, self.house.sounds, self.said)
        self.people.append(person)
        return person

    async def _answers(self, name: str, taken: TakenCall) -> Person:
        try:
            await taken.answered
        except (Over, TimeoutError) as error:
            raise NotSo(f"{name}的电话响了,但没有接通") from error
        self.account.tell(f"{name}接听")
        return self._person(name, taken)
