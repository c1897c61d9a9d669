"""What a real Asterisk's MixMonitor writes is left while it writes, and closed whole when it has done."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ivr.model import Recording
from ivr.recordings.disk import DiskWatch, Limits
from ivr.recordings.names import TrackName, call_folder
from ivr.recordings.sweeper import Sweeper
from ivr.recordings.verifying import verify
from ivr.recordings.writers import being_written
from tests.asterisk_process import AsteriskProcess
from tests.recordings_kit import CALL, CITIZEN, archive

_DIALPLAN = """
[recorded]
exten => s,1,Answer()
 same => n,MixMonitor(,r({file}))
 same => n,Wait({seconds})
 same => n,StopMixMonitor()
 same => n,UserEvent(Stopped)
 same => n,Wait(60)
"""


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[AsteriskProcess]:
    """An Asterisk that records one leg for six seconds, longer than it keeps in memory before it flushes (4.1 s)."""
    (tmp_path / "live").mkdir()
    dialplan = _DIALPLAN.format(file=tmp_path / "live" / CITIZEN.live_name, seconds=6)
    modules = ("app_mixmonitor", "app_milliwatt")
    with AsteriskProcess(extensions=dialplan, modules=modules) as running:
        yield running


class _Line:
    """A bare AMI session."""

    def __init__(self, asterisk: AsteriskProcess) -> None:
        self._socket = socket.create_connection(("127.0.0.1", asterisk.ami_port), 20)
        self._lines = self._socket.makefile("rb")
        self.send(Action="Login", Username=asterisk.username, Secret=asterisk.secret)
        # Before that there is no dialplan yet.
        self.until(b"FullyBooted")

    def send(self, **fields: str) -> None:
        """Send an action."""
        self._socket.sendall("".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode() + b"\r\n")

    def until(self, text: bytes) -> None:
        """Read until a line has this text."""
        for line in self._lines:
            if text in line:
                return
        raise AssertionError(f"the session ended before {text!r}")

    def close(self) -> None:
        """End the session."""
        self._lines.close()
        self._socket.close()


def _speak(line: _Line) -> None:
    """Place a call whose far side hears a tone from the leg that is recorded."""
    line.send(
        Action="Originate",
        Channel="Local/s@recorded/n",
        Application="Milliwatt",
        Async="true",
    )


def _wait(happens: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < until, "it did not happen within 30 s"
        time.sleep(0.02)


def _sweeper(root: Path, rows: list[Recording]) -> Sweeper:
    async def save(recordings: Sequence[Recording]) -> None:
        rows.extend(recordings)

    async def none(_: object) -> list[Recording]:
        return []

    def heard(code: str, _: str) -> None:
        pytest.fail(code)

    watch = DiskWatch(Limits(0, 0), heard)
    return Sweeper(archive(root), root / "live", live_ids=set, save=save, rows=none, alarm=heard, disk=watch)


async def test_a_recording_is_left_while_asterisk_writes_and_closed_whole_after(
    tmp_path: Path, asterisk: AsteriskProcess
) -> None:
    """Though nobody says that the call is live, its file is not touched until Asterisk has closed it."""
    rows: list[Recording] = []
    sweeper = _sweeper(tmp_path, rows)
    path = tmp_path / "live" / CITIZEN.live_name
    line = _Line(asterisk)
    try:
        _speak(line)
        await asyncio.to_thread(_wait, path.exists)
        assert being_written(path)
        assert await sweeper.sweep(()) == []
        assert path.exists()
        await asyncio.to_thread(line.until, b"UserEvent: Stopped")
    finally:
        line.close()
    await asyncio.to_thread(_wait, lambda: not being_written(path))
    [recording] = await sweeper.sweep(())
    assert recording.seconds == pytest.approx(6.0, abs=0.5)
    assert rows == [recording]
    assert not path.exists()
    assert verify(tmp_path / call_folder(CALL), archive(tmp_path).signer.public) == []


async def test_what_asterisk_had_written_when_it_was_killed_is_kept(tmp_path: Path, asterisk: AsteriskProcess) -> None:
    """After kill -9 of Asterisk in mid-call the headerless file is closed as it is: at most 4.1 s are lost."""
    path = tmp_path / "live" / CITIZEN.live_name
    line = _Line(asterisk)
    try:
        _speak(line)
        await asyncio.to_thread(_wait, lambda: path.exists() and path.stat().st_size > 0)
    finally:
        asterisk.kill()
        line.close()
    raw = path.read_bytes()
    [recording] = await _sweeper(tmp_path, []).sweep(())
    assert recording.seconds == len(raw) / 8000 > 0
    assert (tmp_path / recording.path).read_bytes()[58 : 58 + len(raw)] == raw
    assert recording.id == CITIZEN.id == TrackName.of_path(recording.path).id  # type: ignore[union-attr]  # it is ours
