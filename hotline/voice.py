"""Speaking Mandarin with espeak-ng: from Chinese or pinyin to a sound for the telephone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hotline.voice_alaw import Samples, encode
from hotline.voice_sound import RATE, SoundError, at_level, for_telephone, trimmed

#: espeak-ng's Mandarin that reads pinyin; plain ``cmn`` would spell it in English letters.
LANGUAGE: Final = "cmn-latn-pinyin"


class VoiceError(Exception):
    """Nothing can be spoken; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: espeak-ng's variant (f1 … f5, m1 … m8), speed in its words per minute, pitch of 0 … 99.

    The defaults speak the announcements: a woman, about four syllables a second.
    """

    variant: str = "f3"
    speed: int = 185
    pitch: int = 50


ANNOUNCER: Final = Voice()


def speak(text: str, voice: Voice = ANNOUNCER, *, head: float = 0.03, tail: float = 0.06) -> Samples:
    """Speech at ``RATE`` of one loudness, with ``head`` and ``tail`` seconds of silence around it.

    ``text`` is Chinese, or pinyin with tone digits (``nin2 hao3``), or both.

    Raises:
        ValueError: a letter or sign in the text that cannot be read in Chinese.
        VoiceError: espeak-ng is missing or failed.
    """
    # Its dictionary takes 0.2 s to load, and a start at which nothing is to be spoken must not pay for it.
    from hotline.voice_pinyin import spoken  # noqa: PLC0415 - see above

    samples, rate = _espeak(spoken(text), voice)
    try:
        return at_level(trimmed(for_telephone(samples, rate), head=head, tail=tail))
    except SoundError as error:
        raise VoiceError(f"espeak-ng made no usable sound of a text of {len(text)} characters: {error}") from error


def synthesise(text: str, path: Path, voice: Voice = ANNOUNCER) -> float:
    """Write ``text`` spoken by ``voice`` to ``path`` as headerless A-law (``.alaw``) and give its seconds.

    Raises:
        ValueError, VoiceError: as ``speak``.
    """
    return write_alaw(speak(text, voice), path)


def write_alaw(samples: Samples, path: Path) -> float:
    """Put a whole file in the place of an old one, which may be playing just now; gives the seconds it lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(encode(samples))
    partial.replace(path)
    return samples.size / RATE


def _espeak(pinyin: str, voice: Voice) -> tuple[Samples, int]:
    """Samples of -1 … 1 and their rate, out of the WAV that espeak-ng writes to its output."""
    command = ["espeak-ng", "-v", f"{LANGUAGE}+{voice.variant}", "-s", str(voice.speed), "-p", str(voice.pitch)]
    try:
        run = subprocess.run(
            [*command, "--stdin", "--stdout"], input=pinyin.encode(), capture_output=True, check=True, timeout=60
        )
    except FileNotFoundError as error:
        raise VoiceError("espeak-ng is not installed; it speaks the announcements: apt install espeak-ng") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise VoiceError(f"espeak-ng failed with voice {LANGUAGE}+{voice.variant}: {said}") from error
    except subprocess.TimeoutExpired as error:
        raise VoiceError("espeak-ng did not end within 60 s") from error
    # The lengths in a header written to a pipe mean nothing: everything after the chunk's own header is sound.
    start = run.stdout.find(b"data")
    if not run.stdout.startswith(b"RIFF") or start < 0:
        raise VoiceError("espeak-ng wrote no sound; its Mandarin may be missing: apt install espeak-ng-data")
    sound = run.stdout[start + 8 :]
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2") / 32768.0
    return samples, int.from_bytes(run.stdout[24:28], "little")
