"""Other people's software opens what we close."""

from __future__ import annotations

import asyncio
import math
import struct
from pathlib import Path

from ivr.recordings.closing import close
from tests.recordings_kit import CITIZEN, archive


async def _run(*command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out


async def test_sox_reads_a_closed_recording_as_a_law_and_hears_the_tone(tmp_path: Path) -> None:
    """Encoding, rate, channels and length are as they were spoken (an odd number of samples), and so is the sound."""
    samples = [int(12_000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(8001)]
    pcm = tmp_path / "tone.raw"
    pcm.write_bytes(struct.pack(f"<{len(samples)}h", *samples))
    (tmp_path / "live").mkdir()
    asterisk = tmp_path / "live" / CITIZEN.live_name
    raw = ("-t", "raw", "-r", "8000", "-c", "1")
    await _run("sox", *raw, "-e", "signed", "-b", "16", str(pcm), *raw, "-e", "a-law", "-b", "8", str(asterisk))
    wav = str(tmp_path / close(asterisk, archive(tmp_path)).path)
    assert b"A-law" in await _run("soxi", "-e", wav)
    assert [int(await _run("soxi", what, wav)) for what in ("-r", "-c", "-s")] == [8000, 1, 8001]
    heard = struct.unpack("<8001h", await _run("sox", wav, *raw, "-e", "signed", "-b", "16", "-"))
    assert max(abs(a - b) for a, b in zip(samples, heard, strict=True)) < 600
