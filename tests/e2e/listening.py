"""What a party of a call hears, told announcement by announcement and figure by figure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from simnet.calls import Leg
from simnet.listen import find, tones
from simnet.sound import RATE, Samples, read
from tests.e2e.conftest import Bed

#: Announcements that follow each other at once may be found this much before the end of the one before.
_OVERLAP = 0.1
#: The next figure begins within this time of the end of the one before.
_BETWEEN_FIGURES = 0.25
#: How much of the newest sound is searched for a tone.
_TONE_SECONDS = 3.0
_SAME_HZ = 15.0
_STEP_SECONDS = 0.75


class Ear:
    """What one party hears, in its order: each word looks only at what came after the last thing found.

    ``at`` is how far it has listened, in seconds of the party's own record.
    """

    def __init__(self, bed: Bed, leg: Leg) -> None:
        self._bed = bed
        self._leg = leg
        self.at = 0.0

    async def hears(self, *prompts: str, seconds: float = 20, share: float = 1.0) -> float:
        """Wait for announcements, one after another; gives the second at which the first of them began.

        ``seconds`` is the limit for each; ``share`` is how much of each, from its beginning, must be heard.

        Raises:
            TimeoutError: one was not heard in time; the message names it.
        """
        began = []
        for prompt in prompts:
            whole = _sound(self._bed.prompt(prompt))
            needle = whole[: round(len(whole) * share)]
            began.append(await self._finds(needle, prompt, seconds))
            self.at = began[-1] + len(needle) / RATE - _OVERLAP
        return began[0]

    async def hears_tone(self, hz: float, *, seconds: float = 15) -> None:
        """Wait for a tone, heard for at least 0.3 s.

        Raises:
            TimeoutError: it was not heard in time.
        """

        def sounds(samples: Samples) -> bool:
            newest = samples[max(round(self.at * RATE), len(samples) - round(_TONE_SECONDS * RATE), 0) :]
            return any(abs(tone.hz - hz) < _SAME_HZ and tone.end - tone.start >= 0.3 for tone in tones(newest))

        try:
            await self._leg.heard.until(sounds, seconds)
        except TimeoutError:
            raise TimeoutError(f"not heard within {seconds} s: {hz} Hz") from None

    async def hears_figures(self, count: int) -> str:
        """The figures that are read out next, one by one, as many as are asked for.

        Raises:
            TimeoutError: the call fell silent before.
            AssertionError: something else than a figure was heard.
        """
        figures = {str(figure): _sound(self._bed.prompt(f"tel/{figure}")) for figure in range(10)}
        room = max(map(len, figures.values())) + round((_OVERLAP + _BETWEEN_FIGURES) * RATE)
        said = ""
        while len(said) < count:
            start = round(self.at * RATE)
            end = start + room
            heard = (await self._leg.heard.until(lambda samples, end=end: len(samples) >= end))[start:end]  # type: ignore[misc]  # mypy cannot tell the type of a lambda with a default
            # What begins first was said now; the one after it may fit in as well. On a busy machine less is alike.
            found = _figures_in(heard, figures, 0.9) or _figures_in(heard, figures, 0.7)
            assert found, f"no figure at {self.at:.2f} s, after {said!r}"
            place, figure = found[0]
            said += figure
            self.at += place + len(figures[figure]) / RATE - _OVERLAP
        return said

    def has_heard(self, prompt: str) -> bool:
        """Whether an announcement was heard, whole, at any time so far."""
        return find(_sound(self._bed.prompt(prompt)), self._leg.heard.samples()) is not None

    async def _finds(self, needle: Samples, name: str, seconds: float) -> float:
        searched = round(self.at * RATE)
        places: list[float] = []

        def there(samples: Samples) -> bool:
            nonlocal searched
            # Only what is new is searched, and not for every packet: correlation is dear.
            if len(samples) < searched + round(_STEP_SECONDS * RATE) and not self._leg.ended.happened:
                return False
            start = max(round(self.at * RATE), searched - len(needle))
            found = find(needle, samples[start:])
            searched = len(samples)
            if found is not None:
                places.append(found + start / RATE)
            return found is not None

        try:
            await self._leg.heard.until(there, seconds)
        except TimeoutError:
            raise TimeoutError(f"not heard within {seconds} s, from second {self.at:.1f} on: {name}") from None
        return places[0]


def _figures_in(heard: Samples, figures: Mapping[str, Samples], alike: float) -> list[tuple[float, str]]:
    places = {figure: find(sound, heard, alike=alike) for figure, sound in figures.items()}
    return sorted((place, figure) for figure, place in places.items() if place is not None)


@cache
def _sound(file: Path) -> Samples:
    return read(file)
