"""What citizens and agents say: Mandarin, made by espeak-ng before the calls begin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hotline.voice import Voice, synthesise


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and who speaks it."""

    text: str
    voice: Voice


def by_citizen(text: str) -> Line:
    """A man who calls."""
    return Line(text, Voice("m2"))


def by_agent(text: str) -> Line:
    """A woman on duty, in another voice than the announcements'."""
    return Line(text, Voice("f5", speed=175, pitch=60))


class Speech:
    """The lines as sound files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self, lines: tuple[Line, ...]) -> None:
        """Make the sounds of these lines; takes a fraction of a second each.

        Raises:
            hotline.voice.VoiceError: espeak-ng is missing or failed.
        """
        for line in lines:
            synthesise(line.text, self.file(line), line.voice)

    def file(self, line: Line) -> Path:
        """Where the sound of a line is (headerless A-law)."""
        name = hashlib.sha256(repr(line).encode()).hexdigest()[:12]
        return self._folder / f"{name}.alaw"
