"""Verbs run in a process of their own: hashing and copying for minutes, while calls go on here."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

#: Runs a verb; gives its status, what it said, and what it said of failures.
Aside = Callable[..., Awaitable[tuple[int, str, str]]]


async def aside(*line: str, module: str = "hotline") -> tuple[int, str, str]:
    """Run ``hotline``, or a module of it, with these arguments, at low priority; it ends with us."""
    child = await asyncio.create_subprocess_exec(
        *("nice", sys.executable, "-m", module, *line),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told, failed = await child.communicate()
    except asyncio.CancelledError:
        child.terminate()
        await child.wait()
        raise
    return child.returncode or 0, told.decode(errors="replace"), failed.decode(errors="replace")
