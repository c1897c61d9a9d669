"""Runs Asterisk and the service side by side, starts again what dies, and stops both in the right order."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import structlog

from hotline.asterisk import command, load_secrets, render
from hotline.ready import ready_file
from hotline.settings import Settings
from hotline.toolchain import Toolchain

log = structlog.get_logger(__name__)

#: A process that lives so long was well; its next death starts from the shortest pause again.
_WELL_SECONDS = 30.0
_PAUSES = (0.1, 0.5, 1.0, 2.0)
#: So many deaths in a row are no accident.
_TELLING_DEATHS = 5
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10.0


class Child:
    """One process that is kept running. ``start`` is its command line; its output goes to ``log_file``, or to ours."""

    def __init__(self, name: str, line: Sequence[str], log_file: Path | None = None) -> None:
        self.name = name
        self._line = line
        self._log_file = log_file
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Its process id, while it lives."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Start it, and again whenever it ends, until ``stop`` or cancellation."""
        deaths = 0
        while not self._stopping:
            began = time.monotonic()
            await self._start()
            process = self._process
            if process is None:
                return
            try:
                code = await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            if self._stopping:
                return
            deaths = 0 if time.monotonic() - began > _WELL_SECONDS else deaths + 1
            log.error("a process ended and is started again", process=self.name, code=code)
            if deaths == _TELLING_DEATHS:
                log.error("a process does not stay up: what it said above tells why", process=self.name)
            await asyncio.sleep(_PAUSES[min(deaths, len(_PAUSES) - 1)])

    async def stop(self, seconds: float, number: int = signal.SIGTERM) -> None:
        """End it with a signal, and by force after ``seconds``."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            log.error("a process did not end in time and is killed", process=self.name)  # noqa: TRY400 - no traceback
            process.kill()
            await process.wait()

    async def _start(self) -> None:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self._log_file.open("ab")) if self._log_file else None
            self._process = await asyncio.create_subprocess_exec(
                *self._line,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for us: we stop them in order. And nothing outlives us.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.asynccontextmanager
async def _pid_file(settings: Settings) -> AsyncIterator[None]:
    file = settings.data_dir / "run" / "supervisor.pid"
    file.parent.mkdir(parents=True, exist_ok=True)
    ready_file(settings).unlink(missing_ok=True)
    file.write_text(f"{os.getpid()}\n", encoding="ascii")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


async def run(settings: Settings, toolchain: Toolchain, ready: Callable[[], None]) -> None:
    """Run both until SIGINT or SIGTERM; ``ready`` is called once calls are taken.

    The first signal lets the calls of now end (at most ``drain_seconds``; new ones are refused with 503), the second
    ends at once.
    """
    _allow_many_files()
    line = command(toolchain, render(settings, toolchain, load_secrets(settings)))
    asterisk = Child("asterisk", line, settings.data_dir / "log" / "asterisk.out")
    service = Child("service", [sys.executable, "-m", "hotline", "service"])
    stop: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.put_nowait, number)
    async with _pid_file(settings), asyncio.TaskGroup() as group:
        tasks = [group.create_task(child.run(), name=child.name) for child in (asterisk, service)]
        announcing = group.create_task(_announce(settings, ready), name="ready")
        await stop.get()
        announcing.cancel()
        log.info("stopping; a second Ctrl-C does not wait for the calls of now")
        await _refuse_new_calls(line)
        draining = asyncio.create_task(service.stop(settings.drain_seconds + _STOP_SECONDS), name="drain")
        again = asyncio.create_task(stop.get(), name="again")
        await asyncio.wait({draining, again}, return_when=asyncio.FIRST_COMPLETED)
        for task in (draining, again):
            task.cancel()
        await service.stop(_STOP_SECONDS)
        # SIGTERM ends Asterisk at once and in order: recordings are flushed, channels hung up.
        await asterisk.stop(_STOP_SECONDS)
        for task in tasks:
            task.cancel()


def _allow_many_files() -> None:
    """As many open files as the system lets us have: a call needs some ten of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _refuse_new_calls(asterisk: Sequence[str]) -> None:
    """The dialplan refuses from now on with 503, so that the carrier can try another way."""
    binary, main_file = asterisk[0], asterisk[-1]
    asking = await asyncio.create_subprocess_exec(
        *(binary, "-C", main_file, "-rx", "dialplan set global HOTLINE_DRAINING 1"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    await asking.wait()


async def _announce(settings: Settings, ready: Callable[[], None]) -> None:
    """Wait until the service says that it takes calls."""
    while not ready_file(settings).exists():  # noqa: ASYNC110 - a file of another process
        await asyncio.sleep(0.1)
    ready()
