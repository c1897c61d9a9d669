"""Whether something known was heard, on a machine that is so busy that packets come late.

One correlation over ten seconds fails if a packet is missing in their middle, though a person would notice nothing: so
what is long is looked for piece by piece.
"""

from __future__ import annotations

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np

from simnet.listen import find
from simnet.sound import RATE, Samples

#: A piece is so long at least, and shorter than twice this.
_PIECE = RATE
#: So much of it must be heard, counted in pieces.
_ENOUGH = 2 / 3
#: What late and lost packets may shift a piece by, in samples.
_SHIFT = RATE // 2


def pieces(needle: Samples) -> list[tuple[int, Samples]]:
    """A known sound in pieces of one to two seconds, each with where it begins; what is short is one piece."""
    count = max(1, len(needle) // _PIECE)
    edges = [round(place * len(needle) / count) for place in range(count + 1)]
    return [(start, needle[start:end]) for start, end in pairwise(edges)]


def begins(needle: Samples, samples: Samples) -> int | None:
    """Where a known sound seems to begin, by its first two pieces; the rest need not have been heard yet."""
    for start, piece in pieces(needle)[:2]:
        place = find(piece, samples)
        if place is not None:
            return round(place * RATE) - start
    return None


def is_whole(needle: Samples, samples: Samples, begin: int) -> bool:
    """Whether two thirds of it at least were heard from there on, each piece at its time."""
    cut = pieces(needle)
    heard = 0
    for start, piece in cut:
        first = max(0, begin + start - _SHIFT)
        heard += find(piece, samples[first : begin + start + len(piece) + _SHIFT]) is not None
    return heard >= _ENOUGH * len(cut)


def contains(needle: Samples, samples: Samples) -> bool:
    """Whether a known sound is in a recording."""
    begin = begins(needle, samples)
    return begin is not None and is_whole(needle, samples, begin)


def write_wav(samples: Samples, path: Path) -> None:
    """Keep what was heard, 8,000 Hz, mono, 16 bit; the folder is made."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
