"""Making a sound fit for the telephone: 8,000 Hz, the telephone's band, one loudness, no long silence around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import soxr

from hotline.voice_alaw import Samples

#: Samples a second on the telephone.
RATE: Final = 8000

#: Loudness of speech: root mean square over its audible frames, dB of full scale.
SPEECH_LEVEL: Final = -20.0
#: Music under which a caller waits: softer, a person may speak at any moment.
MUSIC_LEVEL: Final = -28.0
#: No sample is larger, of a full scale of 1; A-law would clip at 0.98.
PEAK: Final = 0.85

_FRAME: Final = RATE // 50
#: A frame this far under the loudest one (dB) is silence, for loudness and for trimming.
_SILENCE: Final = -35.0
_FADE: Final = RATE // 200


class SoundError(Exception):
    """A sound cannot be used; the message says why."""


def for_telephone(samples: Samples, rate: int) -> Samples:
    """Resample to ``RATE`` and keep 200 to 3,600 Hz; a constant offset is gone with the rest below.

    The gain is halved first, since filtering may overshoot; ``at_level`` sets the final one.
    """
    if rate <= 0 or samples.size == 0:
        raise SoundError("it holds no sound")
    narrow: Samples = np.asarray(soxr.resample(samples * 0.5, rate, RATE, quality="HQ"), dtype=np.float64)
    if narrow.size < _FRAME:
        raise SoundError("it is shorter than 20 ms")
    hertz = np.fft.rfftfreq(narrow.size, 1 / RATE)
    # Raised-cosine edges: a brick wall would ring audibly.
    low = 0.5 - 0.5 * np.cos(np.pi * np.clip((hertz - 100) / 100, 0, 1))
    high = 0.5 + 0.5 * np.cos(np.pi * np.clip((hertz - 3400) / 400, 0, 1))
    return np.fft.irfft(np.fft.rfft(narrow) * low * high, narrow.size)


def loudness(samples: Samples) -> float:
    """Root mean square over the audible frames, in dB of full scale; minus infinity for silence."""
    power = _frames(samples)
    audible = power[power > power.max() * 10 ** (_SILENCE / 10)] if power.size else power
    return float(10 * np.log10(audible.mean())) if audible.size else -np.inf


def at_level(samples: Samples, level: float = SPEECH_LEVEL) -> Samples:
    """The sound at a loudness of ``level`` dB, its peaks bent under ``PEAK`` instead of cut.

    Raises:
        SoundError: it is silent.
    """
    # Bending takes some loudness away; a few rounds give it back.
    for _ in range(6):
        now = loudness(samples)
        if now < -70:  # noqa: PLR2004 - 70 dB under full scale is the noise of A-law itself
            raise SoundError("it is silent")
        samples = _bend(samples * 10 ** ((level - now) / 20))
    return samples


def trimmed(samples: Samples, *, head: float, tail: float) -> Samples:
    """The sound with exactly ``head`` seconds of silence before it and ``tail`` after it, its edges faded.

    Raises:
        SoundError: it is silent.
    """
    power = _frames(samples)
    if power.size == 0 or power.max() <= 0:
        raise SoundError("it is silent")
    audible = np.flatnonzero(power > power.max() * 10 ** (_SILENCE / 10))
    # One frame on each side keeps soft consonants whole.
    start = max(int(audible[0]) - 1, 0) * _FRAME
    end = min((int(audible[-1]) + 2) * _FRAME, samples.size)
    sound = samples[start:end].copy()
    fade = np.linspace(0, 1, _FADE)
    sound[:_FADE] *= fade
    sound[-_FADE:] *= fade[::-1]
    return np.concatenate((np.zeros(round(head * RATE)), sound, np.zeros(round(tail * RATE))))


def tone(hertz: float, seconds: float) -> Samples:
    """A sine that begins and ends without a click."""
    time = np.arange(round(seconds * RATE)) / RATE
    edge = np.minimum(time, seconds - time) / 0.01
    return np.sin(2 * np.pi * hertz * time) * np.clip(edge, 0, 1)


def melody(notes: Sequence[tuple[float, float]], seconds: float) -> Samples:
    """Soft notes that die away like a bell's; ``notes`` are (second at which it begins, Hz). Made to be repeated."""
    time = np.arange(round(seconds * RATE)) / RATE
    music = np.zeros(time.size)
    for start, hertz in notes:
        since = time - start
        shape = np.where(since >= 0, np.clip(since / 0.03, 0, 1) * np.exp(-np.clip(since, 0, None) / 0.9), 0)
        music += shape * (np.sin(2 * np.pi * hertz * since) + 0.25 * np.sin(4 * np.pi * hertz * since))
    # The last note is faded so that the repeat begins out of silence.
    return music * np.clip((seconds - time) / 0.5, 0, 1)


def _frames(samples: Samples) -> Samples:
    """Mean power of each whole frame of 20 ms."""
    whole = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    power: Samples = (whole**2).mean(axis=1)
    return power


def _bend(samples: Samples) -> Samples:
    """Leave what is under 60 % of ``PEAK``; bend what is above so that it never reaches ``PEAK``."""
    knee = 0.6 * PEAK
    over = np.abs(samples) - knee
    bent = knee + (PEAK - knee) * np.tanh(over / (PEAK - knee))
    return np.where(over > 0, np.sign(samples) * bent, samples)
