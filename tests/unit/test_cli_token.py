"""``hotline token`` gives a token that works, and keeps nothing from which it could be told."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from common.api.caller import Scope
from hotline.__main__ import main
from hotline.tokens import tokens

COUNTY = ["token", "county", "--unit", "滨城区", "--person", "u7", "--role", "handler"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The token file of an installation of its own."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    return tmp_path / "secrets" / "tokens.json"


def test_a_new_token_works(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is found again, for that person; a second one stands beside it."""
    assert main(COUNTY) == 0
    county = capsys.readouterr().out.strip()
    assert main(["token", "desk", "--unit", "12345", "--person", "u1", "--role", "agent", "--write"]) == 0
    known = tokens("own", unit="12345", roles=(), file=file)
    found, desk = known.caller(county), known.caller(capsys.readouterr().out.strip())
    assert found is not None
    assert desk is not None
    assert (found.person, found.unit, found.roles) == ("u7", "滨城区", ("handler",))
    assert found.scopes == {Scope.READ}
    assert desk.scopes == {Scope.READ, Scope.WRITE}


def test_the_token_itself_is_kept_nowhere(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file holds a digest, is for its owner alone, and leaves no draft behind."""
    main(COUNTY)
    assert capsys.readouterr().out.strip() not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize("name", ["county", "api.token", "a b", ""])
def test_a_name_that_does_not_fit_changes_nothing(file: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Taken, reserved or unspeakable: refused with the reason, no token printed, the file as it was."""
    main(COUNTY)
    before = file.read_bytes()
    capsys.readouterr()
    assert main(["token", name, *COUNTY[2:]]) == 1
    said = capsys.readouterr()
    assert (said.out, "tokens.json" in said.err) == ("", True)
    assert file.read_bytes() == before


def test_a_broken_file_is_left_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that somebody has spoilt is not written over."""
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"not": "a list"}), encoding="utf-8")
    assert main(COUNTY) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(file.read_text("utf-8")) == {"not": "a list"}
