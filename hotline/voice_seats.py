"""Whose seat serves you: Queue plays one file to every caller, so each seat has a language of its own.

A caller whom seat 8001 serves has the language ``zh_8001``; what is not in that folder is taken from ``zh``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hotline.settings import Settings
from ivr.prompts import Prompt, digits

#: The name of the file in each seat's folder; ``queues.conf`` plays it.
NAME: Final = "seat-serves-you"


def write(settings: Settings) -> None:
    """Put the seats' sounds together from the figures and the words, where they are not as they should be.

    Raises:
        FileNotFoundError: the figures or the words have not been made.
    """
    speech = settings.sounds_dir / "zh"
    for seat in settings.seats:
        parts = (*digits(seat), Prompt.SEAT_SERVES)
        sound = b"".join((speech / f"{part}.alaw").read_bytes() for part in parts)
        path = _path(settings, seat)
        if not path.is_file() or path.read_bytes() != sound:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sound)


def _path(settings: Settings, seat: str) -> Path:
    return settings.sounds_dir / f"zh_{seat}" / f"{NAME}.alaw"
