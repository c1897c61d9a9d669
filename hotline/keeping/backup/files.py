"""The files of a backup: what is not changed since the last one is linked to it, the rest is copied and hashed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hotline.settings import Settings

#: The list of all files, one a line: SHA-256, bytes, time of change in nanoseconds, path in the backup.
LIST_FILE = "files"
_PIECE = 1024 * 1024
#: Folders of the data directory. Live recordings are still being written: once closed, the next backup has them.
_SKIPPED = frozenset({"live", "incoming"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup; ``path`` is relative to it, ``changed`` its time of change in nanoseconds."""

    path: str
    sha256: str
    size: int
    changed: int

    def line(self) -> str:
        """As it stands in the list."""
        return f"{self.sha256} {self.size} {self.changed} {self.path}\n"


def listed(file: Path) -> Iterator[Kept]:
    """The files of a list.

    Raises:
        ValueError: it is no such list.
        OSError: it cannot be read.
    """
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            sha256, size, changed, path = line.rstrip("\n").split(" ", 3)
            yield Kept(path, sha256, int(size), int(changed))


def folders(settings: Settings) -> Mapping[str, Path]:
    """What is backed up beside the database, by its name in the backup."""
    return {
        "recordings": settings.recordings_dir,
        "attachments": settings.attachments_dir,
        "anchors": settings.anchors_dir,
        "journal": settings.journal_dir,
        "prompts": settings.studio_dir,
    }


def walk(top: Path) -> Iterator[Path]:
    """The files below a folder, in order, without drafts, links and what is still being written."""
    for folder, below, names in os.walk(top):
        below[:] = sorted(name for name in below if not (Path(folder) == top and name in _SKIPPED))
        for path in (Path(folder) / name for name in sorted(names) if not name.startswith(".")):
            if path.is_file() and not path.is_symlink():
                yield path


def gather(sources: Iterable[tuple[str, Path]], target: Path, before: Path | None) -> Iterator[Kept]:
    """Put files into a backup under their names; ``before`` is the backup before, whose files are taken over.

    A file that is removed while we copy is left out; one that is changed is copied as it is.

    Raises:
        OSError: the disk failed, or is full.
    """
    known: dict[str, Kept] = {}
    if before is not None:
        with contextlib.suppress(OSError, ValueError):
            known = {kept.path: kept for kept in listed(before / LIST_FILE)}
    for name, source in sources:
        try:
            state = source.stat()
        except FileNotFoundError:
            continue
        place = target / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = known.get(name)
        if old and before and (old.size, old.changed) == (state.st_size, state.st_mtime_ns):
            with contextlib.suppress(OSError):
                place.hardlink_to(before / name)
                yield old
                continue
        with contextlib.suppress(FileNotFoundError):
            yield _copied(source, place, name)


def _copied(source: Path, place: Path, name: str) -> Kept:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read:
        changed = os.fstat(read.fileno()).st_mtime_ns
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as write:  # noqa: PTH123 - pathlib cannot open with a mode of rights
            while piece := read.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                write.write(piece)
    return Kept(name, digest.hexdigest(), size, changed)


def hashed(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a file.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest(), file.stat().st_size


def put_back(kept: Kept, backup: Path, target: Path) -> None:
    """Copy one file out of a backup, with the time it was changed.

    Raises:
        OSError: the disk failed, or is full.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(backup / kept.path, target)
    target.chmod(0o640)
    os.utime(target, ns=(kept.changed, kept.changed))
