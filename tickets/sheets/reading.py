"""The rows of an Excel or CSV file as text, whatever program wrote it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

_MOST_BYTES = 64 * 1024 * 1024
#: A workbook is a ZIP file; a small one can hold endless zeros.
_MOST_UNPACKED = 512 * 1024 * 1024
_MOST_ROWS = 200_000
_MOST_CELL = 8000
_DELIMITERS = (",", "\t", ";")


class SheetError(Exception):
    """The file cannot be read as a table; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row by its headings. ``number`` is its line in the sheet, headings being line 1."""

    number: int
    cells: dict[str, str]


def rows_of(file: Path) -> Iterator[SheetRow]:
    """The rows below the headings, empty ones left out.

    Raises:
        SheetError: it is no table that we can read.
    """
    try:
        size = file.stat().st_size
        if size > _MOST_BYTES:
            raise SheetError(f"文件超过{_MOST_BYTES // 1024 // 1024}MB,请分成几个文件")
        if zipfile.is_zipfile(file):
            yield from _rows(_workbook(file))
        else:
            yield from _rows(_csv(file.read_bytes()))
    except OSError as error:
        raise SheetError(f"文件{file.name}无法读取:{error.strerror}") from error


def _rows(lines: Iterable[list[str]]) -> Iterator[SheetRow]:
    numbered = enumerate(lines, 1)
    headings: list[str] = []
    for number, line in numbered:
        if not any(line):
            continue
        if not headings:
            headings = line
            twice = {one for one in headings if one and headings.count(one) > 1}
            if twice:
                raise SheetError(f"表头有重名的列:{'、'.join(sorted(twice))}")
            continue
        if number > _MOST_ROWS:
            raise SheetError(f"超过{_MOST_ROWS}行,请分成几个文件")
        if max(map(len, line)) > _MOST_CELL:
            raise SheetError(f"第{number}行有单元格超过{_MOST_CELL}字")
        yield SheetRow(number, {name: value for name, value in zip(headings, line, strict=False) if name})
    if not headings:
        raise SheetError("文件是空的")


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        raise SheetError(f"CSV 格式有误:{error}") from error


def _decoded(data: bytes) -> str:
    """UTF-8 where it can be, else GB18030, in which Excel writes CSV on a Chinese Windows."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SheetError("这是旧版 Excel(.xls)文件,请另存为 .xlsx 或 CSV")
    raise SheetError("文件既不是 UTF-8 也不是 GB18030 编码的 CSV,也不是 .xlsx")


def _workbook(file: Path) -> Iterator[list[str]]:
    with zipfile.ZipFile(file) as packed:
        if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
            raise SheetError("Excel 文件解压后过大,请另存为 CSV")
    try:
        # Formulas are read as what they are, not as what some program has computed from them.
        book = load_workbook(file, read_only=True, data_only=False)
    except Exception as error:  # openpyxl raises whatever its XML did
        raise SheetError("不是可以读取的 Excel 文件,请另存为 .xlsx 或 CSV") from error
    try:
        sheet = book.worksheets[0]
        # What the file says of its own size may be wrong.
        sheet.reset_dimensions()
        for line in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in line]
    finally:
        book.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        # Excel keeps telephone numbers as numbers with a fraction.
        return str(int(value))
    return str(value).strip()
