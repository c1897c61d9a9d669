"""What was heard: tones, speech, and known recordings, found again in 8,000 Hz samples that went through A-law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simnet.sound import RATE, Samples

_WINDOW = 320
_HOP = 160
#: Below this mean amplitude (about -50 dB of full scale) a frame is silence, whatever line noise is in it.
_SILENCE = 100.0
#: Share of a frame's energy that its tones hold together; speech stays below over the length of a tone.
_PURE = 0.9
#: Share of a frame's energy that makes a peak a tone of its own, where several sound together.
_PART = 0.1
_SAME_HZ = 15.0
_SHORTEST_TONE = 0.12
_SHORTEST_WORD = 0.06
_PAUSE = 0.3
#: A recording that came over the line unmixed is 0.99 like itself; other words of the same synthetic voice reach 0.6.
_ALIKE = 0.75
_CLIPPED = 0.3
_TONE_WIDTH = 20.0


class ToneHeard(NamedTuple):
    """A tone: its beginning and end in seconds, and its frequency in Hz."""

    start: float
    end: float
    hz: float


def tones(samples: Samples, rate: int = RATE) -> list[ToneHeard]:
    """The steady tones, also where up to three sound together, in order of beginning; exact to 20 ms and 5 Hz."""
    window, bin_hz, hop = np.hanning(_WINDOW), rate / _WINDOW, _HOP / rate
    sounding: list[_Sounding] = []
    done: list[_Sounding] = []
    for index, frame in enumerate(_frames(samples)):
        for peak in _peaks(frame * window, bin_hz) if _loudness(frame) > _SILENCE else []:
            going_on = next((tone for tone in sounding if abs(tone.hz - peak) < _SAME_HZ), None)
            if going_on is None:
                sounding.append(going_on := _Sounding(index))
            going_on.last = index
            going_on.peaks.append(peak)
        done += [tone for tone in sounding if tone.last < index]
        sounding = [tone for tone in sounding if tone.last == index]
    found = [ToneHeard(tone.first * hop, (tone.last + 1) * hop, tone.hz) for tone in done + sounding]
    return sorted(tone for tone in found if tone.end - tone.start >= _SHORTEST_TONE)


@dataclass(slots=True)
class _Sounding:
    """A tone that goes on from frame ``first``."""

    first: int
    last: int = 0
    peaks: list[float] = field(default_factory=list)

    @property
    def hz(self) -> float:
        return float(np.median(self.peaks))


def has_tone(samples: Samples, hz: float, *, seconds: float = 0.2) -> bool:
    """Whether a tone of this frequency (within 15 Hz) was heard for at least so long altogether."""
    return sum(tone.end - tone.start for tone in tones(samples) if abs(tone.hz - hz) < _SAME_HZ) >= seconds


def spoken(samples: Samples, rate: int = RATE) -> list[tuple[float, float]]:
    """Where anything was said or sounded, as beginnings and ends in seconds; pauses under 0.3 s are part of it."""
    hop = _HOP / rate
    stretches: list[tuple[float, float]] = []
    for index, frame in enumerate(_frames(samples, _HOP)):
        if _loudness(frame) <= _SILENCE:
            continue
        start, end = index * hop, (index + 1) * hop
        if stretches and start - stretches[-1][1] < _PAUSE:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return [(start, end) for start, end in stretches if end - start >= _SHORTEST_WORD]


def find(needle: Samples, haystack: Samples, rate: int = RATE, *, alike: float = _ALIKE) -> float | None:
    """Where a known recording begins in what was heard, in seconds; None if it is not there.

    It is there where the normalised cross-correlation is at least ``alike``; loudness does not matter, but another
    sound at the same time as loud as the recording leaves only 0.7 (see ``without``). Up to 0.3 s of it may be missing
    at either end of what was heard (the offset is then negative at the beginning); cut the needle where the caller hung
    up long before its end.
    """
    margin = np.zeros(round(_CLIPPED * rate))
    haystack = np.concatenate((margin, haystack, margin))
    count = len(haystack) - len(needle) + 1
    if count < 1 or not np.any(needle):
        return None
    size = 1 << (len(haystack) + len(needle)).bit_length()
    spectrum = np.fft.rfft(haystack, size) * np.conj(np.fft.rfft(needle, size))
    product = np.fft.irfft(spectrum, size)[:count]
    sums = np.concatenate(([0.0], np.cumsum(haystack**2)))
    energy = sums[len(needle) :] - sums[: len(sums) - len(needle)]
    # A stretch far quieter than the needle could look like it by its rounding noise alone.
    quiet = energy < len(needle) * _SILENCE
    likeness = np.where(quiet, 0.0, product / np.sqrt(np.maximum(energy, 1.0) * np.sum(needle**2)))
    best = int(np.argmax(likeness))
    return (best - len(margin)) / rate if likeness[best] >= alike else None


def without(samples: Samples, hz: float, rate: int = RATE) -> Samples:
    """What was heard without a steady tone (20 Hz to either side), so that an announcement over it can be found."""
    spectrum = np.fft.rfft(samples)
    spectrum[np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - hz) < _TONE_WIDTH] = 0.0
    return np.fft.irfft(spectrum, len(samples))


def _frames(samples: Samples, length: int = _WINDOW) -> Iterable[Samples]:
    return (samples[at : at + length] for at in range(0, len(samples) - length + 1, _HOP))


def _loudness(frame: Samples) -> float:
    return float(np.sqrt(np.mean(frame**2)))


def _peaks(frame: Samples, bin_hz: float) -> list[float]:
    power: NDArray[np.float64] = np.abs(np.fft.rfft(frame)) ** 2
    total, rest, found, held = float(np.sum(power)), power.copy(), [], 0.0
    for _ in range(3):
        top = int(np.argmax(rest))
        low, high = max(top - 2, 0), min(top + 3, len(rest))
        share = float(np.sum(rest[low:high])) / total
        if share < _PART or top in (0, len(rest) - 1):
            break
        # The exact frequency lies between bins: a parabola through the logarithms of three of them.
        left, middle, right = np.log(power[top - 1 : top + 2] + 1e-9)
        found.append((top + 0.5 * (left - right) / (left - 2 * middle + right)) * bin_hz)
        held += share
        rest[low:high] = 0.0
    return found if held >= _PURE else []
