"""Which keys were destroyed on purpose, kept beside the keys: a restored backup cannot bring them back (A15)."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path


class DestroyedKeys:
    """A file that only grows: whose key, and when, a line each. Read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, str] = {}

    def __contains__(self, subject: object) -> bool:
        return subject in self._read()

    def all(self) -> list[str]:
        """Whose keys were destroyed, the oldest first.

        Raises:
            OSError: the list is there and cannot be read.
        """
        return list(self._read())

    def add(self, subject: str, now: datetime) -> None:
        """Note a key as destroyed; on disk when this returns. Noted twice is noted once.

        Raises:
            OSError: the list cannot be written; then nothing may be destroyed.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if subject not in self._read():
                os.write(handle, f"{subject} {now.isoformat()}\n".encode())
                os.fsync(handle)
        finally:
            os.close(handle)

    def _read(self) -> dict[str, str]:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return self._known
        mark = (state.st_ino, state.st_size)
        if mark != self._seen:
            lines = (line.split(maxsplit=1) for line in self._path.read_text(encoding="utf-8").splitlines())
            # What was once destroyed stays so, whoever shortens the file while we run.
            self._known |= {line[0]: line[-1] for line in lines if line}
            self._seen = mark
        return self._known
