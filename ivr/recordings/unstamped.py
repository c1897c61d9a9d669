"""The manifests that wait for a time stamp: one empty file each, so that the queue survives whatever happens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ivr.recordings import files, manifest
from ivr.recordings.names import call_folder

FOLDER = "unstamped"
_MARKER = re.compile(r"(?P<call>.+)_(?P<version>[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One version of one call's manifest that has no stamp yet; ``marker`` is its file in the queue."""

    marker: Path
    folder: Path
    version: int

    @property
    def manifest(self) -> Path:
        """The file to be stamped: the newest version, or one that was superseded meanwhile."""
        kept = self.folder / manifest.previous_file(self.version)
        return kept if kept.exists() else self.folder / manifest.FILE

    @property
    def stamp(self) -> Path:
        """Where the stamp goes."""
        return self.folder / manifest.stamp_file(self.version)


def mark(root: Path, call_id: str, version: int) -> Path:
    """Put a manifest into the queue before it exists; the queue's folder, to be flushed."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    files.write(folder / f"{call_id}_{version}", ())
    return folder


def waiting(root: Path, most: int) -> list[Waiting]:
    """At most so many of the manifests that wait, in no order; strange files are left alone."""
    found: list[Waiting] = []
    try:
        entries = (root / FOLDER).iterdir()
        for entry in entries:
            if len(found) == most:
                break
            if match := _MARKER.fullmatch(entry.name):
                try:
                    found.append(Waiting(entry, root / call_folder(match["call"]), int(match["version"])))
                except ValueError:
                    continue
    except FileNotFoundError:
        return []
    return found
