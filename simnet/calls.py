"""The two kinds of legs: calls that citizens make, and calls that seats and services get."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.ami import AmiError, Message
from simnet.moment import Ending, Moment
from simnet.parties import Sound
from simnet.sound import RATE, Heard, Samples

if TYPE_CHECKING:
    from simnet.asterisk import Asterisk

_OK = 200
_TAKEN_BACK = 487
_NORMAL_CLEARING = 16
_DIGIT_MS = 120
_sayings = itertools.count(1)


class Leg:
    """One party's end of a call. ``id`` is the Uniqueid in the simulated network."""

    def __init__(self, asterisk: Asterisk, call_id: str) -> None:
        self.id = call_id
        self.answered: Moment[None] = Moment("it was answered")
        self.ended: Moment[Ending] = Moment("it ended")
        self.heard = Heard(asterisk.home / "heard" / f"{call_id}.sln48")
        #: Keys that the other side pressed.
        self.keys = ""
        self._asterisk = asterisk
        self._taken_back = False
        self._said: dict[str, Moment[None]] = {}

    async def press(self, keys: str) -> None:
        """Press keys one after another (RFC 4733); returns when the last is released."""
        for key in keys:
            await self._act("PlayDTMF", Digit=key, Duration=_DIGIT_MS)

    async def say(self, sound: Sound) -> None:
        """Speak into the call, which must have been answered; returns when it was said to the end.

        A tone without an end returns at once and goes on. What was being said before stops.

        Raises:
            Over: the call ended meanwhile.
        """
        await self.answered
        number = str(next(_sayings))
        said = self._said[number] = Moment("all was said")
        if isinstance(sound, Path):
            shutil.copyfile(sound, self._asterisk.home / "say" / f"{number}{sound.suffix}")
            await self._send_to("say", number)
        else:
            await self._send_to("tone", f"{sound.hz}-{round((sound.seconds or 0) * 1000)}-{number}")
            if sound.seconds is None:
                return
        await said.within(120)

    async def hush(self) -> None:
        """Fall silent."""
        await self._send_to("hush", "s")

    async def hang_up(self) -> None:
        """End it from this side; returns when it has ended. No error if it is over."""
        if not self.ended.happened:
            self._taken_back = not self.answered.happened
            with contextlib.suppress(AmiError):  # it ended by itself just now
                await self._act("Hangup", Cause=_NORMAL_CLEARING)
            await self.ended

    async def heard_after_answer(self) -> Samples:
        """What was heard from the answer to the end of the call, for which this waits; early media cut off.

        Raises:
            Over: it ended without an answer.
        """
        ending = await self.ended
        await self.answered
        return self.heard.samples()[-max(1, round((ending.at - (self.answered.at or 0)) * RATE)) :]

    def take(self, event: Message) -> None:
        """An event of this leg's channel."""
        match event:
            case {"Event": "Newstate", "ChannelStateDesc": "Up"}:
                self.answered.happen(None)
            case {"Event": "DTMFEnd", "Direction": "Received", "Digit": digit}:
                self.keys += digit
            case {"Event": "UserEvent", "UserEvent": "Said", "Said": number} if number in self._said:
                self._said.pop(number).happen(None)
            case {"Event": "Hangup"}:
                # A caller who takes a call back may do so before any response, or get none told.
                code = _TAKEN_BACK if self._taken_back else int(event.get("TechCause") or _TAKEN_BACK)
                self.finish(code, int(event.get("Cause") or 0))
            case _:
                pass

    def finish(self, sip: int, cause: int) -> None:
        """The leg is over; nothing else will happen in it."""
        ending = Ending(_OK if self.answered.happened else sip, cause, time.time())
        self.ended.happen(ending)
        for moment in (*self._moments(), *self._said.values()):
            moment.never(ending)

    def _moments(self) -> tuple[Moment[None], ...]:
        return (self.answered,)

    async def _send_to(self, context: str, exten: str) -> None:
        await self._act("Redirect", Context=context, Exten=exten, Priority=1)

    async def _act(self, action: str, **headers: str | int) -> None:
        # Asterisk finds a channel by its Uniqueid as well as by its name.
        await self._asterisk.ami.action(action, Channel=self.id, **headers)


class CitizenCall(Leg):
    """A call that a citizen makes to the product over the carrier's trunk."""

    def __init__(self, asterisk: Asterisk, call_id: str) -> None:
        super().__init__(asterisk, call_id)
        self.begun: Moment[None] = Moment("it was under way")
        self.ringing: Moment[None] = Moment("it rang")
        self.progress: Moment[None] = Moment("early media came")
        self.dialled_at = time.time()

    def take(self, event: Message) -> None:
        """An event of this leg's channel."""
        self.begun.happen(None)
        match event:
            case {"Event": "DialState", "DialStatus": "RINGING"}:
                self.ringing.happen(None)
            case {"Event": "DialState", "DialStatus": "PROGRESS"}:
                self.progress.happen(None)
            case _:
                pass
        super().take(event)

    def _moments(self) -> tuple[Moment[None], ...]:
        return (self.begun, self.answered, self.ringing, self.progress)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the product showed of the caller to the one it called: user and name of From, or of P-Asserted-Identity."""

    number: str
    name: str
    presentation: str
    pai: str


class TakenCall(Leg):
    """A call that the product makes: to a seat's telephone, or to a service over the trunk."""

    def __init__(self, asterisk: Asterisk, call_id: str, number: str, shown: Shown) -> None:
        super().__init__(asterisk, call_id)
        self.number = number
        self.shown = shown
        self.rang_at = time.time()
