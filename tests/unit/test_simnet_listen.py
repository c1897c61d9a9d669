"""What the simulated network's ears tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simnet.listen import find, has_tone, spoken, tones, without
from simnet.sound import RATE, Heard, Samples, decode, encode


def tone(hz: float, seconds: float, size: float = 4000) -> Samples:
    """A steady tone."""
    return size * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def silence(seconds: float) -> Samples:
    """Nothing."""
    return np.zeros(round(seconds * RATE))


def babble(seconds: float, seed: int = 7) -> Samples:
    """Noise through a filter that wanders as a voice does."""
    noise = np.random.default_rng(seed).normal(0, 4000, round(seconds * RATE))
    return np.convolve(noise, np.hanning(9), "same")


def through_the_line(samples: Samples) -> Samples:
    """As it arrives: A-law, with some line noise."""
    return decode(encode(samples + np.random.default_rng(1).normal(0, 20, len(samples))))


def test_alaw_is_g711() -> None:
    """The smallest and the greatest A-law codes of either sign have the values of ITU-T G.711, in 16 bits."""
    assert decode(b"\xd5\x55\xaa\x2a").tolist() == [8, -8, 32256, -32256]


def test_encoding_loses_nothing_that_was_alaw() -> None:
    """All 256 codes come back as they were."""
    codes = bytes(range(256))
    assert encode(decode(codes)) == codes


def test_a_tone_has_its_time_and_pitch() -> None:
    """A tone between silences is found to 20 ms and 5 Hz, whatever A-law does to it."""
    (heard,) = tones(through_the_line(np.concatenate([silence(0.5), tone(700, 1), silence(0.5)])))
    assert heard.start == pytest.approx(0.5, abs=0.04)
    assert heard.end == pytest.approx(1.5, abs=0.04)
    assert heard.hz == pytest.approx(700, abs=5)


def test_tones_that_sound_together_are_told_apart() -> None:
    """Two parties in one conversation are both heard, at their own pitch and their own times."""
    both = tone(700, 1) + np.concatenate([silence(0.4), tone(1050, 0.6, size=2500)])
    first, second = tones(through_the_line(both))
    assert (round(first.hz, -1), round(second.hz, -1)) == (700, 1050)
    assert (first.start, second.start) == pytest.approx((0, 0.4), abs=0.05)


def test_a_quiet_tone_is_heard() -> None:
    """Forty decibels below full scale is still a tone."""
    assert has_tone(through_the_line(tone(2200, 0.5, size=330)), 2200)


@pytest.mark.parametrize("samples", [silence(1), babble(2), tone(700, 0.08)])
def test_what_is_no_tone(samples: Samples) -> None:
    """Silence, a voice-like noise and a click of 80 ms are no tones."""
    assert tones(through_the_line(samples)) == []


def test_a_sweep_is_no_steady_tone_of_its_middle() -> None:
    """A pitch that glides is not taken for a long tone of any one pitch."""
    glide = 4000 * np.sin(2 * np.pi * np.cumsum(np.linspace(300, 3000, RATE)) / RATE)
    assert not has_tone(through_the_line(glide), 1650)


def test_speech_is_found_between_silences() -> None:
    """Two utterances a second apart are two; a pause of 0.2 s within one does not split it."""
    said = np.concatenate([silence(0.5), babble(0.6), silence(0.2), babble(0.4), silence(1), babble(0.5), silence(0.3)])
    first, second = spoken(through_the_line(said))
    assert first == pytest.approx((0.5, 1.7), abs=0.05)
    assert second == pytest.approx((2.7, 3.2), abs=0.05)


def test_nothing_is_said_in_line_noise() -> None:
    """Noise of a quiet line is no speech."""
    assert spoken(through_the_line(silence(2))) == []


def test_a_recording_is_found_where_it_begins() -> None:
    """A known recording is found to the sample, also at half its loudness and between others."""
    prompt = babble(1.5, seed=3)
    heard = through_the_line(np.concatenate([babble(0.7), 0.5 * prompt, babble(2, seed=9)]))
    assert find(prompt, heard) == pytest.approx(0.7, abs=1 / RATE)


def test_a_recording_is_found_though_its_edges_are_missing() -> None:
    """Recorders start and stop some packets late or early: 0.2 s missing at either end do not hide a recording."""
    prompt = babble(3, seed=3)
    assert find(prompt, prompt[1600:]) == pytest.approx(-0.2, abs=1 / RATE)
    assert find(prompt, prompt[:-1600]) == pytest.approx(0, abs=1 / RATE)


def test_a_recording_is_found_under_a_tone() -> None:
    """An announcement over a party's loud tone is found once the tone is taken out, and not before."""
    prompt = babble(2, seed=3)
    heard = through_the_line(np.concatenate([silence(0.5), prompt, silence(1)]) + tone(1050, 3.5, size=9000))
    assert find(prompt, heard) is None
    assert find(prompt, without(heard, 1050)) == pytest.approx(0.5, abs=1 / RATE)


def test_another_recording_is_not_found() -> None:
    """Sound of the same kind and loudness is not taken for the recording; nor is half of it, nor silence."""
    prompt = babble(1.5, seed=3)
    heard = through_the_line(np.concatenate([babble(3), silence(1), prompt[: len(prompt) // 2]]))
    assert find(prompt, heard) is None
    assert find(prompt, silence(5)) is None
    assert find(prompt, prompt[:100]) is None


def test_late_packets_do_not_stretch_what_was_heard(tmp_path: Path) -> None:
    """Zeros that the recorder patched in for late packets are gone, a real pause without packets stays."""
    sound = np.repeat(through_the_line(babble(1)), 6).astype("<i2")
    patch, pause = np.zeros(960, "<i2"), np.zeros(24_000, "<i2")
    file = tmp_path / "heard.sln48"
    file.write_bytes(np.concatenate([sound[:9600], patch, sound[9600:24_000], pause, sound[24_000:]]).tobytes())
    heard = Heard(file).samples()
    assert len(heard) == pytest.approx(1.5 * RATE, abs=RATE // 100)
    assert find(through_the_line(babble(1))[: RATE // 2], heard) == pytest.approx(0, abs=1 / RATE)
