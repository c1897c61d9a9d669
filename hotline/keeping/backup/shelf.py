"""The folder where backups stand, each a folder named by its instant; whole, or not there at all."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hotline.keeping.backup.errors import BackupError

MANIFEST_FILE = "manifest.json"
_NAME = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial-"
_libc = ctypes.CDLL(None, use_errno=True)


def whole(shelf: Path) -> list[Path]:
    """The backups that are complete, oldest first."""
    found = [path for path in shelf.glob("2*Z") if (path / MANIFEST_FILE).is_file()] if shelf.is_dir() else []
    return sorted(found, key=lambda path: path.name)


def made_at(backup: Path) -> datetime:
    """When a backup began, by its name."""
    return datetime.strptime(backup.name, _NAME).replace(tzinfo=UTC)


@contextlib.contextmanager
def new(shelf: Path, at: datetime) -> Iterator[Path]:
    """A folder to put a backup into. It gets its name only after the block, with all of it on the disk.

    Whatever ends the process before that leaves a folder that no one takes for a backup; the next one removes it.

    Raises:
        BackupError: another backup is being made there, or one of this second is there already.
        OSError: the disk failed, or is full.
    """
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(shelf):
        for left in shelf.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left)
        name = at.strftime(_NAME)
        if (shelf / name).exists():
            raise BackupError(f"{shelf / name} 已存在：请稍后再试")
        draft = shelf / f"{_PARTIAL}{name}"
        draft.mkdir(mode=0o700)
        yield draft
        _on_disk(draft)
        draft.rename(shelf / name)
        _on_disk(shelf)


def prune(shelf: Path, most: int) -> list[Path]:
    """Remove the oldest backups until ``most`` are left; gives those that went. What later ones share stays.

    Raises:
        BackupError: another backup is being made there.
        OSError: they cannot be removed.
    """
    with _alone(shelf):
        gone = whole(shelf)[:-most]
        for backup in gone:
            # Renamed first: half of a backup must never look like a whole one.
            doomed = shelf / f"{_PARTIAL}{backup.name}"
            backup.rename(doomed)
            shutil.rmtree(doomed)
        return gone


@contextlib.contextmanager
def _alone(shelf: Path) -> Iterator[None]:
    handle = os.open(shelf / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"{shelf} 中正在进行另一次备份：请等它结束") from error
        yield
    finally:
        os.close(handle)


def _on_disk(folder: Path) -> None:
    """One flush of the whole file system costs less than one for each of thousands of files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _libc.syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(handle)
