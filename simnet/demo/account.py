"""What a scene must lead to, and the account of what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


class NotSo(Exception):  # noqa: N818 - says what happened
    """Something was not as it must be; the message says what, in Chinese and without anybody's number."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the books must say of a call in the end: the words of the HTTP API, and the SIP code that the caller got.

    ``ticket`` is the kind of its one ticket, "" for none; ``tracks`` are its recordings, one of each.
    """

    outcome: str
    sip: int = 200
    reason: str = "accepted.mobile"
    ticket: str = ""
    tracks: tuple[str, ...] = ("citizen",)


@dataclass(frozen=True, slots=True)
class Track:
    """A recording as the API lists it; ``seconds`` is its length, ``file`` where it lies below the data directory."""

    track: str
    who: str
    seconds: float
    file: str


@dataclass(slots=True)
class Account:
    """One scene as it is reported. ``why`` are the reasons why it is not as it must be; none if all is well.

    What happened and what was heard begin with the second in which it did, counted from when the citizen dialled.
    """

    scene: str
    title: str
    #: As the API shows it: masked.
    number: str = ""
    happened: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""
    sip: int = 0
    ticket: str = ""
    recordings: list[Track] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    #: Known faults that were met again, and for which the scene is not blamed.
    over: bool = False
    dialled_at: float = 0.0

    def tell(self, what: str) -> None:
        """Something has happened."""
        self.happened.append(f"{self._second}″{what}")

    def hear(self, who: str, what: str) -> None:
        """Somebody has heard something to its end."""
        self.heard.append(f"{self._second}″{who}:{what}")

    @property
    def _second(self) -> int:
        return round(time.time() - self.dialled_at)

    @property
    def as_expected(self) -> bool:
        """Whether it is over and all went as it must."""
        return self.over and not self.why
