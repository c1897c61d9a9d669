"""Disk against books: what is on one side alone is found, and the books are put right from the signed manifests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ivr.model import Recording, RecordingState
from ivr.recordings import manifest
from ivr.recordings.names import call_of_folder
from ivr.recordings.sealing import is_sealed_name, plain_name


@dataclass(slots=True)
class Found:
    """A civil day on disk: recordings by id as the manifests have them, those whose file is there, and what is odd.

    ``unsigned`` are audio files that no manifest names, ``damaged`` folders whose manifest is missing, changed, or
    signed by another; both as paths relative to the recordings directory.
    """

    day: date
    listed: dict[str, Recording] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    unsigned: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """What to do: rows to be made again, rows whose file is gone, rows that say something else than the manifest."""

    again: tuple[Recording, ...]
    missing: tuple[Recording, ...]
    contradicted: tuple[Recording, ...]


def day_folder(day: date) -> str:
    """Where the calls that began on a civil day stand, relative to the recordings directory."""
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def on_disk(root: Path, day: date, key: Ed25519PublicKey) -> Found:
    """Read a day's folders. Blocks on the disk: call it in a thread.

    Raises:
        OSError: a folder cannot be read.
    """
    found = Found(day)
    above = root / day_folder(day)
    if not above.is_dir():
        return found
    for folder in sorted(above.iterdir()):
        if call_of_folder(relative := f"{day_folder(day)}/{folder.name}") is None:
            continue
        try:
            read = manifest.read(folder / manifest.FILE)
        except (FileNotFoundError, manifest.Damaged):
            found.damaged.append(relative)
            continue
        if not read.is_signed_by(key) or read.manifest.call_id != folder.name:
            found.damaged.append(relative)
            continue
        files = {file.name for file in folder.iterdir() if file.suffix == ".wav"}
        sealed = {plain_name(file.name) for file in folder.iterdir() if is_sealed_name(file.name)}
        for entry in read.manifest.entries:
            listed = entry.recording()
            if entry.name.wav_name in sealed - files:
                listed = replace(listed, state=RecordingState.SEALED)
            found.listed[entry.name.id] = listed
            if entry.name.wav_name in files | sealed or entry.state is RecordingState.EMPTY:
                found.present.add(entry.name.id)
        found.unsigned += sorted(
            f"{relative}/{name}" for name in files - {e.name.wav_name for e in read.manifest.entries}
        )
    return found


def compare(rows: Iterable[Recording], found: Found) -> Difference:
    """Hold rows against the disk of a civil day; rows whose path lies in another day's folder are passed over."""
    booked = {row.id: row for row in rows if row.path.startswith(day_folder(found.day) + "/")}
    again, missing, contradicted = [], [], []
    for id_, listed in found.listed.items():
        row = booked.get(id_)
        if id_ in found.present:
            if row is None or row.state is RecordingState.MISSING:
                again.append(listed)
            elif row.sha256 != listed.sha256:
                contradicted.append(row)
        elif row is None:
            missing.append(replace(listed, state=RecordingState.MISSING))
    closed = [row for row in booked.values() if row.state in (RecordingState.CLOSED, RecordingState.SEALED)]
    missing += [replace(row, state=RecordingState.MISSING) for row in closed if row.id not in found.present]
    return Difference(tuple(again), tuple(missing), tuple(contradicted))
