"""Rows into an Excel or CSV file, one after the other: as many as there are, in memory that does not grow."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from tickets.sheets.formulas import harmless

#: One less than Excel can show, for the headings.
_MOST_IN_A_SHEET = 1_048_575
Add = Callable[[Sequence[str]], None]


@contextlib.contextmanager
def sheet(file: Path, headings: Sequence[str], name: str = "工单") -> Iterator[Add]:
    """Write rows by calling what is given; ``.xlsx`` becomes Excel, all else CSV (UTF-8 with a mark, for Excel).

    The file is there, for its owner alone, only once everything is in it. No cell is ever a formula.

    Raises:
        OSError: it cannot be written.
    """
    draft = file.with_name(f".{file.name}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.close(handle)
    try:
        with _excel(draft, headings, name) if file.suffix.lower() == ".xlsx" else _csv(draft, headings) as add:
            yield add
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _csv(file: Path, headings: Sequence[str]) -> Iterator[Add]:
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(headings)
        yield lambda row: writer.writerow([harmless(cell) for cell in row])


@contextlib.contextmanager
def _excel(file: Path, headings: Sequence[str], name: str) -> Iterator[Add]:
    book = Workbook(write_only=True)
    current: list[Any] = []
    written = 0

    def add(row: Sequence[str]) -> None:
        nonlocal written
        if written % _MOST_IN_A_SHEET == 0:
            current[:] = [book.create_sheet(name if not written else f"{name}{written // _MOST_IN_A_SHEET + 1}")]
            current[0].append(list(headings))
        written += 1
        current[0].append([_cell(current[0], harmless(cell)) for cell in row])

    yield add
    if not written:
        book.create_sheet(name).append(list(headings))
    book.save(file)


def _cell(where: Any, text: str) -> Any:
    cell = WriteOnlyCell(where, _storable(text))
    cell.data_type = "s"
    return cell


def _storable(text: str) -> str:
    """Without the control characters that no workbook can hold."""
    return "".join(one for one in text if one >= " " or one in "\n\t")
