"""Closing turns live files into WAVs and a manifest, once, however often it is asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ivr.model import RecordingState, Track
from ivr.recordings import manifest
from ivr.recordings.audio import header
from ivr.recordings.closing import Archive, NotClosed, close, close_calls, discard
from ivr.recordings.names import TrackName, call_folder
from ivr.recordings.verifying import verify
from tests.recordings_kit import AGENT, AT, CALL, CITIZEN, archive, audio, live


def _body(root: Path) -> dict[str, object]:
    body: dict[str, object] = json.loads((root / call_folder(CALL) / "manifest.json").read_bytes())["manifest"]
    return body


def test_the_tracks_of_a_call_become_wavs_under_one_manifest(tmp_path: Path) -> None:
    """Audio byte for byte, length, hash and start in the row; one version for both tracks; live files go last."""
    live(tmp_path / "live", CITIZEN, AGENT)
    ours = archive(tmp_path)
    batch = close_calls(ours, tmp_path / "live", {CALL: [CITIZEN, AGENT]}, AT)
    assert not batch.failed
    [call] = batch.closed
    for name, recording in zip([CITIZEN, AGENT], call.recordings, strict=True):
        wav = (tmp_path / recording.path).read_bytes()
        assert wav == header(24_000) + audio(name)
        assert recording.sha256 == hashlib.sha256(wav).hexdigest()
        assert (recording.seconds, recording.started_at, recording.state) == (3.0, name.started_at, "closed")
        assert (recording.call_id, recording.track, recording.who) == (CALL, name.track, name.who)
    assert _body(tmp_path)["version"] == 1
    assert verify(tmp_path / call_folder(CALL), ours.signer.public) == []
    assert len(list((tmp_path / "live").iterdir())) == 2
    discard(call)
    assert list((tmp_path / "live").iterdir()) == []


def test_closing_again_changes_nothing(tmp_path: Path) -> None:
    """The same bytes, the same manifest, the same rows."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN)
    first = close_calls(ours, tmp_path / "live", {CALL: [CITIZEN]}, AT)
    before = {path.name: path.read_bytes() for path in (tmp_path / call_folder(CALL)).iterdir()}
    second = close_calls(ours, tmp_path / "live", {CALL: [CITIZEN]}, AT.replace(year=2027))
    assert second.closed == first.closed
    assert {path.name: path.read_bytes() for path in (tmp_path / call_folder(CALL)).iterdir()} == before


def test_a_late_track_makes_a_version_chained_to_the_one_before(tmp_path: Path) -> None:
    """A track that turns up after a transfer or a crash is added; the first version is kept and named by its hash."""
    ours = archive(tmp_path)
    folder = tmp_path / call_folder(CALL)
    for name in (CITIZEN, AGENT):
        live(tmp_path / "live", name)
        close(tmp_path / "live" / name.live_name, ours)
    kept = (folder / "manifest-1.json").read_bytes()
    assert _body(tmp_path)["version"] == 2
    assert _body(tmp_path)["previous"] == hashlib.sha256(kept).hexdigest()
    assert len(manifest.read(folder / "manifest.json").manifest.entries) == 2
    assert verify(folder, ours.signer.public) == []


def test_a_file_that_grew_after_it_was_read_is_closed_again(tmp_path: Path) -> None:
    """Bytes that came late are not thrown away with the live file; the longer recording replaces the shorter."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN)
    [early] = close_calls(ours, tmp_path / "live", {CALL: [CITIZEN]}, AT).closed
    live(tmp_path / "live", CITIZEN, seconds=4.0)
    discard(early)
    longer = close(tmp_path / "live" / CITIZEN.live_name, ours)
    assert longer.seconds == 4.0
    assert longer.id == early.recordings[0].id
    assert (tmp_path / longer.path).read_bytes().endswith(audio(CITIZEN, 4.0))
    assert verify(tmp_path / call_folder(CALL), ours.signer.public) == []


def test_a_shorter_file_never_replaces_what_was_closed(tmp_path: Path) -> None:
    """It contradicts the archive, so both stay and somebody is told."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN)
    kept = close(tmp_path / "live" / CITIZEN.live_name, ours)
    live(tmp_path / "live", CITIZEN, seconds=1.0)
    with pytest.raises(NotClosed, match="shorter"):
        close(tmp_path / "live" / CITIZEN.live_name, ours)
    assert (tmp_path / "live" / CITIZEN.live_name).exists()
    assert (tmp_path / kept.path).read_bytes().endswith(audio(CITIZEN))


def test_silence_without_a_single_sample_is_recorded_as_such(tmp_path: Path) -> None:
    """An empty file gives a row and a line in the manifest, and no WAV."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN, seconds=0)
    recording = close(tmp_path / "live" / CITIZEN.live_name, ours)
    assert (recording.state, recording.seconds, recording.sha256) == (RecordingState.EMPTY, 0.0, "")
    assert [path.name for path in (tmp_path / call_folder(CALL)).iterdir()] == ["manifest.json"]
    assert verify(tmp_path / call_folder(CALL), ours.signer.public) == []
    assert not (tmp_path / "live" / CITIZEN.live_name).exists()


def test_a_file_that_is_gone_is_missing_unless_it_was_closed(tmp_path: Path) -> None:
    """Asked for a file that was closed before, closing gives what the manifest has."""
    ours = archive(tmp_path)
    path = tmp_path / "live" / CITIZEN.live_name
    assert close(path, ours).state is RecordingState.MISSING
    live(tmp_path / "live", CITIZEN)
    closed = close(path, ours)
    assert close(path, ours) == closed


def test_pauses_are_listed_in_the_manifest(tmp_path: Path) -> None:
    """Whoever listens later sees that the gap was made on purpose."""
    plain = archive(tmp_path)
    ours = Archive(plain.root, plain.signer, pauses={CITIZEN.id: [(0.5, 1)]}.__getitem__)
    live(tmp_path / "live", CITIZEN)
    close(tmp_path / "live" / CITIZEN.live_name, ours)
    assert manifest.read(tmp_path / call_folder(CALL) / "manifest.json").manifest.entries[0].pauses == ((0.5, 1.0),)


def test_one_bad_call_does_not_keep_the_others_from_being_closed(tmp_path: Path) -> None:
    """The batch goes on; the bad one is named with its reason and keeps its file."""
    ours = archive(tmp_path)
    other = TrackName("hotline-1795498661.13", Track.CITIZEN, "caller", 1795498661000)
    live(tmp_path / "live", CITIZEN, other)
    (tmp_path / other.path).parent.mkdir(parents=True)
    (tmp_path / other.path).mkdir()
    batch = close_calls(ours, tmp_path / "live", {other.call_id: [other], CALL: [CITIZEN]}, AT)
    assert [call.call_id for call in batch.closed] == [CALL]
    assert list(batch.failed) == [other.call_id]
    assert (tmp_path / "live" / other.live_name).exists()
    assert verify(tmp_path / call_folder(CALL), ours.signer.public) == []


def test_a_manifest_that_we_did_not_sign_is_not_carried_on(tmp_path: Path) -> None:
    """Signing it together with a late track would vouch for whatever was put there."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN)
    close(tmp_path / "live" / CITIZEN.live_name, ours)
    file = tmp_path / call_folder(CALL) / "manifest.json"
    forged = json.loads(file.read_bytes())
    forged["manifest"]["tracks"][0]["sha256"] = "0" * 64
    file.write_text(json.dumps(forged, sort_keys=True, separators=(",", ":")))
    live(tmp_path / "live", AGENT)
    with pytest.raises(NotClosed, match="not signed"):
        close(tmp_path / "live" / AGENT.live_name, ours)
    assert (tmp_path / "live" / AGENT.live_name).exists()


def test_a_strangers_file_is_refused(tmp_path: Path) -> None:
    """Only what is named as a recording is closed."""
    with pytest.raises(ValueError, match="not named"):
        close(tmp_path / "notes.txt", archive(tmp_path))
