"""A-law (ITU-T G.711) as numpy arrays of 16-bit samples, and what one leg heard while it is being recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
RATE = 8000
_OVERSAMPLED = 6
#: Between 3.3 ms and 100 ms of zeros are a patch; in samples at 48,000 a second.
_SHORTEST_PATCH, _LONGEST_PATCH = 160, 4_800


def _alaw_table() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = np.where(exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.float64)


_ALAW = _alaw_table()


def decode(alaw: bytes) -> Samples:
    """A-law bytes as samples between -32,768 and 32,767, 8,000 a second."""
    return _ALAW[np.frombuffer(alaw, dtype=np.uint8)]


_RISING = np.argsort(_ALAW)
_BETWEEN = (_ALAW[_RISING][1:] + _ALAW[_RISING][:-1]) / 2


def encode(samples: Samples) -> bytes:
    """Samples as A-law bytes: the nearest of the 256 values that it has, the loudest for what is too loud."""
    return _RISING[np.searchsorted(_BETWEEN, samples)].astype(np.uint8).tobytes()


def read(path: Path) -> Samples:
    """The samples of a headerless .alaw file."""
    return decode(path.read_bytes())


def _without_patches(recorded: NDArray[np.int16]) -> NDArray[np.int16]:
    """The recording without what MixMonitor puts into it where a packet is late on a busy machine.

    It fills with zeros, which A-law has not (its silence is ±8), and lets the late packet follow: speech is stretched.
    A long stretch of zeros stays: nothing was sent then, and the time line needs it.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (recorded == 0).astype(np.int8), [0]))))
    keep = np.ones(len(recorded), dtype=bool)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if _SHORTEST_PATCH <= end - start < _LONGEST_PATCH:
            keep[start:end] = False
    return recorded[keep]


class Heard:
    """What one party received, as a growing headerless file of signed 16-bit samples, 48,000 a second.

    Second 0 is the first audio that reached the party, early media included. After the call was answered no time is
    missing in it; before, stretches without packets are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._settled: Samples = decode(b"")
        #: Of the file: samples that are in ``_settled``, and how many of them were kept there before every sixth.
        self._read = self._kept = 0

    def samples(self) -> Samples:
        """All that was heard so far, 8,000 a second, up to 0.4 s ago; all of it once the call has ended."""
        if not self.path.exists():
            return decode(b"")
        with self.path.open("rb") as file:
            file.seek(2 * self._read)
            raw = file.read()
        new = np.frombuffer(raw, dtype="<i2", count=len(raw) // 2)
        # Zeros at the end may go on: what they are is told when they are over.
        sounding = np.flatnonzero(new)
        end = int(sounding[-1]) + 1 if len(sounding) else 0
        more = _without_patches(new[:end])
        self._settled = np.concatenate((self._settled, self._thinned(more)))
        self._read += end
        self._kept += len(more)
        return np.concatenate((self._settled, self._thinned(_without_patches(new[end:]))))

    def _thinned(self, more: NDArray[np.int16]) -> Samples:
        # The line has nothing above 4,000 Hz, so every sixth sample says it all.
        return more[-self._kept % _OVERSAMPLED :: _OVERSAMPLED].astype(np.float64)

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return len(self.samples()) / RATE

    async def until(self, true: Callable[[Samples], bool], seconds: float = 15) -> Samples:
        """Wait until what was heard so far makes ``true`` true, and return it.

        Raises:
            TimeoutError: it did not in this many seconds.
        """
        async with asyncio.timeout(seconds):
            # A file that grows tells nobody.
            while not true(samples := self.samples()):  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.1)
        return samples
