"""The folder of sounds that Asterisk plays from: what stands in it, what is stale, and making it anew."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from hotline import voice_seats, voice_studio
from hotline.settings import Settings
from hotline.voice import ANNOUNCER, VoiceError, speak, write_alaw
from hotline.voice_alaw import Samples
from hotline.voice_sound import MUSIC_LEVEL, RATE, SPEECH_LEVEL, SoundError, at_level, melody, tone, trimmed
from hotline.voice_texts import MUSIC, Announcement, announcements

#: Raised with every change to how a sound is made, so that all are made again.
SYNTHESIS: Final = f"1 {ANNOUNCER}"

#: Seconds of silence: before every sound, after a piece, after a whole sentence.
_HEAD, _AFTER_PIECE, _AFTER_SENTENCE = 0.03, 0.06, 0.25


class State(StrEnum):
    """How a sound stands in the folder."""

    SYNTHESISED = "synthesised"
    RECORDED = "recorded"
    MISSING = "missing"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Standing:
    """One announcement and its sound; ``seconds`` is 0 where there is none, ``problem`` says what is wrong."""

    name: str
    state: State
    seconds: float
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    """What the stamp file keeps of a sound: what it was made from, and the size it then had."""

    origin: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What a sound is to be made from: a usable studio file, else the text; ``problem``: an unusable studio file."""

    origin: State
    digest: str
    make: Callable[[], Samples]
    problem: str = ""


def sound_path(settings: Settings, name: str) -> Path:
    """Where the sound of an announcement stands: Asterisk's ``zh`` folder, or the music folder for ``moh/…``."""
    if name.startswith(MUSIC):
        return music_dir(settings) / f"{name.removeprefix(MUSIC)}.alaw"
    return settings.sounds_dir / "zh" / f"{name}.alaw"


def music_dir(settings: Settings) -> Path:
    """Music on hold, every file of it played in turn (``mode=files`` in Asterisk)."""
    return settings.sounds_dir.parent / "moh"


def standings(settings: Settings) -> list[Standing]:
    """How every announcement stands, in the order of the texts.

    Raises:
        TextsError: the texts cannot be read.
    """
    made = _stamp(settings)
    known = announcements(settings)
    return [_standing(settings, name, known[name], made.get(name)) for name in known]


def build(settings: Settings) -> list[Standing]:
    """Make what is missing or stale and leave the rest; gives how everything stands afterwards.

    Raises:
        TextsError: the texts cannot be read.
        VoiceError: espeak-ng is missing or failed.
    """
    made = _stamp(settings)
    known = announcements(settings)
    due = {
        name: source
        for name, text in known.items()
        if not _fresh(sound_path(settings, name), source := _source(settings, name, text), made.get(name))
    }

    def make(name: str) -> tuple[str, _Made]:
        source = due[name]
        path = sound_path(settings, name)
        try:
            write_alaw(source.make(), path)
        except ValueError as error:
            raise VoiceError(f"[{name}] {error}") from error
        return name, _Made(source.origin, source.digest, path.stat().st_size)

    gone = made.keys() - known.keys()
    for name in gone:
        sound_path(settings, name).unlink(missing_ok=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        fresh = dict(pool.map(make, due))
    if fresh or gone:
        made = {name: entry for name, entry in (made | fresh).items() if name in known}
        _write_stamp(settings, made)
    voice_seats.write(settings)
    return standings(settings)


def strange_files(settings: Settings) -> list[Path]:
    """Studio recordings whose name is that of no announcement."""
    if not settings.studio_dir.is_dir():
        return []
    return voice_studio.strangers(settings.studio_dir, frozenset(announcements(settings)))


def _standing(settings: Settings, name: str, text: Announcement, made: _Made | None) -> Standing:
    path = sound_path(settings, name)
    source = _source(settings, name, text)
    if not path.is_file():
        return Standing(name, State.MISSING, 0.0, text.text, source.problem)
    state = source.origin if _fresh(path, source, made) else State.STALE
    return Standing(name, state, path.stat().st_size / RATE, text.text, source.problem)


def _fresh(path: Path, source: _Source, made: _Made | None) -> bool:
    return made is not None and made.digest == source.digest and path.is_file() and path.stat().st_size == made.size


def _source(settings: Settings, name: str, text: Announcement) -> _Source:
    """A studio file that can be used, else the text."""
    problem = ""
    if file := voice_studio.find(settings.studio_dir, name):
        try:
            sound = _finished(voice_studio.read(file), name, text)
        except SoundError as error:
            problem = f"{file} is not used: {error}"
        else:
            return _Source(State.RECORDED, f"{SYNTHESIS} {voice_studio.digest(file)}", lambda: sound)
    return _Source(State.SYNTHESISED, text.digest(SYNTHESIS), lambda: _synthesised(text), problem)


def _synthesised(text: Announcement) -> Samples:
    if text.tone:
        return at_level(tone(text.tone.hz, text.tone.seconds))
    if text.melody:
        return at_level(melody(text.melody.notes, text.melody.seconds), MUSIC_LEVEL)
    return speak(text.spelled, head=_HEAD, tail=_tail(text))


def _finished(sound: Samples, name: str, text: Announcement) -> Samples:
    """A studio recording with the silence and the loudness of our own sounds."""
    if name.startswith(MUSIC):
        return at_level(sound, MUSIC_LEVEL)
    return at_level(trimmed(sound, head=_HEAD, tail=_tail(text)), SPEECH_LEVEL)


def _tail(text: Announcement) -> float:
    return _AFTER_SENTENCE if text.ends else _AFTER_PIECE


def _stamp_path(settings: Settings) -> Path:
    return settings.sounds_dir / "made.json"


def _stamp(settings: Settings) -> dict[str, _Made]:
    """What the last build made; nothing where the file is missing or spoilt, so that all is made again."""
    try:
        entries = json.loads(_stamp_path(settings).read_bytes())
        return {name: _Made(**entry) for name, entry in entries.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_stamp(settings: Settings, made: dict[str, _Made]) -> None:
    path = _stamp_path(settings)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps({name: asdict(entry) for name, entry in made.items()}, indent=1), encoding="utf-8")
    partial.replace(path)
