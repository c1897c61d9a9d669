"""The container around the audio: WAV with G.711 A-law inside, as every player and every court's expert can open it."""

from __future__ import annotations

import struct

#: Samples, and bytes, of one second.
RATE = 8_000
_A_LAW = 6
_RIFF = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
HEADER_BYTES = _RIFF.size
#: RIFF counts its length in 32 bits: 149 hours of one leg.
MOST_SAMPLES = 2**32 - 1 - HEADER_BYTES


def header(samples: int) -> bytes:
    """What stands before ``samples`` bytes of A-law, 8,000 Hz, mono.

    After an odd number of samples the caller writes one more zero byte (``padding``). Format tag 6 needs the extension
    size in ``fmt`` and a ``fact`` chunk (Microsoft, "New Multimedia Data Types", 1994).

    Raises:
        ValueError: more than a WAV file can hold.
    """
    if samples > MOST_SAMPLES:
        raise ValueError(f"{samples} samples are more than a WAV file can hold")
    fmt = (b"fmt ", 18, _A_LAW, 1, RATE, RATE, 1, 8, 0)
    whole = HEADER_BYTES - 8 + samples + samples % 2
    return _RIFF.pack(b"RIFF", whole, b"WAVE", *fmt, b"fact", 4, samples, b"data", samples)


def padding(samples: int) -> bytes:
    """The byte that brings a RIFF chunk to an even length, where it needs one."""
    return b"\0" * (samples % 2)
