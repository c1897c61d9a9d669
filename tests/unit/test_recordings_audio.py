"""The WAV container is what the standard says, so that every player opens it."""

from __future__ import annotations

import struct

import pytest

from ivr.recordings import audio


@pytest.mark.parametrize("samples", [1, 2, 7999, 24_000])
def test_chunks_are_where_and_what_the_standard_says(samples: int) -> None:
    """RIFF/WAVE with fmt (A-law, mono, 8,000 Hz), fact (samples) and data, of even length as a whole."""
    whole = audio.header(samples) + bytes(samples) + audio.padding(samples)
    assert whole[:4] == b"RIFF"
    assert whole[8:12] == b"WAVE"
    assert struct.unpack("<I", whole[4:8])[0] == len(whole) - 8
    assert len(whole) % 2 == 0
    at, chunks = 12, {}
    while at < len(whole):
        name, length = struct.unpack("<4sI", whole[at : at + 8])
        chunks[name] = whole[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    assert struct.unpack("<HHIIHHH", chunks[b"fmt "]) == (6, 1, 8000, 8000, 1, 8, 0)
    assert struct.unpack("<I", chunks[b"fact"]) == (samples,)
    assert len(chunks[b"data"]) == samples
    assert list(chunks) == [b"fmt ", b"fact", b"data"]


def test_more_than_a_wav_can_hold_is_refused() -> None:
    """A length that does not fit into 32 bits is an error, not a wrapped number."""
    audio.header(audio.MOST_SAMPLES)
    with pytest.raises(ValueError, match="more than a WAV"):
        audio.header(audio.MOST_SAMPLES + 1)
