"""Studio recordings: files that the office puts into a folder, and which win over speech made here."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import Final

import numpy as np

from hotline.voice_alaw import Samples, decode
from hotline.voice_sound import RATE, SoundError, for_telephone

#: Endings of a studio file; the first that exists wins.
ENDINGS: Final = (".wav", ".alaw")

#: An announcement longer than this (seconds) is a mistake.
_LONGEST: Final = 600.0


def find(folder: Path, name: str) -> Path | None:
    """The studio recording of the announcement ``name``, if there is one."""
    candidates = (folder / f"{name}{ending}" for ending in ENDINGS)
    return next((path for path in candidates if path.is_file()), None)


def strangers(folder: Path, known: frozenset[str]) -> list[Path]:
    """Sound files in the folder that carry the name of no announcement: misspelt, most likely."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS)
    return [path for path in files if path.relative_to(folder).with_suffix("").as_posix() not in known]


def digest(path: Path) -> str:
    """Changes with the content of the file; ``unreadable`` where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def read(path: Path) -> Samples:
    """The recording at ``RATE``, in the telephone's band, stereo mixed to one channel.

    Raises:
        SoundError: not 16-bit PCM of one or two channels, empty, too long, or unreadable.
    """
    try:
        samples, rate = _wav(path) if path.suffix == ".wav" else (decode(path.read_bytes()), RATE)
    except (wave.Error, EOFError) as error:
        raise SoundError(f"it is no WAV of 16-bit PCM ({error})") from error
    except OSError as error:
        raise SoundError(f"it cannot be read ({error.strerror})") from error
    if rate and samples.size / rate > _LONGEST:
        raise SoundError(f"it is longer than {_LONGEST:.0f} s")
    return for_telephone(samples, rate)


def _wav(path: Path) -> tuple[Samples, int]:
    with wave.open(str(path), "rb") as file:
        width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
        if width != 2 or channels not in (1, 2):  # noqa: PLR2004 - 16 bits; mono or stereo
            raise SoundError(f"it has {width * 8} bits and {channels} channels; give 16-bit PCM, mono or stereo")
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0
    return data[: data.size // channels * channels].reshape(-1, channels).mean(axis=1), rate
