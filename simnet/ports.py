"""Ports for one product: a block that no other run on this machine has while we hold it.

The blocks lie below the ports that the kernel gives away by itself, so nobody's passing socket sits on one of them.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

_FIRST, _SIZE, _BLOCKS = 10_000, 1_100, 20
_RTP = 1_000


class NoPorts(Exception):  # noqa: N818 - says what is so
    """All blocks are taken: too many runs at once."""


class Ports:
    """One block: ``rtp_start`` to ``rtp_end`` for media, ``single(n)`` for the rest. ``release`` gives it back."""

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "hotline-ports"
        folder.mkdir(exist_ok=True)
        for number in range(_BLOCKS):
            lock = os.open(folder / str(number), os.O_CREAT | os.O_RDWR, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            self._lock = lock
            self.rtp_start = _FIRST + number * _SIZE
            self.rtp_end = self.rtp_start + _RTP - 1
            return
        raise NoPorts(f"all {_BLOCKS} blocks of ports are taken by other runs")

    def single(self, number: int) -> int:
        """The n-th port that is not for media, counted from 0."""
        return self.rtp_end + 1 + number

    def release(self) -> None:
        """Give the block back; the process's end does it too."""
        os.close(self._lock)
