"""Listening to a call while it goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from simnet.calls import Leg
from simnet.demo.hearing import begins, is_whole, pieces
from simnet.listen import find
from simnet.sound import RATE, Samples

#: Correlation is dear and several scenes share the machine: this often is often enough.
_LOOK_SECONDS = 0.25
#: Between two sounds that follow each other at once.
_OVERLAP = 0.1
#: So much must be new before it is searched, in samples.
_ENOUGH_NEW = RATE // 2
#: A figure begins within this time of the end of the one before.
_BETWEEN_FIGURES = 0.25
#: Short sounds of one voice resemble each other; on an undisturbed line the right one is 0.99 like itself.
_LIKEST_FIRST = (0.95, 0.85, 0.75)


class Ear:
    """What one party hears, in the order in which it is heard: each search begins where the last one ended.

    ``at`` is how far it has listened, in seconds of the party's own record.
    """

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self.at = 0.0

    async def finds(self, *needles: Samples, seconds: float) -> int | None:
        """Which of some known sounds is heard first, and to its end; None if none begins within so many seconds.

        The end of the call ends the waiting.
        """
        until = time.monotonic() + seconds
        searched = round(self.at * RATE)
        room = 2 * max(len(piece) for needle in needles for _, piece in pieces(needle))
        while True:
            last = self._leg.ended.happened or time.monotonic() > until
            samples = self._leg.heard.samples()
            # Only what is new is searched, together with as much before it as the first pieces are long.
            start = max(round(self.at * RATE), searched - room)
            if last or len(samples) - searched >= _ENOUGH_NEW:
                searched = len(samples)
                for which, needle in enumerate(needles):
                    begin = begins(needle, samples[start:])
                    if begin is not None and await self._goes_on(needle, start + begin):
                        self.at = (start + begin + len(needle)) / RATE - _OVERLAP
                        return which
            if last:
                return None
            await asyncio.sleep(_LOOK_SECONDS)

    async def _goes_on(self, needle: Samples, begin: int) -> bool:
        return is_whole(needle, await self._until(begin + len(needle)), begin)

    async def _until(self, end: int) -> Samples:
        """What was heard, as soon as it is so many samples, or the call is over."""
        # A file that grows tells nobody.
        while len(samples := self._leg.heard.samples()) < end and not self._leg.ended.happened:  # noqa: ASYNC110 - see above
            await asyncio.sleep(_LOOK_SECONDS)
        return samples

    async def identifies(self, figures: Sequence[Samples], least: float = 0.75) -> int | None:
        """Which of these short sounds comes next: the likest, and of those that are as like the first."""
        start = round(self.at * RATE)
        end = start + max(map(len, figures)) + round((_OVERLAP + _BETWEEN_FIGURES) * RATE)
        samples = await self._until(end)
        for alike in (alike for alike in _LIKEST_FIRST if alike >= least):
            places = [find(figure, samples[start:end], alike=alike) for figure in figures]
            found = [(place, which) for which, place in enumerate(places) if place is not None]
            if found:
                place, which = min(found)
                self.at += place + len(figures[which]) / RATE - _OVERLAP
                return which
        return None
