#!/usr/bin/env python3
"""Makes ``docs/traceability.md`` from the code: each requirement, where it is carried out, the tests that prove it.

    scripts/traceability.py            write it
    scripts/traceability.py --check    only say whether it is up to date

Requirements are the rows of ``docs/requirements.md``. The place that carries one out cites its id in a comment, a
docstring or a table ("R6.5", "R22.3–6"); the test that proves it is marked ``@pytest.mark.covers("R6.5")``. The status
is 1 when something is missing, named on standard error: an id that a mark names and nobody knows, a requirement said
to be held that has no place or no test, a file that is not what the code says.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REQUIREMENTS = "docs/requirements.md"
TRACEABILITY = "docs/traceability.md"
#: What is carried out stands here; the simulated network, the benchmark and the scripts carry nothing out.
CODE = ("access", "asterisk-config", "common", "hotline", "ivr", "knowledge", "prompts", "tickets", "transcription")
ENDINGS = {".py", ".conf", ".toml", ".html", ".js"}

_ROW = re.compile(r"\| ([RA][0-9]{1,2}(?:\.[0-9])?) \| (.+?) \| (.*?) ?\|")
_CITED = re.compile(
    r"(?<![0-9A-Za-z_])([RA])([0-9]{1,2})(?:\.([0-9]))?(?:–([RA])?([0-9]{1,2})(?:\.([0-9]))?)?(?![0-9A-Za-z_])"
)
_WHOLE = ""

HEAD = """# Traceability

Made by `scripts/traceability.py` from the code; do not edit. What each id asks: [requirements.md](requirements.md).
*Held*: **yes**, in part (what is missing is said there), or not yet. A place is where the code cites the id; a test
proves it and is marked with it. Places and tests may stand here before a requirement is held.

"""


@dataclass(slots=True)
class Requirement:
    """A row of the table: its id, what it asks, and whether it is held ("yes", "in part: …", "")."""

    id: str
    what: str
    held: str
    #: File → the functions, classes or tables in it that carry the requirement out, or the tests that prove it.
    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tests: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def requirements(text: str) -> dict[str, Requirement]:
    """The rows of ``docs/requirements.md`` by id, in its order.

    Raises:
        ValueError: an id stands twice.
    """
    found: dict[str, Requirement] = {}
    for line in text.splitlines():
        if row := _ROW.fullmatch(line.strip()):
            if row[1] in found:
                raise ValueError(f"{REQUIREMENTS}: {row[1]} stands twice")
            found[row[1]] = Requirement(row[1], row[2], row[3])
    return found


def cited(text: str) -> Iterator[str]:
    """The ids in a text, ranges written out: "R22.3–4" is R22.3 and R22.4, "R18–19" is R18 and R19."""
    for letter, major, minor, letter2, major2, minor2 in _CITED.findall(text):
        if not major2:
            yield f"{letter}{major}" + (f".{minor}" if minor else "")
        elif minor and not letter2 and not minor2:
            yield from (f"{letter}{major}.{one}" for one in range(int(minor), int(major2) + 1))
        elif minor:
            yield from (f"{letter}{major}.{one}" for one in range(int(minor), int(minor2 or 0) + 1))
        else:
            yield from (f"{letter}{one}" for one in range(int(major), int(major2) + 1))


def named_lines(tree: ast.Module) -> dict[int, str]:
    """The name of the innermost function, class or table of a module around each line that is in one."""
    names: dict[int, str] = {}

    def walk(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}" if outer else child.name
            elif isinstance(node, ast.Module) and isinstance(child, ast.Assign | ast.AnnAssign):
                target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                name = target.id if isinstance(target, ast.Name) else ""
            if name != outer and isinstance(child, ast.stmt):
                first = min([child.lineno, *(one.lineno for one in getattr(child, "decorator_list", ()))])
                names.update(dict.fromkeys(range(first, (child.end_lineno or first) + 1), name))
            walk(child, name)

    walk(tree, "")
    return names


def find_places(root: Path, known: dict[str, Requirement]) -> None:
    """Note where each requirement is cited."""
    for file in _files(root, CODE):
        text = file.read_text(encoding="utf-8")
        names = named_lines(ast.parse(text)) if file.suffix == ".py" else {}
        for number, line in enumerate(text.splitlines(), 1):
            for one in cited(line):
                if one in known:
                    known[one].places[file.relative_to(root).as_posix()].add(names.get(number, _WHOLE))


def find_tests(root: Path, known: dict[str, Requirement]) -> list[str]:
    """Note which tests are marked with each requirement; returns what is wrong with the marks."""
    faults = []
    for file in _files(root, ("tests",)):
        if file.suffix != ".py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = named_lines(tree)
        where = file.relative_to(root).as_posix()
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "covers"):
                continue
            for argument in call.args:
                one = argument.value if isinstance(argument, ast.Constant) else None
                if not isinstance(one, str) or one not in known:
                    faults.append(f"{where}:{call.lineno}: covers({ast.unparse(argument)}) is no id of {REQUIREMENTS}")
                    continue
                test = names.get(call.lineno, _WHOLE)
                known[one].tests[where].add(test if test.rpartition(".")[2].startswith(("test_", "Test")) else _WHOLE)
    return faults


def unproved(known: dict[str, Requirement]) -> Iterator[str]:
    """What is said to be held, wholly or in part, and has no place or no test."""
    for one in known.values():
        if one.held and one.held != "yes" and not one.held.startswith("in part: "):
            yield f"{REQUIREMENTS}: {one.id}: held is yes, in part: …, or empty"
        if one.held and not one.places:
            yield f"{one.id} is said to be held, and no code cites it"
        if one.held and not one.tests:
            yield f"{one.id} is said to be held, and no test is marked with it"


def table(known: dict[str, Requirement]) -> str:
    """The whole of ``docs/traceability.md``."""
    rows = ["| id | held | where | tests |", "|---|---|---|---|"]
    for one in known.values():
        held = "**yes**" if one.held == "yes" else "in part" if one.held else ""
        rows.append(f"| {one.id} | {held} | {_links(one.places)} | {_links(one.tests)} |")
    return HEAD + "\n".join(rows) + "\n"


def _links(files: dict[str, set[str]]) -> str:
    cells = []
    for file in sorted(files):
        names = sorted(name for name in files[file] if name)
        cells.append(f"[{file}](../{file})" + (f" {', '.join(f'`{name}`' for name in names)}" if names else ""))
    return "<br>".join(cells)


def _files(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(file for file in (root / folder).rglob("*") if file.suffix in ENDINGS and file.is_file())


def main() -> int:
    """Write or check; 0 only if nothing is missing."""
    parser = argparse.ArgumentParser(description="Makes docs/traceability.md from the code.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the checkout")
    args = parser.parse_args()
    root: Path = args.root
    known = requirements((root / REQUIREMENTS).read_text(encoding="utf-8"))
    find_places(root, known)
    faults = [*find_tests(root, known), *unproved(known)]
    file, text = root / TRACEABILITY, table(known)
    if not args.check:
        file.write_text(text, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        faults.append(f"{TRACEABILITY} is not what the code says; run scripts/traceability.py")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
