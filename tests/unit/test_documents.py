"""Documents say what the code does: every setting, alarm, command and library, and links that lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hotline.__main__ import VERBS
from hotline.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDES = ["docs/operators.md", "docs/operators.zh.md"]
READMES = ["README.md", "README.zh.md"]
DECISIONS = [f"docs/adr/{file.name}" for file in sorted((CHECKOUT / "docs" / "adr").glob("*.md"))]
REFERENCE = CHECKOUT / "scripts" / "settings_reference.py"

#: What raises an alarm: its own names, and the sweeper's two ways of doing so.
_RAISES = ("alarm", "alarms", "_alarm", "_fail", "_guarded", "raise_alarm")


@cache
def alarm_codes() -> set[str]:
    """Every code that the code can raise; of one that is put together, its constant beginning."""
    return {code for folder in ("common", "hotline", "ivr", "tickets") for code in _codes_in(CHECKOUT / folder)}


def _codes_in(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                code = _beginning(node.args[0], tree) if name in _RAISES else ""
            else:
                # The codes of a table, as in the sweeper's reconcile.
                value = node.value if isinstance(node, ast.Constant) else None
                code = value if isinstance(value, str) and re.fullmatch(r"recordings\.[a-z-]+", value) else ""
                code = code if file.parent.name == "recordings" else ""
            if code and not code.endswith("-ok"):
                yield code


def _beginning(node: ast.expr, tree: ast.Module) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value)
    if isinstance(node, ast.Name):  # code = f"…"; alarm(code, …)
        for other in ast.walk(tree):
            if isinstance(other, ast.Assign) and any(ast.unparse(target) == node.id for target in other.targets):
                return _beginning(other.value, tree)
    return ""


def _read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def test_the_alarms_of_every_part_are_found() -> None:
    """Codes given outright, put together, or taken from a table: without all of them the next test proves nothing."""
    known = {"emergency-route", "screening.jump.", "recordings.sweep", "recordings.missing", "recordings.disk-low"}
    assert known <= alarm_codes()


@pytest.mark.parametrize("guide", GUIDES)
def test_every_alarm_is_explained(guide: str) -> None:
    """Each code has a row with what it means and what to do, and no row is of an alarm that nobody raises."""
    rows = set(re.findall(r"^\| `([a-z]+[.a-z-]*[a-z.])[^`]*` \| [^|]+ \| [^|]+ \|$", _read(guide), re.MULTILINE))
    assert rows == alarm_codes()


def test_the_settings_in_the_guides_are_those_of_the_code() -> None:
    """Names, limits, defaults and words in both guides are as the code has them now."""
    done = subprocess.run([sys.executable, REFERENCE, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("http_port", "http_porch", "says nothing of http_port"),
        ("city_name.zh", "city_nome.zh", "describes city_nome, and there is no such setting"),
        ("Said in the greeting", "Sung in the greeting", "operators.md is not what the code says"),
    ],
)
def test_a_reference_that_is_out_of_date_is_found(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """A setting without words, words without a setting, and a changed word are each named."""
    for name in ("settings.toml", "operators.md", "operators.zh.md"):
        (tmp_path / name).write_text(_read(f"docs/{name}").replace(old, new if name.endswith("toml") else old))
    done = subprocess.run(
        [sys.executable, REFERENCE, "--check", "--docs", tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, complaint in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("guide", GUIDES)
def test_the_example_of_a_settings_file_can_be_used(guide: str) -> None:
    """An operator who copies the example starts."""
    (example,) = re.findall(r"^```toml\n(.*?)^```", _read(guide), re.MULTILINE | re.DOTALL)
    assert len(Settings(**tomllib.loads(example)).emergency_routes) == 4


@pytest.mark.parametrize("page", [*GUIDES, *READMES])
def test_every_command_that_is_named_exists(page: str) -> None:
    """Each `hotline VERB` has its module and each `make TARGET` its rule."""
    text = _read(page)
    verbs = set(re.findall(r"(?:bin/|`)hotline ([a-z][a-z-]*)", text))
    assert verbs
    for verb in verbs:
        name = verb.replace("-", "_")
        assert name in VERBS
        assert (CHECKOUT / "hotline" / "cli" / f"{name}.py").is_file()
    targets = set(re.findall(r"make ([a-z-]+)`", text)) | set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize(
    "page", [*GUIDES, *READMES, "docs/architecture.md", "docs/glossary.md", "CHANGELOG.md", *DECISIONS]
)
def test_every_link_leads_somewhere(page: str) -> None:
    """A relative link names a file of the checkout."""
    folder = (CHECKOUT / page).parent
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", _read(page))
    assert [link for link in links if not (folder / link).exists()] == []


def test_every_library_has_its_reason() -> None:
    """ADR 1 names each dependency of the product and of its development."""
    project = tomllib.loads(_read("pyproject.toml"))
    required = (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])
    wanted = {re.split(r"[<>=!~]", requirement)[0] for requirement in required}
    named = set(re.findall(r"`([A-Za-z0-9_.\[\]-]+)`", _read("docs/adr/0001-libraries.md")))
    assert wanted - named == set()
