"""Backup and deleting exclude each other: a backup speaks of files that must not go while it is made."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class BusyError(Exception):
    """Another one is at work; the message says in Chinese what to do."""


@contextlib.contextmanager
def keeping(data_dir: Path, what: str) -> Iterator[None]:
    """Hold the one lock of this installation for as long as the block lasts.

    Raises:
        BusyError: somebody else has it.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data_dir / ".keeping.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"正在备份或清理，{what}未进行：请等它结束后再试") from error
        yield
    finally:
        os.close(handle)
