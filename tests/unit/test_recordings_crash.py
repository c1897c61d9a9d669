"""Killed between any two steps and run again, closing gives exactly one recording and loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from common.timestamp import NotStamped
from ivr.model import Recording
from ivr.recordings.closing import Archive, close_calls, discard
from ivr.recordings.names import TrackName, call_folder
from ivr.recordings.stamping import Stamps
from ivr.recordings.unstamped import waiting
from ivr.recordings.verifying import Flaw, verify
from tests.recordings_kit import AGENT, AT, CALL, CITIZEN, Died, archive, audio, live, steps

LATE = TrackName(CALL, AGENT.track, "8002", 1795498690000)


def _close(ours: Archive, tracks: Sequence[TrackName]) -> list[Recording]:
    """What the sweeper does with one call: those tracks whose live files are still there."""
    there = [name for name in tracks if (ours.root / "live" / name.live_name).exists()]
    if not there:
        return []
    [call] = close_calls(ours, ours.root / "live", {CALL: there}, AT).closed
    discard(call)
    return list(call.recordings)


def _close_and_die(ours: Archive, tracks: Sequence[TrackName], at: int, *, half: bool) -> bool:
    """Close, and die before operation ``at`` (or, ``half``, in the middle of a write); whether it came to that."""
    count = 0

    def before(step: str, subject: object) -> None:
        nonlocal count
        count += 1
        if count == at:
            if half and step == "write":
                cast("Path", subject).write_bytes(b"RIFF half of a")
            raise Died

    try:
        with steps(before, lambda _step, _subject: None):
            _close(ours, tracks)
    except Died:
        return True
    return False


def test_killed_at_any_step_and_run_again_there_is_one_recording(tmp_path: Path) -> None:
    """First closing and a late track, killed before each step in turn or while writing: the same end."""
    died = 0
    for half in (False, True):
        for at in range(1, 100):
            ours = archive(tmp_path / f"{half}-{at}", stamps=True)
            folder = ours.root / call_folder(CALL)
            live(ours.root / "live", CITIZEN, AGENT)
            first = _close_and_die(ours, [CITIZEN, AGENT], at, half=half)
            _close(ours, [CITIZEN, AGENT])
            live(ours.root / "live", LATE)
            second = _close_and_die(ours, [LATE], at, half=half)
            _close(ours, [LATE])
            assert list((ours.root / "live").iterdir()) == []
            for name in (CITIZEN, AGENT, LATE):
                assert (ours.root / name.path).read_bytes().endswith(audio(name))
            assert len(list(folder.glob("*.wav"))) == 3
            assert [problem.flaw for problem in verify(folder, ours.signer.public)] == [Flaw.UNSTAMPED]
            assert {one.version for one in waiting(ours.root, 9)} == {1, 2}
            died += first + second
            if not (first or second):
                break
        else:
            raise AssertionError("closing never came to its end")
    assert died > 30


def test_a_live_file_goes_only_after_its_audio_and_manifest_are_on_the_disk(tmp_path: Path) -> None:
    """Order of operations: written, flushed, renamed, the folder flushed, and only then removed (power cuts)."""
    ours = archive(tmp_path)
    live(tmp_path / "live", CITIZEN, AGENT)
    done: list[tuple[str, object]] = []
    with steps(lambda _step, _subject: None, lambda step, subject: done.append((step, subject))):
        _close(ours, [CITIZEN, AGENT])
    names = [step for step, _ in done]
    assert names == ["write"] * 3 + ["sync"] + ["rename"] * 3 + ["sync"] + ["remove"] * 2
    written = [subject for step, subject in done if step == "write"]
    flushed, folders = [cast("list[Path]", subject) for step, subject in done if step == "sync"]
    assert set(flushed) == set(written)
    folder = tmp_path / call_folder(CALL)
    assert {folder, folder.parent, folder.parent.parent, folder.parent.parent.parent, tmp_path} <= set(folders)
    renamed = [cast("Path", subject).name for step, subject in done if step == "rename"]
    assert renamed[-1] == ".manifest.json.part"


async def test_a_manifest_keeps_waiting_for_its_stamp_over_a_kill(tmp_path: Path) -> None:
    """The queue is on the disk: a service that fails changes nothing in it, and the alarm is raised once."""
    ours = archive(tmp_path, stamps=True)
    live(tmp_path / "live", CITIZEN)
    _close(ours, [CITIZEN])
    alarms: list[str] = []

    async def post(_: bytes) -> bytes:
        raise NotStamped("out of order")

    stamps = Stamps(tmp_path, post, (), lambda code, _: alarms.append(code))
    assert await stamps.catch_up() == 0
    assert await stamps.catch_up() == 0
    assert alarms == ["recordings.unstamped"]
    assert [one.version for one in waiting(tmp_path, 9)] == [1]
