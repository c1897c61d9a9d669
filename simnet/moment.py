"""Something that happens once in a call, and can be waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_DEFAULT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a leg ended: the SIP code of the final response (200 for an answered call) and the Q.850 cause.

    ``at`` is in seconds of the epoch.
    """

    sip: int
    cause: int
    at: float


class Over(Exception):  # noqa: N818 - says what happened
    """The call ended before what was waited for; ``ending`` says how."""

    def __init__(self, what: str, ending: Ending) -> None:
        super().__init__(f"the call ended before {what}: {ending}")
        self.ending = ending


class Moment(Generic[T]):
    """``await moment`` gives its value, ``within`` sets how long at most; ``at`` is when, in seconds of the epoch."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._set = asyncio.Event()
        self._over: Ending | None = None
        self._value: list[T] = []
        self.at: float | None = None

    @property
    def happened(self) -> bool:
        """Whether it has happened already."""
        return bool(self._value)

    def __await__(self) -> Generator[object, None, T]:
        return self.within(_DEFAULT_SECONDS).__await__()

    async def within(self, seconds: float) -> T:
        """Wait for it.

        Raises:
            TimeoutError: it has not happened in time.
            Over: the call ended first.
        """
        try:
            await asyncio.wait_for(self._set.wait(), seconds)
        except TimeoutError:
            raise TimeoutError(f"not within {seconds} s: {self._what}") from None
        if not self._value and self._over is not None:
            raise Over(self._what, self._over)
        return self._value[0]

    def happen(self, value: T) -> None:
        """It happens now; the first time counts."""
        if not self._set.is_set():
            self.at = time.time()
            self._value.append(value)
            self._set.set()

    def never(self, ending: Ending) -> None:
        """It can happen no more."""
        self._over = ending
        self._set.set()
