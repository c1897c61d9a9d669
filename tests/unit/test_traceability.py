"""docs/traceability.md follows from the code, and what is said to be held has a place and a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = CHECKOUT / "scripts" / "traceability.py"

TABLE = """| id | what | held |
|---|---|---|
| R1.1 | Taken | yes |
| R1.2 | Told | in part: by telephone only |
| R1.3 | Later | |
"""
CODE = '''"""A module (R1.2)."""


class Desk:
    def take(self) -> None:
        """Take a matter (R1.1)."""
'''
TESTS = """import pytest

pytestmark = pytest.mark.covers("R1.2")


@pytest.mark.covers("R1.1")
def test_taken() -> None:
    pass
"""


class House:
    """A checkout with one module and one test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in (("docs/requirements.md", TABLE), ("ivr/desk.py", CODE), ("tests/test_desk.py", TESTS)):
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Replace a file."""
        file = self.root / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, *options: str) -> tuple[int, str]:
        """The status of the script, and what it complains of."""
        done = subprocess.run(
            [sys.executable, SCRIPT, "--root", self.root, *options], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    @property
    def table(self) -> dict[str, str]:
        """The rows that were written, by id."""
        text = (self.root / "docs" / "traceability.md").read_text(encoding="utf-8")
        return {row.split(" | ")[0].removeprefix("| "): row for row in text.splitlines() if row.startswith("| R")}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A checkout in which all is well."""
    return House(tmp_path)


def test_the_committed_table_is_what_the_code_says() -> None:
    """Places, tests and requirements have not changed since the table was made, and nothing held lacks either."""
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_places_and_tests_are_found_by_name(house: House) -> None:
    """A docstring counts for its function, a module's mark for the whole file."""
    assert house.run() == (0, "")
    assert "[ivr/desk.py](../ivr/desk.py) `Desk.take`" in house.table["R1.1"]
    assert "[tests/test_desk.py](../tests/test_desk.py) `test_taken`" in house.table["R1.1"]
    assert "[tests/test_desk.py](../tests/test_desk.py) |" in house.table["R1.2"]
    assert house.table["R1.3"] == "| R1.3 |  |  |  |"


def test_a_table_that_is_out_of_date_is_found(house: House) -> None:
    """A place more than the table knows is enough; without --check it is written and all is well again."""
    house.run()
    house.write("tickets/new.py", "# R1.3\n")
    status, said = house.run("--check")
    assert (status, "is not what the code says" in said) == (1, True)
    assert house.run() == (0, "")
    assert house.run("--check") == (0, "")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("tests/test_desk.py", TESTS.replace('"R1.1"', '"R9.9"'), "covers('R9.9') is no id"),
        ("tests/test_desk.py", TESTS.replace('"R1.1"', "*IDS"), "covers(*IDS) is no id"),
        ("tests/test_desk.py", TESTS.replace('"R1.1"', '"R1.2"'), "R1.1 is said to be held, and no test"),
        ("ivr/desk.py", CODE.replace("R1.2", ""), "R1.2 is said to be held, and no code"),
        ("docs/requirements.md", TABLE.replace("| yes |", "| nearly |"), "R1.1: held is yes"),
    ],
)
def test_what_is_missing_is_named(house: House, name: str, text: str, complaint: str) -> None:
    """An unknown id in a mark, one that cannot be read, something held without a test or a place."""
    house.write(name, text)
    status, said = house.run()
    assert (status, complaint in said) == (1, True), said


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("R1.1–2", {"R1.1", "R1.2"}),
        ("R1.1–R1.3", {"R1.1", "R1.2", "R1.3"}),
        ("按R1.2办理", {"R1.2"}),
        ("R1.23 and XR1.1 and R1.1a", set()),
    ],
)
def test_what_counts_as_a_citation(house: House, text: str, cites: set[str]) -> None:
    """Ranges are written out, Chinese may stand around an id, and no part of another word is one."""
    house.write("ivr/desk.py", f"# {text}\n")
    house.run()
    assert {one for one, row in house.table.items() if "ivr/desk.py" in row} == cites
