"""Scripted stand-ins for what a test cannot have: a caller who presses keys at will, a desk that only remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ivr.call import Call, Facts
from ivr.channel import AgiResult, CallFailed, HungUp
from ivr.dialplans.house import House
from ivr.model import CallerId, CallRecord, Reason, Verdict

RANG = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass
class ScriptedChannel:
    """A caller who answers each question with the next key of ``keys`` (a space is silence) and says ``seconds`` of it.

    ``said`` is what was played to them, ``went`` where they were sent. ``gone_at`` hangs up at that command.
    """

    keys: str = ""
    live: Path = Path()
    seconds: float = 5.0
    gone_at: str = ""
    stage: str = ""
    said: list[str] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    went: str = ""

    id = "hotline-1795500000.1"

    async def command(self, line: str, *, seconds: float) -> AgiResult:
        """What Asterisk would answer."""
        del seconds
        if self.gone_at and self.gone_at in line:
            raise HungUp
        match line.split(" "):
            case ["EXEC", "Playback", files]:
                self.said += files.split("&")
            case ["STREAM", "FILE", name, _]:
                self.said.append(name)
            case ["WAIT", "FOR", "DIGIT", _]:
                key, self.keys = (self.keys or " ")[0], self.keys[1:]
                return AgiResult(200, 0 if key == " " else ord(key))
            case ["SET", "VARIABLE", name, value]:
                self.marks[name] = value.strip('"')
            case ["GET", "VARIABLE", _]:
                return AgiResult(200, 1, self.stage)
            case ["RECORD", "FILE", path, *_]:
                _silence(Path(f"{path}.alaw"), self.seconds)
                return AgiResult(200, 0)
            case _:
                raise CallFailed(line)
        return AgiResult(200, 0)

    async def send_to(self, context: str, exten: str) -> None:
        """Where the caller goes on."""
        self.went = f"{context},{exten}"

    async def hang_up(self, cause: int) -> None:
        """The end."""
        self.went = f"hangup {cause}"


def _silence(file: Path, seconds: float) -> None:
    file.write_bytes(b"\xd5" * int(seconds * 8000))


@dataclass
class PlainBook:
    """The record of one call."""

    record: CallRecord

    def change(self, call_id: str, **changes: object) -> CallRecord:
        """Take a change."""
        assert call_id == self.record.id
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]  # as ivr.book.Book takes them
        return self.record


def call_of(channel: ScriptedChannel, step: str, *, resumed: bool = False) -> Call:
    """A call at a step of the dialplan."""
    return Call(channel, Facts(step, CallerId("13854301001"), "12345", resumed=resumed), channel.live)


def record_of(channel: ScriptedChannel) -> CallRecord:
    """The record of the channel's call as it stands when a script begins."""
    return CallRecord(channel.id, "carrier", "12345", "13854301001", "13854301001", "accepted.mobile", False, RANG)  # noqa: FBT003 - as the class has them


def taken(_: CallerId) -> Verdict:
    """Everybody is taken."""
    return Verdict(accepted=True, reason=Reason.MOBILE, number="13854301001")


def house_of(book: PlainBook, desk: object, screen: Callable[[CallerId], Verdict] = taken) -> House:
    """A house with one call in its book."""
    return House(desk, book, screen, message_max_seconds=60, message_silence_seconds=2, menu_queues={"1": "heating"})  # type: ignore[arg-type]  # a desk of the test
