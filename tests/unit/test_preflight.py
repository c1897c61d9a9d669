"""What ``hotline check`` finds: each fault is named, with what to do about it."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotline.__main__ import main
from hotline.cli import check
from hotline.database import migrate
from hotline.migrations import HEAD
from hotline.preflight import Finding, examine, machine, ports, processes, storage
from hotline.settings import Settings
from hotline.toolchain import REQUIRED_MODULES
from hotline.voice_build import Standing, State

HOLD = """
import socket, sys
kind = socket.SOCK_DGRAM if "udp" in sys.argv else socket.SOCK_STREAM
held = socket.socket(socket.AF_INET, kind)
held.bind(("127.0.0.1", 0))
if kind == socket.SOCK_STREAM: held.listen()
print(held.getsockname()[1], flush=True)
sys.stdin.read()
"""

Configure = Callable[..., Settings]


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Settings of an installation that is in order, but for what the test says."""
    monkeypatch.chdir(tmp_path)
    toolchain = tmp_path / "data" / "toolchain"
    toolchain.mkdir(parents=True)
    for module in REQUIRED_MODULES:
        (toolchain / f"{module}.so").touch()
    binary = toolchain / "asterisk"
    binary.touch(mode=0o755)
    said = {"binary": str(binary), "modules": str(toolchain), "data": str(toolchain), "version": "22.10.1"}
    (toolchain / "asterisk.json").write_text(json.dumps(said | {"origin": "system"}))
    monkeypatch.setenv("HOTLINE_ASTERISK", str(toolchain / "asterisk.json"))

    def made(**changed: object) -> Settings:
        usual = {"data_dir": tmp_path / "data", "disk_alarm_free_gb": 0.0, "disk_alarm_free_share": 0.0, "max_calls": 1}
        usual |= {"rtp_start": 2000, "rtp_end": 2999}  # where no other Asterisk on this machine has its calls
        usual |= {"http_port": free_port(), "ami_port": free_port(), "sip_port": free_port(), "sip_host": "127.0.0.1"}
        return Settings(**{**usual, **changed})  # type: ignore[arg-type]  # validated by the call itself

    return made


@pytest.fixture
def holder(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """A program beside us that holds a port: its process id and the port."""
    kind = getattr(request, "param", "tcp")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, kind, "hotline"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())
        process.communicate()


def port_finding(settings: Settings, name: str) -> Finding:
    """What was found about one port."""
    return next(found for found in ports.examine(settings, processes(settings)) if found.name == f"port:{name}")


async def test_an_installation_in_order_has_nothing_to_complain_of(configure: Configure) -> None:
    """Where all is well there is a line for each thing that was looked at, and none of them asks for anything."""
    findings = await examine(configure())
    assert [found for found in findings if found.state != "ok" or found.remedy] == []
    looked_at = {found.name for found in findings}
    assert {"python", "asterisk", "espeak-ng", "prompts", "data_dir", "disk", "database", "port:rtp"} <= looked_at


# ---- ports ----------------------------------------------------------------------------------------------------------


def test_a_taken_port_names_who_has_it(configure: Configure, holder: tuple[int, int]) -> None:
    """An operator reads which port is taken, by which process, and which setting would move it."""
    pid, port = holder
    found = port_finding(configure(http_port=port), "http")
    assert found.state == "problem"
    assert f"127.0.0.1:{port}" in found.said
    assert f"进程 {pid}" in found.said
    assert "HOTLINE_HTTP_PORT" in found.remedy


@pytest.mark.parametrize("holder", ["udp"], indirect=True)
def test_sip_needs_its_port_for_both_transports(configure: Configure, holder: tuple[int, int]) -> None:
    """A port that is taken for UDP alone is a problem of SIP over UDP and not of SIP over TCP."""
    settings = configure(sip_port=holder[1])
    assert port_finding(settings, "sip-udp").state == "problem"
    assert port_finding(settings, "sip-tcp").state == "ok"


def test_ports_of_the_running_hotline_are_its_own(configure: Configure, holder: tuple[int, int]) -> None:
    """While the hotline runs, its ports are taken by itself, which is said and not complained of."""
    pid, port = holder
    settings = configure(ami_port=port)
    (settings.data_dir / "run").mkdir()
    (settings.data_dir / "run" / "supervisor.pid").write_text(f"{pid}\n")
    assert port_finding(settings, "ami").state == "ok"
    assert "正在运行的热线" in port_finding(settings, "ami").said
    (running,) = processes(settings).findings()
    assert (running.name, running.state) == ("running", "ok")
    assert str(pid) in running.said
    (twice,) = processes(settings).findings(starting=True)
    assert (twice.state, twice.remedy) == ("problem", f"先停止它：kill {pid}")


@pytest.mark.parametrize("note", ["", "999999999", "-1", "1e3", "x"])
def test_a_note_of_a_hotline_that_ended_excuses_nothing(
    configure: Configure, holder: tuple[int, int], note: str
) -> None:
    """A note left by a crash, or a spoilt one, does not hide that somebody else has the port."""
    settings = configure(ami_port=holder[1])
    (settings.data_dir / "run").mkdir()
    (settings.data_dir / "run" / "supervisor.pid").write_text(note)
    assert port_finding(settings, "ami").state == "problem"
    assert list(processes(settings).findings()) == []


def test_a_number_given_to_another_program_is_not_the_hotline(configure: Configure) -> None:
    """Process ids are used again: a note that now names some other program does not count."""
    settings = configure()
    (settings.data_dir / "run").mkdir()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other:
        (settings.data_dir / "run" / "supervisor.pid").write_text(str(other.pid))
        assert processes(settings).roots == {}


def test_two_settings_with_the_same_port_are_found(configure: Configure) -> None:
    """A port that two settings name is free before the start and yet a problem."""
    port = free_port()
    found = port_finding(configure(http_port=port, ami_port=port), "ami")
    assert found.state == "problem"
    assert "另一项设置" in found.said


def test_an_address_of_another_machine_is_refused(configure: Configure) -> None:
    """An address that this machine does not have is named with the setting that holds it."""
    found = port_finding(configure(http_host="192.0.2.1"), "http")
    assert found.state == "problem"
    assert "HOTLINE_HTTP_HOST" in found.remedy


def test_looking_takes_no_port(configure: Configure) -> None:
    """After the look every port is free for the hotline: looking twice finds the same."""
    settings = configure()
    for _ in range(2):
        assert {found.state for found in ports.examine(settings, processes(settings))} == {"ok"}


def test_voice_ports_that_others_hold_are_counted(configure: Configure) -> None:
    """Many foreign sockets within the range for speech are a warning; Asterisk steps over a few."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.bind(("127.0.0.1", 0))
        middle = first.getsockname()[1]
        start = min(max(1024, middle - 5), 65535 - 10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
            for beside in range(start, start + 11):
                try:
                    second.bind(("127.0.0.1", beside))
                except OSError:
                    continue
                break
            found = port_finding(configure(rtp_start=start, rtp_end=start + 10), "rtp")
    assert found.state == "warning"
    assert "HOTLINE_RTP_START" in found.remedy


def test_a_range_too_small_for_the_calls_is_told(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four ports are needed for each connected call; fewer than that is said with both numbers."""
    monkeypatch.setattr(ports, "_sockets", lambda: iter(()))
    found = port_finding(configure(rtp_start=40000, rtp_end=40099, max_calls=26), "rtp")
    assert found.state == "warning"
    assert "只够 25 路通话" in found.said
    assert port_finding(configure(rtp_start=40000, rtp_end=40099, max_calls=25), "rtp").state == "ok"


# ---- data directory, disk, database ---------------------------------------------------------------------------------


def test_a_data_directory_that_cannot_be_made_is_a_problem(configure: Configure, tmp_path: Path) -> None:
    """Where a file stands in the way, the path is named and what to do."""
    (tmp_path / "file").touch()
    found = storage.rights(configure(data_dir=tmp_path / "file" / "data"))
    assert found.state == "problem"
    assert "不能写入" in found.said
    assert "HOTLINE_DATA_DIR" in found.remedy


def test_a_path_too_long_for_asterisks_socket_is_found(configure: Configure, tmp_path: Path) -> None:
    """Asterisk's control socket has a limit of 107 bytes; the directory is refused before Asterisk fails on it."""
    found = storage.rights(configure(data_dir=tmp_path / ("长" * 40)))
    assert found.state == "problem"
    assert "路径太长" in found.said


def test_secrets_that_others_may_read_are_a_problem(configure: Configure) -> None:
    """The folder of passwords and keys must be its owner's alone; the command that makes it so is given."""
    settings = configure()
    settings.secrets_dir.mkdir(mode=0o755)
    settings.secrets_dir.chmod(0o750)
    found = storage.rights(settings)
    assert (found.state, found.remedy) == ("problem", f"chmod 700 {settings.secrets_dir}")
    settings.secrets_dir.chmod(0o700)
    assert storage.rights(settings).state == "ok"


def test_little_room_is_a_warning_before_it_is_a_loss(configure: Configure) -> None:
    """Below the limit of the settings the disk is a warning: a hotline must still start and take calls."""
    assert storage.disk(configure(disk_alarm_free_gb=1e9)).state == "warning"
    assert storage.disk(configure()).state == "ok"


async def test_looking_makes_no_database(configure: Configure) -> None:
    """Before the first start there is no database, which is in order, and looking does not make one."""
    settings = configure()
    assert (await storage.database(settings)).state == "ok"
    assert not (settings.data_dir / "hotline.db").exists()


async def test_the_databases_revision_is_compared(configure: Configure) -> None:
    """The newest revision and older ones are in order; one of a newer version is a problem."""
    settings = configure()
    await migrate(settings.database)
    assert HEAD in (await storage.database(settings)).said
    for revision, state in (("0000", "ok"), ("9999", "problem")):
        with sqlite3.connect(settings.data_dir / "hotline.db") as direct:
            direct.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        direct.close()
        found = await storage.database(settings)
        assert found.state == state
        assert revision in found.said


@pytest.mark.parametrize(
    "url",
    [
        "no url",
        "mysql://root:geheim@db/hotline",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:////dev/null",
        "postgresql+asyncpg://hotline:geheim@127.0.0.1:1/hotline",
    ],
)
async def test_an_unusable_database_is_named_without_its_password(configure: Configure, url: str) -> None:
    """Whatever is wrong with the URL or the server, it is said as a problem and the password is not shown."""
    found = await storage.database(configure(database_url=url))
    assert found.state == "problem"
    assert "geheim" not in found.said
    assert "HOTLINE_DATABASE_URL" in found.remedy


async def test_a_file_that_is_no_database_is_a_problem(configure: Configure) -> None:
    """A damaged database file is found before the start."""
    settings = configure()
    (settings.data_dir / "hotline.db").write_bytes(b"no database " * 400)
    assert (await storage.database(settings)).state == "problem"


# ---- the machine ----------------------------------------------------------------------------------------------------


def test_an_asterisk_without_a_module_is_a_problem(configure: Configure) -> None:
    """The missing module is named; so is a version that is too old, and that there is none at all."""
    settings = configure()
    (settings.data_dir / "toolchain" / "app_queue.so").unlink()
    found = machine.asterisk(settings)
    assert found.state == "problem"
    assert found.said.endswith("缺少模块：app_queue")
    description = settings.data_dir / "toolchain" / "asterisk.json"
    description.write_text(description.read_text().replace("22.10.1", "20.6.0"))
    assert "20.6.0 太旧" in machine.asterisk(settings).said
    description.unlink()
    assert (machine.asterisk(settings).state, machine.asterisk(settings).remedy) == ("problem", "运行 make setup")


def test_without_a_voice_what_is_not_made_cannot_be_made(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A missing espeak-ng is a problem while announcements are to be made, and a warning when all are there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.speech(configure()).state == "problem"
    monkeypatch.setattr(machine, "standings", lambda _: [Standing("greeting", State.RECORDED, 1.0, "您好")])
    assert machine.speech(configure()).state == "warning"


def test_a_studio_file_that_cannot_be_used_is_named(configure: Configure) -> None:
    """A recording that the office put in the folder and that is not used is told, with the reason."""
    settings = configure()
    settings.studio_dir.mkdir()
    (settings.studio_dir / "greeting.wav").write_bytes(b"no sound")
    found = machine.prompts(settings)
    assert found.state == "warning"
    assert "greeting.wav" in found.said


def test_too_few_open_files_for_the_calls_are_told(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hard limit is what Asterisk can be given; less than the calls need is a warning."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert machine.open_files(configure(max_calls=600)).state == "warning"
    assert machine.open_files(configure(max_calls=100)).state == "ok"


async def test_a_host_name_that_must_be_asked_of_the_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is slow to resolve slows every call: the line for /etc/hosts is given."""

    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(machine, "_RESOLVE_SECONDS", 0.01)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    found = await machine.host_name()
    assert found.state == "warning"
    assert "/etc/hosts" in found.remedy


# ---- hotline check --------------------------------------------------------------------------------------------------


def run_check(settings: Settings, monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    """``hotline check`` on this installation; the exit status."""
    monkeypatch.setattr(check, "load", lambda: settings)
    monkeypatch.setattr("hotline.__main__.VERBS", ("check",))
    return main(["check", *args])


def test_the_exit_status_is_zero_only_if_nothing_is_wrong(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In order: 0 and so said. One warning: 1, its line marked and followed by what to do."""
    assert run_check(configure(), monkeypatch) == 0
    assert capsys.readouterr().out.endswith("一切正常。\n")
    assert run_check(configure(disk_alarm_free_gb=1e9), monkeypatch) == 1
    shown = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(shown) if line.startswith("! [disk]"))
    assert shown[at + 1].startswith("    → ")
    assert shown[-1] == "有 1 项需要处理。"


def test_programs_read_the_same_as_json(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--json`` gives every finding with its state, and one word for all."""
    run_check(configure(disk_alarm_free_gb=1e9), monkeypatch, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert {found["name"]: found["state"] for found in report["findings"]}["disk"] == "warning"


def test_wrong_settings_are_findings_too(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable that is wrong is named as a problem, not as a crash."""
    configure()
    monkeypatch.setattr("hotline.__main__.VERBS", ("check",))
    monkeypatch.setenv("HOTLINE_SIP_PORT", "70000")
    assert main(["check"]) == 1
    assert "✘ [settings] 设置 HOTLINE_SIP_PORT" in capsys.readouterr().out
