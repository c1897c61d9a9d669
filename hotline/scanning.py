"""The scanner of attachments: a command by settings, or none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from tickets.attachment_scans import ScanFailedError

_KEPT_CHARACTERS = 300


class CommandScanner:
    """Runs a command with the file's path as its last argument, never through a shell.

    0 means clean, 1 means harmful (as clamdscan has it), everything else that there is no verdict.
    """

    def __init__(self, command: Sequence[str], timeout_seconds: float) -> None:
        self._command = tuple(command)
        self._timeout = timeout_seconds

    async def scan(self, path: Path) -> tuple[bool, str]:
        """Whether a file is clean, and what the scanner said.

        Raises:
            ScanFailedError: the command is not there, took too long or failed.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(path),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ScanFailedError(f"the scanner cannot be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._timeout):
                said, _ = await process.communicate()
        except TimeoutError as error:
            raise ScanFailedError(f"the scanner took longer than {self._timeout:g} s") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        text = said.decode("utf-8", "replace").replace("\0", "").replace(str(path), "文件").strip()[:_KEPT_CHARACTERS]
        if process.returncode not in (0, 1):
            raise ScanFailedError(f"the scanner ended with {process.returncode}")
        return process.returncode == 0, text


class Unscanned:
    """No scanner is set: files are handed out, and whoever sees them is told that nobody has looked."""

    async def scan(self, path: Path) -> tuple[bool, str]:
        """Says so."""
        del path
        return True, "未配置扫描程序，未经扫描"
