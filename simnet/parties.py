"""Who is called and how they behave: seats, emergency services, and what any party says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady tone of ``hz``; ``seconds`` None goes on until the party says something else or the call ends."""

    hz: int
    seconds: float | None = None


#: What can be said: a tone, or a sound file (.alaw, .sln at 8,000 Hz, .wav at 8,000 Hz mono 16 bit).
Sound = Tone | Path


@dataclass(frozen=True, slots=True)
class Answer:
    """Rings, answers after so many seconds, and then speaks its tone (0 Hz is silence).

    ``hold`` seconds after answering it hangs up; None leaves that to the other side. ``tone`` None is the number's own.
    """

    after: float = 0.2
    tone: int | None = None
    hold: float | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Rings and is never answered."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Ends the attempt at once with a SIP code: 603 for a person who declines."""

    code: int = 603


def busy() -> Refuse:
    """Engaged: 486 at once."""
    return Refuse(486)


def dead() -> Refuse:
    """A route that does not work: 503 at once."""
    return Refuse(503)


Behaviour = Answer | Ignore | Refuse


def own_tone(number: str) -> int:
    """The tone in Hz that tells a number from others.

    Seats have 1,000 Hz and more, 50 Hz apart (8001: 1,050, 8002: 1,100); everybody else 1,900 Hz and more, 30 Hz apart
    (110: 2,200, 119: 2,470, 120: 2,500, 122: 2,560). Below 1,000 Hz is left to citizens.
    """
    if len(number) == len("8001"):
        return 1000 + 50 * (int(number) % 16)
    return 1900 + 30 * (int(number) % 25)


def plan(number: str, behaviour: Behaviour) -> str:
    """The behaviour as the dialplan reads it (context ``called``)."""
    match behaviour:
        case Answer(after=after, tone=tone, hold=hold):
            hz = own_tone(number) if tone is None else tone
            return f"answer-{round(after * 1000)}-{hz}-{round((hold or 0) * 1000)}"
        case Ignore():
            return "ignore-0"
        case Refuse(code=code):
            return f"refuse-{code}"
