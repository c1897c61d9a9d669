"""A real Asterisk for tests: a private configuration on free ports in a temporary folder, stopped whatever happens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 30.0
STOP_SECONDS = 10.0

_MODULES = """
res_speech app_queue app_stack app_verbose app_userevent app_playback app_dial app_echo app_senddtmf
bridge_simple bridge_builtin_features bridge_holding bridge_native_rtp codec_alaw codec_ulaw
format_pcm format_wav func_callerid func_channel func_global func_hangupcause func_logic func_strings func_timeout
func_env pbx_config res_agi res_musiconhold res_timing_timerfd
"""

_MANAGER = """
[general]
enabled = yes
port = {port}
bindaddr = 127.0.0.1
[{username}]
secret = {secret}
read = all
write = all
writetimeout = 5000
"""


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def toolchain() -> dict[str, str]:
    """Where Asterisk is: ``binary``, ``modules``, ``data`` (written by the set-up into ``var/toolchain``)."""
    named = os.environ.get("HOTLINE_ASTERISK")
    path = Path(named) if named else Path(__file__).parents[1] / "var" / "toolchain" / "asterisk.json"
    found: dict[str, str] = json.loads(path.read_text())
    return found


@dataclass
class AsteriskProcess:
    """One Asterisk with AMI on ``ami_port``; a context manager that stops it and removes its folder.

    ``extensions`` is the dialplan, ``files`` further configuration files by name, ``modules`` further modules.
    """

    extensions: str = ""
    files: dict[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    username: str = "test"
    secret: str = "made-up-secret"
    ami_port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="asterisk-")
        self.root = Path(self._folder.name)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._write()
            self.start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it (again) and wait until AMI answers.

        Raises:
            RuntimeError: it ended or said nothing within START_SECONDS; the message has the end of its output.
        """
        binary = toolchain()["binary"]
        with (self.root / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                [binary, "-C", str(self.root / "etc" / "asterisk.conf"), "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError("Asterisk did not start: " + (self.root / "output.txt").read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """``kill -9``: no clean-up, no goodbye."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after STOP_SECONDS."""
        if self._process is None or self._process.poll() is not None:
            return
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ami_port), 1) as link:
                return link.recv(64).startswith(b"Asterisk Call Manager/")
        except OSError:
            return False

    def _write(self) -> None:
        etc = self.root / "etc"
        folders = {
            "astetcdir": etc,
            "astmoddir": toolchain()["modules"],
            "astdatadir": toolchain()["data"],
            "astvarlibdir": self.root / "lib",
            "astdbdir": self.root / "lib",
            "astkeydir": self.root / "lib",
            "astagidir": self.root / "lib",
            "astspooldir": self.root / "spool",
            "astrundir": self.root / "run",
            "astlogdir": self.root / "log",
        }
        for name in ("etc", "lib", "spool", "run", "log"):
            (self.root / name).mkdir()
        written = {
            "asterisk.conf": "[directories]\n"
            + "".join(f"{key} => {value}\n" for key, value in folders.items())
            + "[options]\nsystemname = node1\n",
            "logger.conf": "[logfiles]\nmessages => notice,warning,error\n",
            "modules.conf": "[modules]\nautoload = no\n"
            + "".join(f"load = {name}.so\n" for name in (*_MODULES.split(), *self.modules)),
            "manager.conf": _MANAGER.format(port=self.ami_port, username=self.username, secret=self.secret),
            "extensions.conf": self.extensions,
            "queues.conf": "[general]\n",
            **self.files,
        }
        for name, text in written.items():
            (etc / name).write_text(text)
