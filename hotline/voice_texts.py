"""What is announced: ``prompts/prompts.toml``, read, checked and filled in with the settings of the city."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from hotline.settings import Settings

#: The checkout holds the texts, beside the package; an editable installation, ``make run`` and the Docker image all
#: run from one.
TEXTS: Final = Path(__file__).resolve().parent.parent / "prompts" / "prompts.toml"

#: Sounds whose name begins so go to the music folder.
MUSIC: Final = "moh/"


class TextsError(Exception):
    """The file of texts is missing or wrong; the message says where and what."""


class Tone(BaseModel):
    """A signal: a sine of ``hz`` for ``seconds``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    hz: float
    seconds: float


class Melody(BaseModel):
    """Music made here: ``notes`` as (second at which it begins, Hz)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    seconds: float
    notes: tuple[tuple[float, float], ...]


class Announcement(BaseModel):
    """One entry of the file: ``text`` as people read it, ``say`` its pinyin where that must be given."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str
    say: str = ""
    note: str = ""
    tone: Tone | None = None
    melody: Melody | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if not self.text.strip():
            raise ValueError("text is empty")
        if sum(map(bool, (self.say, self.tone, self.melody))) > 1:
            raise ValueError("say, tone and melody exclude each other")
        return self

    @property
    def ends(self) -> bool:
        """A sentence of its own, after which there is a pause; otherwise a piece that goes on in the next sound."""
        return self.text.endswith(("。", "?", "!"))

    @property
    def spelled(self) -> str:
        """What is handed to synthesis."""
        return self.say or self.text

    def digest(self, version: str) -> str:
        """Changes whenever the sound made from this by synthesis ``version`` would."""
        made_of = self.model_dump_json(exclude={"note"})
        return hashlib.sha256(f"{version}\n{made_of}".encode()).hexdigest()


def announcements(settings: Settings, path: Path = TEXTS) -> dict[str, Announcement]:
    """All announcements by name, in the order of the file, filled in for this city.

    Raises:
        TextsError: the file is missing, is no TOML, or an entry is wrong; the message names it.
    """
    words = {
        "city": settings.city_name,
        "hotline_number": settings.hotline_number,
        "emergency_key": settings.emergency_key,
        "callback_key": settings.callback_key,
    }
    return {name: _filled(name, entry, words) for name, entry in _entries(path).items()}


def names(path: Path = TEXTS) -> frozenset[str]:
    """The names of all announcements.

    Raises:
        TextsError: as ``announcements``.
    """
    return frozenset(_entries(path))


@cache
def _entries(path: Path) -> dict[str, Announcement]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TextsError(f"{path} is missing: the texts of the announcements come with the checkout") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TextsError(f"{path}: {error}") from error
    entries = {}
    for name, table in tables.items():
        try:
            entries[name] = Announcement.model_validate(table)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
            raise TextsError(f"{path}: [{name}] {faults}") from error
    return entries


def _filled(name: str, entry: Announcement, words: dict[str, str]) -> Announcement:
    try:
        changed = {"text": entry.text.format_map(words), "say": entry.say.format_map(words)}
    except (KeyError, ValueError, IndexError) as error:
        known = ", ".join(f"{{{word}}}" for word in words)
        raise TextsError(f"[{name}] has a placeholder that is none of {known}") from error
    return entry.model_copy(update=changed)
