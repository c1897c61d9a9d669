"""Files of rows: what is read of any program's Excel or CSV, and what is written so that nothing is carried out."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.city import at
from tickets.model import Status
from tickets.sheets.exporting import COLUMNS
from tickets.sheets.formulas import harmless, unguarded
from tickets.sheets.mapping import OWN, MappingError, load_mapping
from tickets.sheets.reading import SheetError, rows_of
from tickets.sheets.writing import sheet


def test_the_shipped_mapping_knows_the_columns_and_states_of_our_exports() -> None:
    """Each column that it names is one that we write; each state is translated or left out."""
    mapping = load_mapping(OWN)
    assert mapping.used() <= {one.heading for one in COLUMNS}
    assert {*mapping.values["status"], *mapping.skip} == {status.words for status in Status}


@pytest.mark.parametrize("said", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "\n=1", "＝1"])
def test_what_a_spreadsheet_would_carry_out_is_shown_as_text(tmp_path: Path, said: str) -> None:
    """In CSV and in Excel no cell begins with what is carried out, none is a formula; and it reads back."""
    for name in ("a.csv", "a.xlsx"):
        with sheet(tmp_path / name, ["列"]) as add:
            add([said])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert text.split("\n", 1)[1].lstrip('"').startswith("'")
    cell = load_workbook(tmp_path / "a.xlsx").worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert unguarded(harmless(said)) == said
    assert harmless("暖气不热") == "暖气不热"


def test_excel_dates_numbers_and_formulas_are_read_as_they_are_meant(tmp_path: Path) -> None:
    """A telephone number that Excel took for a number, a date, and a formula that nobody computed."""
    book = Workbook()
    page: Any = book.active
    page.append(["电话", "时间", "公式", ""])
    page.append([15400000001.0, at("2026-11-24T09:00").replace(tzinfo=None), "=1+1", "无表头"])
    page.append([None, None, None])
    book.save(tmp_path / "a.xlsx")
    (row,) = rows_of(tmp_path / "a.xlsx")
    assert (row.number, row.cells) == (2, {"电话": "15400000001", "时间": "2026-11-24 09:00:00", "公式": "=1+1"})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\xff\xff", "旧版 Excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "既不是"),
        ("甲,甲\n1,2\n".encode(), "重名的列:甲"),
        (("甲\n" + "长" * 9000).encode(), "第2行有单元格超过"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    """The message says what the file is, or what is wrong in it."""
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(SheetError, match=said):
        list(rows_of(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("system = ", "不是有效的 TOML"),
        ('system = "x"\n[columns]\nnumber = "a"', "缺少:matter"),
        ('system = "x"\n[columns]\nnomber = "a"', "没有「nomber」"),
        ('system = "x"\nlimit = "inherit"\n[columns]\nnumber = "a"', "limit"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_what_to_change(tmp_path: Path, text: str, said: str) -> None:
    """Misspelt and missing names are named."""
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=said):
        load_mapping(tmp_path / "m.toml")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, name: str) -> None:
    """Ten times the rows take less than half as much again."""

    def peak(count: int) -> int:
        tracemalloc.start()
        with sheet(tmp_path / name, ["甲", "乙"]) as add:
            for number in range(count):
                add([f"工单{number}", "家中暖气不热" * 5])
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # what is loaded once
    assert peak(4000) < 1.5 * peak(400)
