"""Closing: from what Asterisk wrote to a WAV and a signed manifest, so that a kill between any two steps loses nothing.

The live file goes last, when its audio is on the disk under its final name and listed in a manifest that is on the disk
too; until then everything can be done again from it, with the same result. The calls of one batch share the flushes.
One process closes at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common.clock import now
from common.signing import Signer
from ivr.model import Recording, RecordingState
from ivr.recordings import audio, files, manifest
from ivr.recordings.manifest import Entry, Manifest, Pause
from ivr.recordings.names import TrackName, call_folder
from ivr.recordings.unstamped import mark

_PIECE = 1 << 20


class NotClosed(Exception):  # noqa: N818 - says what is so
    """This call's recordings cannot be closed as they stand; nothing was removed. The message says why."""


def _no_pauses(_: str) -> Sequence[Pause]:
    return ()


@dataclass(frozen=True, slots=True)
class Archive:
    """Where closed recordings go and who signs for them.

    ``pauses`` gives the pauses of a recording id, seconds from its beginning; ``stamps`` says that a time-stamp service
    is configured.
    """

    root: Path
    signer: Signer
    stamps: bool = False
    pauses: Callable[[str], Sequence[Pause]] = _no_pauses


@dataclass(frozen=True, slots=True)
class ClosedCall:
    """What became of a call's live files: its recordings, and the files with the bytes taken, which may go now."""

    call_id: str
    recordings: tuple[Recording, ...]
    sources: tuple[tuple[Path, int], ...]


@dataclass(slots=True)
class Batch:
    """Calls that were closed, and those that could not be, by call id with the reason."""

    closed: list[ClosedCall] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A call whose files are written under draft names."""

    call: ClosedCall
    folder: Path
    renames: tuple[tuple[Path, Path], ...]
    old_version: int
    unstamped: int

    def drafts(self) -> Iterator[Path]:
        for draft, _ in self.renames:
            yield draft


def close_calls(archive: Archive, live: Path, calls: Mapping[str, Sequence[TrackName]], at: datetime) -> Batch:
    """Close the live files of these calls, and leave them where they are; see ``discard``.

    ``at`` is the instant that the manifests name. Blocks on the disk: call it in a thread.
    """
    batch = Batch()
    drafts = []
    for call_id, tracks in calls.items():
        try:
            drafts.append(_draft(archive, live, tracks, at))
        except (OSError, ValueError, NotClosed, manifest.Damaged) as error:
            batch.failed[call_id] = error
    try:
        _publish(archive, drafts)
    except OSError as error:
        if len(drafts) > 1:
            # One bad file must not keep the others from being closed.
            for draft in drafts:
                alone = close_calls(archive, live, {draft.call.call_id: calls[draft.call.call_id]}, at)
                batch.closed += alone.closed
                batch.failed |= alone.failed
            return batch
        batch.failed |= {draft.call.call_id: error for draft in drafts}
        return batch
    batch.closed = [draft.call for draft in drafts]
    return batch


def discard(call: ClosedCall) -> None:
    """Remove the live files of a closed call; one that has grown since it was read stays, to be closed again.

    Raises:
        OSError: a file cannot be removed.
    """
    for path, size in call.sources:
        if path.exists() and path.stat().st_size == size:
            files.remove(path)


def close(path: Path, archive: Archive) -> Recording:
    """Close one live file and remove it.

    A file that is gone was closed before (its recording is returned as the manifest has it) or is MISSING.

    Raises:
        ValueError: the file is not named as a recording is.
        NotClosed: it contradicts what was closed before.
        Damaged: the call's manifest is not one that we wrote.
        OSError: the disk is full or refuses; try again later.
    """
    name = TrackName.of_live(path.name)
    if name is None:
        raise ValueError(f"{path} is not named as a recording is")
    if not path.exists():
        old = _old(archive, archive.root / call_folder(name.call_id))
        earlier = [entry for entry in old.manifest.entries if entry.name == name] if old else []
        return (earlier or [Entry(name, "", 0.0, RecordingState.MISSING)])[0].recording()
    batch = close_calls(archive, path.parent, {name.call_id: [name]}, now())
    for error in batch.failed.values():
        raise error
    discard(batch.closed[0])
    return batch.closed[0].recordings[0]


def _draft(archive: Archive, live: Path, tracks: Sequence[TrackName], at: datetime) -> _Draft:
    folder = archive.root / call_folder(tracks[0].call_id)
    folder.mkdir(parents=True, exist_ok=True)
    found = _old(archive, folder)
    old, old_sha256 = (found.manifest, found.sha256) if found else (None, "")
    earlier = {entry.name: entry for entry in old.entries} if old else {}
    renames, entries, sources = [], [], []
    for name in tracks:
        draft = folder / f".{name.wav_name}.part"
        size, sha256 = _convert(live / name.live_name, draft)
        entry = _entry(name, size, sha256, archive.pauses(name.id))
        if (before := earlier.get(name)) and before.seconds > entry.seconds:
            raise NotClosed(f"{name.live_name} is shorter than what was closed under its name")
        if before and before.sha256 == sha256:
            entry = before
        if size:
            renames.append((draft, folder / name.wav_name))
        entries.append(entry)
        sources.append((live / name.live_name, size))
    call = ClosedCall(tracks[0].call_id, tuple(entry.recording() for entry in entries), tuple(sources))
    listed = manifest.merged(old.entries if old else (), entries)
    version = old.version if old else 0
    if old is None or listed != old.entries:
        signer = archive.signer
        new = Manifest(call.call_id, version + 1, old_sha256, at, signer.key_id, archive.stamps, listed)
        draft = folder / f".{manifest.FILE}.part"
        files.write(draft, [new.signed(signer)])
        renames.append((draft, folder / manifest.FILE))
        return _Draft(call, folder, tuple(renames), version, version + 1 if archive.stamps else 0)
    waits = old.stamp_wanted and not (folder / manifest.stamp_file(version)).exists()
    return _Draft(call, folder, tuple(renames), 0, version if waits else 0)


def _old(archive: Archive, folder: Path) -> manifest.OnDisk | None:
    try:
        old = manifest.read(folder / manifest.FILE)
    except FileNotFoundError:
        return None
    # Signing what we did not sign before would vouch for whatever was put there.
    if not old.is_signed_by(archive.signer.public):
        raise NotClosed(f"the manifest of {folder.name} is not signed by this installation's key")
    return old


def _convert(live: Path, draft: Path) -> tuple[int, str]:
    """Write the WAV of a live file; its samples, and the SHA-256 of the WAV. Nothing is written of an empty file."""
    digest = hashlib.sha256()
    with live.open("rb", buffering=0) as source:
        size = source.seek(0, 2)
        source.seek(0)
        if not size:
            return 0, ""

        def pieces() -> Iterator[bytes]:
            before, left = audio.header(size), size
            while left and (piece := source.read(min(left, _PIECE))):
                left -= len(piece)
                yield before + piece + (audio.padding(size) if not left else b"")
                before = b""
            if left:
                raise NotClosed(f"{live.name} became shorter while it was read")

        def hashed() -> Iterator[bytes]:
            for piece in pieces():
                digest.update(piece)
                yield piece

        files.write(draft, hashed())
    return size, digest.hexdigest()


def _entry(name: TrackName, size: int, sha256: str, pauses: Sequence[Pause]) -> Entry:
    state = RecordingState.CLOSED if size else RecordingState.EMPTY
    return Entry(name, sha256, size / audio.RATE, state, tuple((float(start), float(end)) for start, end in pauses))


def _publish(archive: Archive, drafts: Sequence[_Draft]) -> None:
    """Bring the drafts under their names: audio before manifest, each on the disk before the next relies on it."""
    if not drafts:
        return
    files.sync(path for draft in drafts for path in draft.drafts())
    folders = set()
    for draft in drafts:
        if draft.old_version:
            files.keep(draft.folder / manifest.FILE, draft.folder / manifest.previous_file(draft.old_version))
        if draft.unstamped:
            folders.add(mark(archive.root, draft.call.call_id, draft.unstamped))
        for old, new in draft.renames:
            files.rename(old, new)
        above = draft.folder.relative_to(archive.root).parents
        folders |= {draft.folder, *(archive.root / folder for folder in above)}
    files.sync(folders)
