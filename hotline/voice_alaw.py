"""A-law, the coding of the telephone network in China and of our sound files (ITU-T G.711)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

#: Even bits are sent inverted (G.711, 3.2).
_INVERTED: Final = 0x55


def _levels() -> tuple[Samples, Samples]:
    """Lower edge and value of the 128 steps of one sign, in units of a 16-bit sample."""
    code = np.arange(128)
    segment, step = code >> 4, code & 15
    shift = np.maximum(segment - 1, 0)
    edge = (step * 16 + np.where(segment > 0, 256, 0)) << shift
    return edge.astype(np.float64), (edge + (8 << shift)).astype(np.float64)


_EDGES, _VALUES = _levels()
_SIGNED = np.concatenate((-_VALUES, _VALUES)) / 32768.0
_DECODED = _SIGNED[np.arange(256) ^ _INVERTED]

#: The largest value that A-law can say, of a full scale of 1.
LOUDEST: Final = float(_VALUES[-1]) / 32768.0


def encode(samples: Samples) -> bytes:
    """Samples of -1 … 1 as A-law, one byte each; louder ones are clipped."""
    magnitude = np.searchsorted(_EDGES, np.abs(samples) * 32768.0, side="right") - 1
    code = magnitude | np.where(samples >= 0, 0x80, 0)
    return (code ^ _INVERTED).astype(np.uint8).tobytes()


def decode(data: bytes) -> Samples:
    """A-law bytes as samples of -1 … 1."""
    samples: Samples = _DECODED[np.frombuffer(data, dtype=np.uint8)]
    return samples
