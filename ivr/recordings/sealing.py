"""Recordings of a confidential ticket's call: sealed beside their manifest, which vouches for the plain audio still."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from common.vault import Algorithm, DataKey
from common.vault.files import seal_file, unsealed, wipe
from ivr.model import Recording, RecordingState
from ivr.recordings import files
from ivr.recordings.names import TrackName
from ivr.recordings.reading import NoAudio

_ENDING = ".sealed"
#: Left in a call's folder where its audio was destroyed.
NOTE = "destroyed.json"
_PIECE = 1 << 20


def sealed_name(wav_name: str) -> str:
    """The name of the sealed file of a track."""
    return wav_name + _ENDING


def is_sealed_name(name: str) -> bool:
    """Whether a file of this name is a sealed track."""
    return name.endswith(f".wav{_ENDING}") and not name.startswith(".")


def plain_name(name: str) -> str:
    """The track's name of a sealed file."""
    return name.removesuffix(_ENDING)


def sealed_place(recording_id: str) -> str:
    """What and where a sealed track is."""
    return f"recording|{recording_id}"


def seal_track(root: Path, recording: Recording, key: DataKey, algorithm: Algorithm) -> Recording:
    """Seal a closed track, and write over the plain one; the recording as it is then. Blocks on the disk.

    Broken off anywhere, it can be done again. The plain file goes only when the sealed one was read back whole.

    Raises:
        NoAudio: it has no file, or its path is not one of ours.
        OSError: the disk refuses; try again later.
    """
    plain, sealed = _paths(root, recording)
    if plain.is_file():
        draft = sealed.with_name(f".{sealed.name}.part")
        draft.unlink(missing_ok=True)
        seal_file(key, plain, draft, sealed_place(recording.id), algorithm)
        if _digest(unsealed(key, draft, sealed_place(recording.id))) != _digest(_pieces(plain)):
            raise OSError(f"{draft.name} does not read back as it was written")
        files.rename(draft, sealed)
        files.sync([sealed.parent])
        wipe(plain)
        files.sync([sealed.parent])
    elif not sealed.is_file():
        raise NoAudio(f"{recording.id}: no file")
    return replace(recording, state=RecordingState.SEALED)


def sealed_audio(root: Path, recording: Recording, key: DataKey) -> Iterator[bytes]:
    """The WAV of a sealed track, piece by piece, for who may hear it. Blocks on the disk.

    Raises:
        NoAudio: there is none.
        TamperedError: it is not what was sealed.
    """
    _, sealed = _paths(root, recording)
    if not sealed.is_file():
        raise NoAudio(f"{recording.id}: no file")
    return unsealed(key, sealed, sealed_place(recording.id))


def destroy_tracks(root: Path, recordings: Iterable[Recording], number: str, at: datetime) -> list[Recording]:
    """Write over and remove the audio of these tracks (A15); the recordings as they are then.

    The manifest stays, which holds no word of what was said, with a note of whose ticket's number it was. Blocks.

    Raises:
        OSError: the disk refuses; do it again.
    """
    destroyed = []
    for recording in recordings:
        name = TrackName.of_path(recording.path)
        if name is None:
            continue
        plain, sealed = _paths(root, recording)
        wipe(plain)
        wipe(sealed)
        if plain.parent.is_dir():
            note = {"ticket": number, "destroyed_at": at.isoformat()}
            files.write(plain.parent / NOTE, [json.dumps(note).encode()])
            files.sync([plain.parent / NOTE, plain.parent])
        destroyed.append(replace(recording, state=RecordingState.DESTROYED))
    return destroyed


def _paths(root: Path, recording: Recording) -> tuple[Path, Path]:
    name = TrackName.of_path(recording.path)
    if name is None or name.id != recording.id:
        raise NoAudio(f"{recording.id!r}: the path is not where its recording stands")
    plain = root.resolve() / name.path
    return plain, plain.with_name(sealed_name(plain.name))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
