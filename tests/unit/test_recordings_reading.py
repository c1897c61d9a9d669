"""What is served is a recording, whatever the row says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.model import Recording, RecordingState
from ivr.recordings.closing import close
from ivr.recordings.reading import NoAudio, open_audio
from tests.recordings_kit import AGENT, CITIZEN, archive, live


@pytest.fixture
def closed(tmp_path: Path) -> Recording:
    """A closed recording in the archive at ``tmp_path / "archive"``."""
    live(tmp_path / "live", CITIZEN, seconds=0.05)
    return close(tmp_path / "live" / CITIZEN.live_name, archive(tmp_path / "archive"))


def test_a_closed_recording_is_given(tmp_path: Path, closed: Recording) -> None:
    """Its own file, as an absolute path."""
    assert open_audio(tmp_path / "archive", closed) == (tmp_path / "archive" / CITIZEN.path).resolve()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secrets/manifest.key",
        "live/../../secrets/manifest.key",
        CITIZEN.path + "/../manifest.json",
        CITIZEN.path.replace("2026", "2026/."),
        "./" + CITIZEN.path,
        CITIZEN.path + "\n",
        CITIZEN.path + "\0",
        AGENT.path,
    ],
)
def test_a_path_that_is_not_its_own_is_refused(tmp_path: Path, closed: Recording, path: str) -> None:
    """No trick in a row reaches another file, not even another recording."""
    with pytest.raises(NoAudio):
        open_audio(tmp_path / "archive", replace(closed, path=path))


def test_a_link_is_refused(tmp_path: Path, closed: Recording) -> None:
    """Neither in place of the file nor in place of its folder."""
    path = open_audio(tmp_path / "archive", closed)
    (tmp_path / "secret").write_bytes(b"x")
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(NoAudio):
        open_audio(tmp_path / "archive", closed)
    path.unlink()
    moved = path.parent.rename(tmp_path / "elsewhere")
    (moved / path.name).write_bytes(b"x")
    path.parent.symlink_to(moved)
    with pytest.raises(NoAudio):
        open_audio(tmp_path / "archive", closed)


@pytest.mark.parametrize("state", [RecordingState.EMPTY, RecordingState.MISSING])
def test_where_there_is_no_audio_it_is_said(tmp_path: Path, closed: Recording, state: RecordingState) -> None:
    """An empty or missing track has no file to serve; nor has one whose file went away."""
    with pytest.raises(NoAudio):
        open_audio(tmp_path / "archive", replace(closed, state=state))
    open_audio(tmp_path / "archive", closed).unlink()
    with pytest.raises(NoAudio):
        open_audio(tmp_path / "archive", closed)
