"""The verbs that an operator uses after something went wrong."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from common import clock
from common.signing import Signer
from hotline.__main__ import main
from hotline.database import opened
from hotline.group_commit import GroupCommit
from hotline.settings import load
from ivr.model import Track
from ivr.recordings.closing import Archive, close
from ivr.store import CallStore


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's data directory."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))
    return tmp_path


async def _raise(code: str) -> None:
    async with opened(load().database) as database, GroupCommit(database).running() as ledger:
        await CallStore(database.reads, ledger).raise_alarm(code, "说明", clock.now())


@pytest.mark.usefixtures("data")
def test_an_alarm_is_listed_until_it_is_cleared(capsys: pytest.CaptureFixture[str]) -> None:
    """It stands in the list, is cleared by its code, and clearing what does not stand is said to be a mistake."""
    asyncio.run(_raise("script"))
    assert main(["alarms"]) == 0
    assert "script  说明" in capsys.readouterr().out
    assert main(["alarms", "--clear", "script"]) == 0
    assert main(["alarms", "--clear", "script"]) == 1
    capsys.readouterr()
    assert main(["alarms"]) == 0
    assert "没有未解除的告警" in capsys.readouterr().out


def test_a_changed_recording_is_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole at first; after one byte is changed the verb names the file and fails."""
    settings = load()
    settings.live_recordings_dir.mkdir(parents=True)
    live = settings.live_recordings_dir / f"hotline-1795500000.1_{Track.CITIZEN}_caller_1795500000000.alaw"
    live.write_bytes(b"\xd5" * 8000)
    recording = close(live, Archive(settings.recordings_dir, Signer.in_folder(settings.secrets_dir)))
    assert main(["verify-recordings"]) == 0
    assert "核验 1 通" in capsys.readouterr().out
    wav = settings.recordings_dir / recording.path
    wav.chmod(0o600)
    wav.write_bytes(wav.read_bytes()[:-1] + b"\x00")
    assert main(["verify-recordings", "--json", str(wav.parent)]) == 1
    [problems] = json.loads(capsys.readouterr().out)["problems"].values()
    assert problems == [f"changed: {wav.name}"]
    assert main(["verify-recordings", str(data / "nowhere")]) == 2
