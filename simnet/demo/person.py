"""Somebody in a call of a scene: what they do, and what they must hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.prompts import digits
from simnet.calls import Leg
from simnet.demo.account import Account, NotSo
from simnet.demo.ear import Ear
from simnet.demo.speech import Line, Speech
from simnet.moment import Over
from simnet.sound import RATE, Samples, read

#: Where a key will cut an announcement off, so much of its beginning must be heard.
_BEGINNING_SECONDS = 3.0
#: Between the figures of a number, and before what follows them, altogether.
_PAUSES_SECONDS = 0.15
#: It begins at once after the seat has answered.
_SEAT_SECONDS = 6.0


@dataclass(slots=True)
class Sounds:
    """What can be heard: announcements by name, with the text that people read, and spoken lines."""

    folder: Path
    text: Callable[[str], str]
    speech: Speech

    def of(self, prompt: str) -> Samples:
        """The sound of an announcement."""
        return read(self.folder / f"{prompt}.alaw")


@dataclass(slots=True)
class Person:
    """``name`` is who it is in the report; ``said`` gathers what they said in each recording that must hold it."""

    name: str
    leg: Leg
    account: Account
    sounds: Sounds
    said: list[tuple[str, Line]]
    #: A seat's own number.
    number: str = ""
    ear: Ear = field(init=False)

    def __post_init__(self) -> None:
        self.ear = Ear(self.leg)

    async def hears(self, *prompts: str, seconds: float = 20, whole: bool = True) -> None:
        """Wait for announcements, one after another, ``seconds`` for each at most; or only for their beginnings.

        Raises:
            NotSo: one was not heard.
        """
        for prompt in prompts:
            sound, text = self.sounds.of(prompt), self.sounds.text(prompt)
            needle = sound if whole else sound[: round(_BEGINNING_SECONDS * RATE)]
            if await self.ear.finds(needle, seconds=seconds) is None:
                raise NotSo(f"{self.name}没有听到“{text}”")
            self.account.hear(self.name, text if whole else f"{text[:6]}……")

    async def hears_number(self, number: str) -> None:
        """The figures of a number, one by one, next.

        Raises:
            NotSo: another number, or none.
        """
        figures = [self.sounds.of(name) for name in digits("0123456789")]
        for figure in number.replace("-", ""):
            if await self.ear.identifies(figures) != int(figure):
                raise NotSo(f"{self.name}没有听到号码 {number} 逐位读出")
        self.account.hear(self.name, number)

    async def hears_seat(self, agent: Person) -> None:
        """Whose seat serves them: the figures of its number, and then that it serves.

        Raises:
            NotSo: nothing, or another number.
        """
        if await self.ear.finds(self.sounds.of("seat-serves"), seconds=_SEAT_SECONDS) is None:
            raise NotSo(f"{self.name}没有听到话务员工号的播报")
        end = self.ear.at
        # The figures are too short to be found by themselves among whatever else is heard.
        before = sum(len(self.sounds.of(name)) for name in ("seat-serves", *digits(agent.number))) / RATE
        self.ear.at = max(0.0, end - before - _PAUSES_SECONDS)
        await self.hears_number(agent.number)
        self.account.hear(self.name, self.sounds.text("seat-serves"))
        self.ear.at = end

    async def hears_place(self) -> None:
        """Wait for the place in line: next, or one of the first ten.

        Raises:
            NotSo: it was not heard.
        """
        which = await self.ear.finds(*map(self.sounds.of, ("queue-youarenext", "queue-thereare")), seconds=20)
        if which is None:
            raise NotSo(f"{self.name}没有听到排队的位置")
        if which == 0:
            self.account.hear(self.name, self.sounds.text("queue-youarenext"))
            return
        place = await self.ear.identifies([self.sounds.of(f"digits/{figure}") for figure in range(10)], 0.95)
        # A figure that the line has blurred is not guessed at.
        self.account.hear(self.name, f"{self.sounds.text('queue-thereare')}{place or '几'}位")

    async def says(self, line: Line, to: Person | None = None, *, track: str) -> None:
        """Speak, to be found again in a recording; whoever it is said to must hear all of it.

        Raises:
            ExceptionGroup: of NotSo: they did not, or the call ended.
        """
        self.said.append((track, line))
        async with asyncio.TaskGroup() as both:
            both.create_task(self._speaks(line))
            if to is not None:
                both.create_task(to.hears_line(line))

    async def hears_line(self, line: Line) -> None:
        """Wait for somebody's words.

        Raises:
            NotSo: they were not heard.
        """
        sound = read(self.sounds.speech.file(line))
        if await self.ear.finds(sound, seconds=len(sound) / RATE + 10) is None:
            raise NotSo(f"{self.name}没有听到“{line.text}”")
        self.account.hear(self.name, line.text)

    async def presses(self, keys: str, why: str) -> None:
        """Press keys, once the call is answered.

        Raises:
            NotSo: it is not.
        """
        try:
            await self.leg.answered
        except (Over, TimeoutError) as error:
            raise NotSo(f"{self.name}的来电没有被接听") from error
        await self.leg.press(keys)
        self.account.tell(f"{self.name}按 {keys} {why}")

    async def hangs_up(self) -> None:
        """End the call."""
        await self.leg.hang_up()
        self.account.tell(f"{self.name}挂机")

    async def is_hung_up_on(self, seconds: float = 15) -> None:
        """Wait until the other side ends the call.

        Raises:
            NotSo: it does not.
        """
        try:
            await self.leg.ended.within(seconds)
        except TimeoutError as error:
            raise NotSo(f"{self.name}的通话 {seconds:.0f} 秒后仍未由热线结束") from error
        self.account.tell(f"热线结束与{self.name}的通话")

    async def _speaks(self, line: Line) -> None:
        try:
            await self.leg.say(self.sounds.speech.file(line))
        except Over as over:
            raise NotSo(f"{self.name}还在讲话,通话就结束了") from over
