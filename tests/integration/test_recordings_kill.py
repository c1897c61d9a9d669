"""A real process, really killed at every step of closing: the next one finishes its work."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import ivr
from ivr.recordings.closing import close
from ivr.recordings.names import call_folder
from ivr.recordings.verifying import verify
from tests.recordings_kit import AGENT, CALL, CITIZEN, archive, audio, live

#: Closes two tracks, one after the other, and kills itself before the operation whose number is given.
_VICTIM = """
import os, signal, sys
from pathlib import Path
from ivr.recordings.closing import close
from tests.recordings_kit import AGENT, CITIZEN, archive, steps
root, at, count = Path(sys.argv[1]), int(sys.argv[2]), 0
def before(step, subject):
    global count
    count += 1
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)
with steps(before, lambda step, subject: None):
    for name in (CITIZEN, AGENT):
        close(root / "live" / name.live_name, archive(root))
"""


async def _closed_by_a_victim(root: Path, at: int) -> int:
    live(root / "live", CITIZEN, AGENT)
    environment = {**os.environ, "PYTHONPATH": str(Path(ivr.__path__[0]).parent)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _VICTIM, str(root), str(at), env=environment)
    return await process.wait()


async def test_kill_9_at_every_step(tmp_path: Path) -> None:
    """Whenever it dies, closing again gives both recordings whole, under a valid manifest, and no live file."""
    killed = 0
    for at in range(1, 40):
        root = tmp_path / str(at)
        status = await _closed_by_a_victim(root, at)
        ours = archive(root)
        for name in (CITIZEN, AGENT):
            recording = close(root / "live" / name.live_name, ours)
            assert (root / recording.path).read_bytes().endswith(audio(name))
            assert (recording.id, recording.seconds, recording.state) == (name.id, 3.0, "closed")
        assert list((root / "live").iterdir()) == []
        assert verify(root / call_folder(CALL), ours.signer.public) == []
        shutil.rmtree(root)
        if status == 0:
            break
        assert status == -signal.SIGKILL
        killed += 1
    else:
        raise AssertionError("closing never came to its end")
    assert killed >= 12
