"""Starts an Asterisk of its own in a temporary directory, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
import structlog

from simnet.ami import Ami, AmiError

log = structlog.get_logger(__name__)

USER = "simnet"
_REPOSITORY = Path(__file__).parent.parent
COMMON = Path(__file__).parent / "conf" / "common"
_TOO_LONG = 30.0


class DidNotStart(Exception):  # noqa: N818 - says what happened
    """Asterisk ended or stayed silent while it was starting; the message is the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Where an Asterisk is: its program, its modules and its data."""

    binary: Path
    modules: Path
    data: Path

    @classmethod
    def find(cls) -> Toolchain:
        """The one that set-up has found: ``HOTLINE_ASTERISK``, else ``var/toolchain/asterisk.json``.

        Raises:
            FileNotFoundError: set-up has not run.
        """
        named = os.environ.get("HOTLINE_ASTERISK") or _REPOSITORY / "var" / "toolchain" / "asterisk.json"
        facts = json.loads(Path(named).read_text(encoding="utf-8"))
        return cls(binary=Path(facts["binary"]), modules=Path(facts["modules"]), data=Path(facts["data"]))


def free_port(host: str, kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port that nobody has at ``host`` at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


class Asterisk:
    """One running Asterisk with a configuration of its own, made from templates.

    ``home`` is its temporary directory, ``ami`` the session that drives it, once ``start`` has returned.
    """

    def __init__(self, name: str, templates: Path, toolchain: Toolchain | None = None) -> None:
        self.name = name
        self.home = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        # These are Asterisk's files, not HTML.
        self._environment = jinja2.Environment(  # noqa: S701
            loader=jinja2.FileSystemLoader([templates, COMMON]),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )
        self._facts: dict[str, object] = {}
        self._toolchain = toolchain or Toolchain.find()
        self._process: asyncio.subprocess.Process | None = None
        self._ami: Ami | None = None
        self._port = 0
        self._secret = ""

    @property
    def ami(self) -> Ami:
        """The session.

        Raises:
            AmiError: it is not running.
        """
        if self._ami is None:
            raise AmiError(f"{self.name}: not started")
        return self._ami

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            AmiError: it is not running.
        """
        if self._process is None:
            raise AmiError(f"{self.name}: not started")
        return self._process.pid

    @property
    def log_file(self) -> Path:
        """What it had to say: notices, warnings, errors."""
        return self.home / "log" / "messages.log"

    async def start(self, facts: Mapping[str, object]) -> None:
        """Render the templates with ``facts``, start, and wait until Asterisk says that it has fully booted.

        Raises:
            DidNotStart: with the end of its output.
        """
        self._port, self._secret = free_port("127.0.0.1", socket.SOCK_STREAM), secrets.token_hex(16)
        self._render_all({"ami_port": self._port, "ami_secret": self._secret, **facts})
        with (self.home / "log" / "output.log").open("wb") as output:
            # setpriv: it must not outlive a test that is killed.
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", str(self._toolchain.binary)),
                *("-C", str(self.home / "etc" / "asterisk.conf"), "-f"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            async with asyncio.timeout(_TOO_LONG):
                self._ami = await self._log_in()
                async for event in self._ami.events():
                    if event["Event"] == "FullyBooted":
                        return
            raise AmiError("the connection has ended")  # noqa: TRY301 - one way out for all that can go wrong
        except (TimeoutError, AmiError) as error:
            wrote = self._wrote()
            await self.stop()
            raise DidNotStart(f"{self.name}: {error}\n{wrote}") from error
        except BaseException:
            await self.stop()
            raise

    async def session(self) -> Ami:
        """A further session, without events; the caller closes it."""
        return await Ami.open(self._port, USER, self._secret, events=False)

    def render(self, template: str, **facts: object) -> None:
        """Write one configuration file again, with these facts changed; Asterisk reads it when it is told to."""
        self._facts |= facts
        text = self._environment.get_template(template).render(self._facts)
        (self.home / "etc" / template).write_text(text, encoding="utf-8")

    async def stop(self) -> None:
        """End it, gently at first, and remove its directory. Nothing happens if it is stopped already."""
        if self._ami is not None:
            await self._ami.close()
            self._ami = None
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 3)
            except TimeoutError:
                log.warning("simnet_asterisk_killed", asterisk=self.name)
                await self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _render_all(self, facts: Mapping[str, object]) -> None:
        for folder in ("etc", "lib", "spool", "run", "log", "heard", "say"):
            (self.home / folder).mkdir()
        names = {"home": self.home, "name": self.name, "modules": self._toolchain.modules, "data": self._toolchain.data}
        self._facts = {"more_modules": [], **names, **facts}
        for name in self._environment.list_templates():
            self.render(name)

    async def _log_in(self) -> Ami:
        while self._process is not None and self._process.returncode is None:
            try:
                return await Ami.open(self._port, USER, self._secret)
            except OSError:
                await asyncio.sleep(0.02)  # Asterisk tells nobody when its manager port opens
        raise AmiError("it ended while it was starting")

    def _wrote(self) -> str:
        texts = [file.read_text(errors="replace") for file in sorted((self.home / "log").glob("*.log"))]
        return "\n".join(texts)[-3000:]
