"""Which Asterisk is run, by the description that set-up left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotline import asterisk, toolchain
from hotline.toolchain import REQUIRED_MODULES, ToolchainError


def describe(directory: Path, **changed: str) -> Path:
    """A description of an Asterisk in ``directory`` that is all there, but for what is ``changed``."""
    binary = directory / "asterisk"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    said = {"binary": str(binary), "modules": str(directory), "data": str(directory), "version": "22.10.1"}
    description = directory / "toolchain" / "asterisk.json"
    description.parent.mkdir()
    description.write_text(json.dumps(said | {"origin": "tree"} | changed))
    return description


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOTLINE_ASTERISK", raising=False)
    monkeypatch.setattr(toolchain, "_CHECKOUT", tmp_path / "nowhere")


def test_the_data_directory_is_asked_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that keeps its own Asterisk beside its data gets that one; without it, the checkout's is found."""
    (tmp_path / "var").mkdir()
    describe(tmp_path / "var", version="22.1.0")
    monkeypatch.setattr(toolchain, "_CHECKOUT", tmp_path)
    assert toolchain.find(tmp_path / "data").version == "22.1.0"
    (tmp_path / "data").mkdir()
    describe(tmp_path / "data", version="22.2.0")
    assert toolchain.find(tmp_path / "data").version == "22.2.0"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOTLINE_ASTERISK names the description to use, whatever else there is."""
    for name in ("data", "named"):
        (tmp_path / name).mkdir()
    describe(tmp_path / "data")
    monkeypatch.setenv("HOTLINE_ASTERISK", str(describe(tmp_path / "named", version="22.9.9", origin="system")))
    found = toolchain.find(tmp_path / "data")
    assert (found.version, found.origin) == ("22.9.9", "system")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"binary": "/nowhere/asterisk"}, "/nowhere/asterisk is gone"),
        ({"modules": "/nowhere/modules"}, "/nowhere/modules is gone"),
        ({"data": "/nowhere/data"}, "/nowhere/data is gone"),
    ],
)
def test_what_went_away_is_named_in_one_line(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    """A description that no longer holds is refused in one line that names what is gone and what to do."""
    describe(tmp_path, **changed)
    with pytest.raises(ToolchainError) as refusal:
        toolchain.find(tmp_path)
    assert said in str(refusal.value)
    assert "make setup" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"binary": 1}', "\0"])
def test_a_damaged_description_is_refused(tmp_path: Path, content: str) -> None:
    """Half-written or foreign files never reach the code that starts Asterisk."""
    describe(tmp_path).write_text(content)
    with pytest.raises(ToolchainError, match="damaged: run `make setup`"):
        toolchain.find(tmp_path)


def test_nothing_set_up_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before set-up, and with a variable that names no file, the one line says what to do."""
    with pytest.raises(ToolchainError, match="run `make setup`"):
        toolchain.find(tmp_path)
    monkeypatch.setenv("HOTLINE_ASTERISK", str(tmp_path / "no.json"))
    with pytest.raises(ToolchainError, match="correct HOTLINE_ASTERISK"):
        toolchain.find(tmp_path)


def test_set_up_looks_for_every_module_that_is_loaded() -> None:
    """An Asterisk that set-up accepts has all modules that the product's configuration loads."""
    assert set(asterisk.MODULES) <= set(REQUIRED_MODULES)
