"""The service process: runs everything that ``wiring`` built, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

import structlog

from hotline import wiring
from hotline.asterisk import Secrets
from hotline.ready import ready_file
from hotline.settings import Settings

log = structlog.get_logger(__name__)


class WorkEnded(Exception):  # noqa: N818 - says what happened
    """A part of the service that must never end has ended."""


async def run(settings: Settings, secrets: Secrets) -> None:
    """Run until SIGTERM or SIGINT, then drain; a second signal cuts the drain short.

    Raises:
        ExceptionGroup: a part failed; the process should end and be started again.
        DatabaseError, SettingsError: it cannot start.
    """
    with _signals() as stop:
        async with wiring.service(settings, secrets) as parts:
            ready_file(settings).parent.mkdir(parents=True, exist_ok=True)
            stopping = asyncio.create_task(stop.get(), name="signals")
            async with asyncio.TaskGroup() as group:
                works = [group.create_task(_endless(name, work), name=name) for name, work in parts.works.items()]
                saying = group.create_task(_say_ready(parts), name="ready")
                await stopping
                saying.cancel()
                log.info("draining", calls=len(parts.book))
                again = asyncio.create_task(stop.get(), name="signals")
                draining = asyncio.create_task(parts.switchboard.drain(settings.drain_seconds), name="drain")
                await asyncio.wait({again, draining}, return_when=asyncio.FIRST_COMPLETED)
                for task in (again, draining, *works):
                    task.cancel()
    log.info("stopped")


async def _say_ready(parts: wiring.Service) -> None:
    """Keep the ready file in step with the line to Asterisk."""
    file = ready_file(parts.settings)
    try:
        while True:
            await parts.switchboard.line_is_up.wait()
            file.write_text(f"{os.getpid()}\n", encoding="ascii")
            await parts.switchboard.line_is_down.wait()
            file.unlink(missing_ok=True)
    finally:
        file.unlink(missing_ok=True)


async def _endless(name: str, work: wiring.Work) -> None:
    await work()
    raise WorkEnded(name)


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Queue[int]]:
    loop = asyncio.get_running_loop()
    stop: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.put_nowait, number)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
