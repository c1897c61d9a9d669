"""From a row to the file that may be served; whatever the row says, never to another file."""

from __future__ import annotations

from pathlib import Path

from ivr.model import Recording, RecordingState
from ivr.recordings.names import TrackName


class NoAudio(Exception):  # noqa: N818 - says what is so
    """There is no audio for this recording: nothing was said, it is missing, or its path is not one of ours."""


def open_audio(root: Path, recording: Recording) -> Path:
    """The WAV of a recording, a regular file at the one place where a recording of its name may stand.

    Raises:
        NoAudio: there is none.
    """
    name = TrackName.of_path(recording.path)
    if name is None or name.id != recording.id:
        raise NoAudio(f"{recording.id!r}: the path is not where its recording stands")
    if recording.state is not RecordingState.CLOSED:
        raise NoAudio(f"{recording.id}: {recording.state}")
    path = root.resolve() / name.path
    if not path.is_file() or path.resolve() != path:
        raise NoAudio(f"{recording.id}: no file")
    return path
