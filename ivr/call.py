"""The words a script may say to a caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from common import clock
from ivr.channel import CallFailed, Channel, HungUp
from ivr.model import CallerId
from ivr.prompts import Prompt, digits

#: A prompt is at most half a minute long; what is not over by then is a fault of Asterisk, not patience.
_PROMPT_SECONDS = 60.0
_QUICK_SECONDS = 10.0
_A_LAW_RATE = 8000


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller left: the name of the live file without its ending, and its length in seconds.

    ``key`` is the key that ended it ("" for silence, time or hangup).
    """

    name: str
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a script begins: the step asked for, whose call it is, and where it came in.

    ``resumed`` is true when an earlier process had begun this step and died in it.
    """

    step: str
    caller_id: CallerId
    dialled: str
    resumed: bool = False


class Call:
    """A citizen's call for the length of one step. The last word of a script sends the caller on.

    Every word raises ``HungUp`` when the citizen is gone, and ``CallFailed`` when Asterisk does not do as it is asked.
    """

    def __init__(self, channel: Channel, facts: Facts, live_recordings: Path) -> None:
        self._channel = channel
        self._live = live_recordings
        self.facts = facts
        #: True once a word has sent the caller on; then nothing more can be said in this step.
        self.sent_on = False

    @property
    def id(self) -> str:
        """The call's id in the books."""
        return self._channel.id

    async def play(self, *prompts: str) -> None:
        """Play announcements one after another, to their end."""
        await self._command(f"EXEC Playback {'&'.join(prompts)}", seconds=_PROMPT_SECONDS)

    async def say_digits(self, number: str) -> None:
        """Read a telephone or ticket number out, figure by figure (幺 for 1)."""
        await self.play(*digits(number))

    async def ask(self, prompts: Iterable[str], keys: str, *, seconds: float = 6) -> str:
        """Play announcements, which a key of ``keys`` interrupts, and wait ``seconds`` more; "" when none came."""
        for prompt in prompts:
            result = await self._command(f'STREAM FILE {prompt} "{keys}"', seconds=_PROMPT_SECONDS)
            if result.result > 0:
                return chr(result.result)
        result = await self._command(f"WAIT FOR DIGIT {int(seconds * 1000)}", seconds=seconds + _QUICK_SECONDS)
        return chr(result.result) if result.result > 0 else ""

    async def choose(self, prompts: Iterable[str], keys: str, *, tries: int = 2, seconds: float = 6) -> str:
        """A choice by key: asked ``tries`` times, a wrong key is said to be wrong; "" when no valid key came."""
        spoken = tuple(prompts)
        for _ in range(tries):
            key = await self.ask(spoken, "0123456789*#", seconds=seconds)
            if key and key in keys:
                return key
            if key:
                await self.play(Prompt.INVALID_KEY)
        return ""

    async def record(self, *, max_seconds: float, silence_seconds: int, keys: str = "#0") -> Message:
        """Record what the caller says, after a tone, until silence, a key, the limit, or hangup alike.

        Hangup is not raised here, so that what was said can be kept; the next word raises it.
        """
        name = f"{self.id}_message_caller_{int(clock.now().timestamp() * 1000)}"
        await self.mark(f"message:{name}")
        await self.play(Prompt.BEEP)
        path = self._live / name
        line = f'RECORD FILE {path} alaw "{keys}" {int(max_seconds * 1000)} s={silence_seconds}'
        try:
            result = await self._command(line, seconds=max_seconds + _QUICK_SECONDS)
        except HungUp:
            return Message(name, self._length(name))
        key = chr(result.result) if result.result > 0 else ""
        return Message(name, self._length(name), key)

    def recorded(self, name: str) -> Message:
        """A message recorded by an earlier process, by its name."""
        return Message(name, self._length(name))

    async def mark(self, stage: str) -> None:
        """Note on the channel how far this step has come, for a successor of this process."""
        await self._command(f'SET VARIABLE HOTLINE_STAGE "{stage}"', seconds=_QUICK_SECONDS)

    async def stage(self) -> str:
        """How far an earlier process had come in this step; waits until what it had begun (a recording) is over."""
        result = await self._command("GET VARIABLE HOTLINE_STAGE", seconds=600)
        return result.data

    async def pass_number(self, number: str) -> None:
        """Leave the caller's number with the channel, for an emergency service that the trunk does not show it to."""
        await self._command(f"SET VARIABLE __HOTLINE_NUMBER {number or '-'}", seconds=_QUICK_SECONDS)

    # ── Last words ──

    async def open(self) -> None:
        """Answer, begin recording, greet, and queue for a person."""
        await self._send("hotline-open", "s")

    async def wait(self, queue: str = "agents", *, first: bool = False) -> None:
        """Queue for a person; ``first`` puts the caller at the head."""
        await self._send("hotline-wait", "first" if first else queue)

    async def put_through(self, service: str) -> None:
        """Connect to 110, 119, 120 or 122 on the configured routes (R7.1)."""
        await self._send("hotline-emergency", service)

    async def refuse(self, kind: str) -> None:
        """Say as early media where emergencies are answered and why the call is not taken, and end it (R6.5, R8.1)."""
        await self._send("hotline-refuse", kind)

    async def hang_up(self, cause: int = 16) -> None:
        """End the call; the cause is Q.850's (16: normal clearing)."""
        self.sent_on = True
        await self._channel.hang_up(cause)

    async def _send(self, context: str, exten: str) -> None:
        self.sent_on = True
        await self._channel.send_to(context, exten)

    async def _command(self, line: str, *, seconds: float) -> AgiAnswer:
        result = await self._channel.command(line, seconds=seconds)
        if result.result < 0:
            # -1 is a hangup nearly always; where the channel lives on, the next word says so.
            raise HungUp
        if result.code != _SUCCESS:
            raise CallFailed(f"Asterisk answered {result.code} to {line.split(' ', 2)[0]}")
        return AgiAnswer(result.result, result.data)

    def _length(self, name: str) -> float:
        try:
            return (self._live / f"{name}.alaw").stat().st_size / _A_LAW_RATE
        except FileNotFoundError:
            return 0.0


_SUCCESS = 200


@dataclass(frozen=True, slots=True)
class AgiAnswer:
    """The two parts of a successful answer that a word looks at."""

    result: int
    data: str
