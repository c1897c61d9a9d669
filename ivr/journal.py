"""The folder where the dialplan leaves a note of each call that has ended, until the end is in the books."""

from __future__ import annotations

from pathlib import Path

import structlog

from ivr import notes

log = structlog.get_logger(__name__)


class Journal:
    """Notes on disk, one file per call, until they are in the books."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, notes.Note]:
        """All notes by call id; a file that holds no note is set aside as ``*.unreadable`` and logged."""
        found: dict[str, notes.Note] = {}
        for file in sorted(self._folder.iterdir()):
            if file.suffix == ".unreadable" or not file.is_file():
                continue
            note = notes.read(file.read_text(encoding="utf-8", errors="replace"))
            if note is None or note.id != file.name:
                log.error("a note of the journal cannot be read; it is set aside")
                file.rename(file.with_name(f"{file.name}.unreadable"))
            else:
                found[note.id] = note
        return found

    def remove(self, call_id: str) -> None:
        """Take away the note of a call whose end is in the books; no error if there is none."""
        (self._folder / call_id).unlink(missing_ok=True)
