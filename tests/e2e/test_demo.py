"""``hotline demo`` as a stranger starts it: its report, its failure where something is wrong, and its end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from simnet.demo.programme import SCENES

pytestmark = pytest.mark.timeout(240)

_REPOSITORY = Path(__file__).parents[2]


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a demonstration in the test's own directory; none outlives the test."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    asterisk = os.environ.get("HOTLINE_ASTERISK", str(_REPOSITORY / "var" / "toolchain" / "asterisk.json"))
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        demo = subprocess.Popen(
            [sys.executable, "-m", "hotline", "demo", *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(_REPOSITORY), "HOTLINE_ASTERISK": asterisk},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(demo)
        return demo

    yield begin
    for demo in started:
        with demo:
            if demo.poll() is None:
                demo.kill()


@pytest.mark.covers("R4.2", "R6.5", "R7.1", "R14.1", "R3.1")
def test_every_call_of_the_demonstration_goes_as_it_must(start: Start, tmp_path: Path) -> None:
    """All scenes are played, heard, found in the books and reported, with numbers masked, and the status is 0."""
    demo = start("--json")
    output, progress = demo.communicate(timeout=200)
    report = json.loads(output)
    reasons = {scene["scene"]: scene["why"] for scene in report["scenes"] if scene["why"]}
    assert (demo.returncode, report["as_expected"], reasons) == (0, True, {})
    assert json.loads((tmp_path / "var" / "demo" / "report.json").read_text(encoding="utf-8")) == report

    scenes = {scene["scene"]: scene for scene in report["scenes"]}
    assert {name: (scene["outcome"], scene["sip"]) for name, scene in scenes.items()} == {
        "ordinary": ("answered", 200),
        "gives-up": ("abandoned", 200),
        "message": ("message", 200),
        "withheld": ("refused", 433),
        "abnormal": ("refused", 403),
        "emergency": ("emergency", 200),
        "killed": ("answered", 200),
        "callback": ("callback", 200),
    }
    with_ticket = {"ordinary", "message", "emergency", "killed", "callback"}
    assert {name for name, scene in scenes.items() if re.fullmatch(r"\d{8}-\d{6}", scene["ticket"])} == with_ticket
    assert len({scenes[name]["ticket"] for name in with_ticket}) == len(with_ticket)
    assert "紧急情况请直接拨打110、119、120、122" in "".join(scenes["withheld"]["heard"])
    assert scenes["message"]["ticket"] in "".join(scenes["message"]["heard"])
    for scene in scenes.values():
        for recording in scene["recordings"]:
            assert (Path(report["data"]) / recording["file"]).stat().st_size > recording["seconds"] * 8000
    assert not [scene.number for scene in SCENES if scene.number in output + progress], "numbers are masked"


def test_a_hotline_that_does_not_screen_fails_and_can_be_looked_at(start: Start, tmp_path: Path) -> None:
    """Screening switched off: the abnormal number is answered, the scene says so, and the status is 1; until Ctrl-C
    the page is there, and the API with the token from the file that is named.
    """  # noqa: D205 - one sentence
    demo = start("--only", "abnormal", "--set", "SCREENING=off", "--keep")
    address = _said(demo, "热线仍在运行:")
    token = Path(_said(demo, "令牌:")).read_text(encoding="ascii").strip()
    assert "<html" in _get(address, token)
    (call,) = json.loads(_get(f"{address}api/v1/calls?number=88888888", token))["calls"]
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "不符:热线接听了本应拒绝的来电" in output
    (scene,) = json.loads((tmp_path / "var" / "demo" / "report.json").read_text(encoding="utf-8"))["scenes"]
    assert (scene["scene"], scene["as_expected"], scene["sip"]) == ("abnormal", False, 200)
    assert scene["number"] == call["number"]


def test_ctrl_c_stops_everything(start: Start) -> None:
    """Interrupted while it calls, it ends with 130, and none of its processes is left."""
    demo = start()
    _said(demo, "已启动")
    children = psutil.Process(demo.pid).children(recursive=True)
    assert all(_among(name, children) for name in ("asterisk", "hotline run", "hotline service"))
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 130
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running()]


def _among(name: str, processes: list[psutil.Process]) -> bool:
    return any(name in " ".join(process.cmdline()) for process in processes)


def _said(demo: subprocess.Popen[str], beginning: str) -> str:
    """The rest of the line of its standard error that begins so."""
    assert demo.stderr is not None
    for line in demo.stderr:
        if line.startswith(beginning):
            return line.removeprefix(beginning).strip()
    raise AssertionError(f"it ended without saying {beginning}")


def _get(address: str, token: str) -> str:
    host, path = address.removeprefix("http://").split("/", 1)
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request("GET", f"/{path}", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().read().decode()
