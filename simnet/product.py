"""The product itself, as a process of its own on free ports, for the demo and the end-to-end tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from simnet.asterisk import Toolchain
from simnet.network import Network
from simnet.ports import Ports

_UP = "热线已开通"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.02
#: What tells a part's command line from others'.
_MARKS = {"service": "hotline service", "asterisk": "asterisk.conf"}


class DidNotStart(Exception):  # noqa: N818 - says what happened
    """The product ended or stayed silent while it was starting; the message is the end of what it wrote."""


class Product:
    """``hotline run`` beside a simulated network: ``carrier`` is the trunk between them, ``silent`` another, outwards.

    ``settings`` are variables without their prefix; what is not text is written as JSON.
    """

    def __init__(
        self, network: Network, home: Path | None = None, settings: Mapping[str, object] | None = None
    ) -> None:
        self.home = home or Path(tempfile.mkdtemp(prefix="hotline-"))
        self.data = self.home / "data"
        self.host = "127.0.0.1"
        self._ports = Ports()
        self.sip_port = self._ports.single(0)
        self.http_port = self._ports.single(1)
        self._settings: dict[str, object] = {
            "DATA_DIR": str(self.data),
            "HTTP_PORT": self.http_port,
            "SIP_HOST": self.host,
            "SIP_PORT": self.sip_port,
            "MEDIA_ADDRESS": self.host,
            "AMI_PORT": self._ports.single(2),
            "RTP_START": self._ports.rtp_start,
            "RTP_END": self._ports.rtp_end,
            "MAX_CALLS": 250,
            "DRAIN_SECONDS": 5,
            # Who plays on it asks by the machine's own token, whoever has an account.
            "TRIAL_ACCESS": "on",
            "DISK_ALARM_FREE_GB": 0.1,
            "DISK_ALARM_FREE_SHARE": 0,
            "TRUNKS": [
                {
                    "name": "carrier",
                    "host": network.host,
                    "port": network.sip_port,
                    "match": [network.host, "127.0.0.3"],
                },
                # The same network by a line that shows nobody's number; nothing ever calls from its address.
                {
                    "name": "silent",
                    "host": network.host,
                    "port": network.sip_port,
                    "match": ["127.0.0.9"],
                    "passes_caller_id": False,
                },
            ],
            **(settings or {}),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._output: list[str] = []
        self._reader: asyncio.Task[None] | None = None
        self._up = asyncio.Event()

    @property
    def environment(self) -> dict[str, str]:
        """The environment that it runs in."""
        own = {
            f"HOTLINE_{name}": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in self._settings.items()
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
        if "HOTLINE_ASTERISK" in os.environ:
            kept["HOTLINE_ASTERISK"] = os.environ["HOTLINE_ASTERISK"]
        return {**kept, "HOTLINE_CONFIG": str(self.home / "none.toml"), **own}

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return "".join(self._output)

    @property
    def passwords(self) -> dict[str, str]:
        """The SIP accounts' passwords by user name."""
        kept = json.loads((self.data / "secrets" / "asterisk.json").read_text(encoding="utf-8"))
        return dict(kept["sip"])

    @property
    def token(self) -> str:
        """The HTTP token of this installation."""
        return (self.data / "secrets" / "api.token").read_text(encoding="utf-8").strip()

    async def start(self) -> None:
        """Start it and wait until it takes calls.

        Raises:
            DidNotStart: with the end of its output.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._up.clear()
        self._process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "hotline", "run"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment,
            cwd=Path(__file__).parent.parent,
        )
        self._reader = asyncio.create_task(self._read(), name="product output")
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({up, self._reader}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await self.stop()
            raise DidNotStart(self.output[-4000:])

    def interrupt(self) -> None:
        """Ctrl-C, once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    async def ended(self, seconds: float = 30) -> int:
        """Wait until it has ended by itself; its exit status.

        Raises:
            TimeoutError: it goes on.
        """
        if self._process is None:
            return 0
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def stop(self) -> None:
        """Stop it as Ctrl-C twice does; what it leaves on disk stays."""
        process = self._process
        if process is None:
            return
        for _ in range(2):
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
                await asyncio.wait({asyncio.create_task(process.wait())}, timeout=1)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader:
            await self._reader
        self._process = None

    def pid(self, part: str) -> int | None:
        """The process id of ``service`` or ``asterisk``, if it lives."""
        if self._process is None:
            return None
        for child in psutil.Process(self._process.pid).children():
            with contextlib.suppress(psutil.Error):
                line = " ".join(child.cmdline())
                if child.status() != psutil.STATUS_ZOMBIE and _MARKS[part] in line:
                    return child.pid
        return None

    async def kill(self, part: str) -> None:
        """``kill -9`` of ``service`` or ``asterisk``; returns when it is dead."""
        pid = self.pid(part)
        if pid is None:
            raise ProcessLookupError(f"no {part} lives")
        os.kill(pid, signal.SIGKILL)
        while self.pid(part) == pid:  # noqa: ASYNC110 - another process's end tells nobody
            await asyncio.sleep(_LOOK_SECONDS)

    async def back(self, seconds: float = 20) -> None:
        """Wait until the service (the same one or a new one) has its line to Asterisk and the calls of now."""
        async with asyncio.timeout(seconds):
            while not self._is_ready():  # noqa: ASYNC110 - a file of another process
                await asyncio.sleep(_LOOK_SECONDS)

    async def no_channels(self, seconds: float = 15) -> None:
        """Wait until Asterisk has no channel left.

        Raises:
            TimeoutError: some remain.
        """
        async with asyncio.timeout(seconds):
            while "0 active channels" not in await self.asterisk("core show channels count"):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_LOOK_SECONDS)

    async def asterisk(self, command: str) -> str:
        """What the product's Asterisk prints for a command of its console."""
        toolchain = Toolchain.find()
        asking = await asyncio.create_subprocess_exec(
            *(str(toolchain.binary), "-C", str(self.data / "etc" / "asterisk.conf"), "-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asking.communicate()
        return output.decode(errors="replace")

    def _is_ready(self) -> bool:
        try:
            said = (self.data / "run" / "ready").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return False
        return said == str(self.pid("service"))

    async def get(self, path: str, **query: str) -> Any:
        """What the API answers to a GET with the installation's token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"http://{self.host}:{self.http_port}{path}", params=query) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()

    async def _read(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        async for line in process.stdout:
            text = line.decode(errors="replace")
            self._output.append(text)
            if _UP in text:
                self._up.set()
