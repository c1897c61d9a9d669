"""Tickets in and out as Excel and CSV: row by row, wholly or not at all, once, and without what nobody may see."""

from __future__ import annotations

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from common.roles import Role
from hotline.__main__ import main
from hotline.audit import audit
from tests.books import Books, books, url
from tests.city import CATALOGUE, CATEGORIES, UNITS, City, at, city, heating
from tests.cli_kit import as_person
from tickets.model import Channel, Status
from tickets.sheets.exporting import exported, headings
from tickets.sheets.importing import Outcome, RowReport, import_tickets
from tickets.sheets.mapping import OWN, Mapping, load_mapping
from tickets.sheets.reading import SheetError, rows_of
from tickets.sheets.writing import sheet
from tickets.store import TicketFilter
from tickets.store.tables import tables, tickets

NOW = at("2026-11-26T10:00")
HEADINGS = ["工单编号", "诉求内容", "分类", "地点", "地址", "小区名称", "受理", "承办", "派单", "期限", "状态", "电话"]
#: The watermark of the exports here.
MARK = "u1 2026-11-24 10:00:00"
MAPPING = Mapping(
    "旧平台",
    {
        "number": "工单编号",
        "matter": "诉求内容",
        "category": "分类",
        "place": "地点",
        "address": "地址",
        "opened_at": "受理",
        "unit": "承办",
        "sent_at": "派单",
        "due": "期限",
        "status": "状态",
        "contact": "电话",
    },
    skip=frozenset({"办结"}),
    dates=("%Y/%m/%d %H:%M",),
    fields={"小区": "小区名称"},
    values={"status": {"办理": "handling", "待签": "sent"}, "category": {"暖气": "供暖"}, "nature": {}},
)


def line(number: str, **changed: str) -> list[str]:
    """A row of the other system: no heating, with the housing office since Tuesday."""
    told = {
        "工单编号": number,
        "诉求内容": "暖气不热",
        "分类": "暖气",
        "地点": "市西街道办事处",
        "地址": "黄河五路1号",
        "小区名称": "阳光花园",
        "受理": "2026/11/24 09:00",
        "承办": "市住房城乡建设局",
        "派单": "2026/11/24 10:00",
        "期限": "2026/11/30 00:00",
        "状态": "办理",
        "电话": "15400000001",
    }
    return list({**told, **changed}.values())


def written(file: Path, *lines: list[str], encoding: str = "utf-8") -> Path:
    """A CSV of the other system."""
    with file.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([HEADINGS, *lines])
    return file


async def taken(made: City, file: Path, mapping: Mapping = MAPPING, *, dry: bool = False) -> list[RowReport]:
    """Imported now."""
    return await import_tickets(made.books.tickets, rows_of(file), mapping, NOW, who="导入员", dry=dry)


async def everything(at_work: Books) -> dict[str, list[str]]:
    """All rows of all tables, to see whether anything is different."""
    found = {}
    for table in tables.sorted_tables:
        found[table.name] = [str(tuple(row)) for row in await at_work.tickets.rows(sa.select(table))]
    return found


@pytest.mark.covers("R3.1", "A27")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_an_open_ticket_is_taken_with_its_unit_its_state_and_its_limit(tmp_path: Path, encoding: str) -> None:
    """Whatever the encoding: it is in handling at the housing office, due when the other system said, and told so."""
    async with city(tmp_path) as made:
        file = written(tmp_path / "旧.csv", line("A1"), encoding=encoding)
        (report,) = await taken(made, file, natured())
        assert (report.row, report.theirs, report.outcome) == (2, "A1", Outcome.TAKEN)
        ticket = await made.books.tickets.by_number(report.ours)
        assert ticket is not None
        assert (ticket.status, ticket.unit, ticket.channel) == (Status.IN_HANDLING, "住建局", Channel.IMPORT)
        assert (ticket.details.place, ticket.details.category) == ("市西街道", "供暖")
        assert ticket.opened_at == at("2026-11-24T09:00")
        assert ticket.turn is not None
        assert ticket.turn.due.at == at("2026-12-01T00:00")
        assert any("旧平台(A1)规定" in one for one in await made.books.desk.reasoning(ticket.id, NOW))


#: The status column of the other system says both.
NATURE = {**MAPPING.values, "nature": {"办理": "求助", "待签": "求助", "待审": "求助"}}


def natured(**changed: Any) -> Mapping:
    """The mapping with natures."""
    return Mapping(**{**vars(MAPPING), "columns": {**MAPPING.columns, "nature": "状态"}, "values": NATURE, **changed})


async def test_limits_can_be_computed_anew(tmp_path: Path) -> None:
    """Five working days from when the other system sent it."""
    async with city(tmp_path) as made:
        file = written(tmp_path / "a.csv", line("A1"))
        (report,) = await taken(made, file, natured(inherit=False))
        ticket = await made.books.tickets.by_number(report.ours)
        assert ticket is not None
        assert ticket.turn is not None
        assert f"{ticket.turn.due.on}" == "2026-12-01"


async def test_each_row_is_taken_wholly_or_not_and_the_report_says_why(database_url: str, tmp_path: Path) -> None:
    """What cannot be taken leaves nothing behind; each reason is in Chinese and names the column."""
    lines = [
        line("A1"),
        line("A2", 分类="没有这类"),
        line("A3", 受理="上周二"),
        line("A4", 承办="火星分局"),
        line("A5", 小区名称=""),
        line("A6", 状态="办结"),
        line("A1"),
        line("", 诉求内容="没有编号"),
        line("A8", 诉求内容='=HYPERLINK("http://x","点我")'),
        line("A9", 承办="", 状态="待审", 小区名称=""),
        line("A10", 承办="市西街道办事处", 地点="", 分类="路灯"),
    ]
    async with city(database_url) as made:
        reports = await taken(made, written(tmp_path / "a.csv", *lines), natured())
        said = {report.row: (report.outcome, report.why) for report in reports}
        assert said[2] == (Outcome.TAKEN, "")
        assert said[3] == (Outcome.REFUSED, "诉求类别「没有这类」没有对照")
        assert "受理时间「上周二」不是能识别的时间" in said[4][1]
        assert said[5] == (Outcome.REFUSED, "承办单位「火星分局」没有对照")
        assert said[6] == (Outcome.REFUSED, "派单前须补全:小区(第十四条)")
        assert said[7] == (Outcome.NOT_OPEN, "")
        assert said[8] == (Outcome.REFUSED, "原工单编号与前面的行重复")
        assert said[9] == (Outcome.REFUSED, "缺少原工单编号")
        assert said[10] == (Outcome.REFUSED, "「诉求内容」是公式,不是数据")
        assert said[11] == (Outcome.TAKEN, "")
        assert said[12] == (Outcome.TAKEN, "")
        assert len(await made.rows(tickets)) == 3


async def test_a_second_import_takes_nothing_again(database_url: str, tmp_path: Path) -> None:
    """The other system's number is known: the report names our ticket."""
    async with city(database_url) as made:
        file = written(tmp_path / "a.csv", line("A1"), line("A2"))
        first = await taken(made, file, natured())
        before = await everything(made.books)
        again = await taken(made, file, natured())
        assert [one.outcome for one in again] == [Outcome.KNOWN, Outcome.KNOWN]
        assert [one.ours for one in again] == [one.ours for one in first]
        assert await everything(made.books) == before


async def test_a_dry_run_says_what_would_be_and_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """Not a row of any table differs afterwards, not even the count of numbers; then it comes as was said."""
    async with city(database_url) as made:
        file = written(tmp_path / "a.csv", line("A1"), line("A2", 小区名称=""), line("A3", 承办="", 状态="待审"))
        before = await everything(made.books)
        said = await taken(made, file, natured(), dry=True)
        assert await everything(made.books) == before
        assert [one.outcome for one in said] == [Outcome.POSSIBLE, Outcome.REFUSED, Outcome.POSSIBLE]
        came = await taken(made, file, natured())
        assert [(one.row, one.why) for one in came] == [(one.row, one.why) for one in said]


async def test_a_file_that_cannot_be_read_to_its_end_takes_nothing(tmp_path: Path) -> None:
    """A broken quotation in the last row, and a column that is not there: nothing is imported."""
    async with city(tmp_path) as made:
        broken = written(tmp_path / "a.csv", line("A1"))
        broken.write_text(broken.read_text() + '"never ended\n', encoding="utf-8")
        with pytest.raises(SheetError, match="CSV 格式有误"):
            await taken(made, broken, natured())
        with pytest.raises(SheetError, match="没有对照文件写的列:所属科室"):
            await taken(made, written(tmp_path / "b.csv", line("A1")), natured(fields={"科室": "所属科室"}))
        assert await made.rows(tickets) == []


@pytest.mark.covers("R25.1", "R25.2")
async def test_an_export_is_imported_as_it_was(database_url: str, tmp_path: Path) -> None:
    """Everything that another hotline needs comes through an Excel file and back; what is confidential does not."""
    file = tmp_path / "out.xlsx"
    async with city(database_url) as made:
        await made.signed(details=heating(matter="=1+1 这是诉求", contact="15400000009", fields=(("小区", "阳光"),)))
        await made.drafted(confidential=True)
        with sheet(file, headings(contacts=True)) as add:
            async for batch in exported(made.books.tickets, TicketFilter(), contacts=True, mark=MARK):
                for row in batch.rows:
                    add(row)
        (was,) = (await made.books.tickets.page(TicketFilter(), limit=10)).rows
    rows = list(rows_of(file))
    assert len(rows) == 1
    assert rows[0].cells["诉求事项"] == "'=1+1 这是诉求"
    (tmp_path / "other").mkdir()
    async with books(tmp_path / "other") as other:
        await other.tickets.seed(NOW)
        await other.tickets.put(*UNITS, *CATEGORIES, *CATALOGUE, at=NOW)
        (report,) = await import_tickets(other.tickets, rows, load_mapping(OWN), NOW, who="导入员")
        assert report.outcome is Outcome.TAKEN
        came = await other.tickets.by_number(report.ours)
        assert came is not None
        assert came.details == replace(was.details, inherited=came.details.inherited)
        assert (came.status, came.unit, came.opened_at) == (was.status, was.unit, was.opened_at)
        assert came.turn is not None
        assert was.turn is not None
        assert came.turn.due.at == was.turn.due.at
        # The other system is nobody above: no report is owed to it before the ticket closes (A27).
        assert came.case.issuer == ""


@pytest.mark.covers("R25.2")
async def test_without_leave_an_export_does_not_tell_who_the_caller_is(tmp_path: Path) -> None:
    """No name, number or address, not even one that stands in the matter."""
    async with city(tmp_path) as made:
        told = heating(matter="请回电13854301234,身份证372301199001011234", caller_name="李某", contact="15400000009")
        await made.signed(details=told)
        async for batch in exported(made.books.tickets, TicketFilter(), contacts=False, mark=MARK):
            text = str(batch.rows)
        for secret in ("13854301234", "372301199001011234", "李某", "15400000009", "黄河五路", "阳光花园"):
            assert secret not in text
        assert "138****1234" in text


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of one's own."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", url(tmp_path))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    return tmp_path


TOML = """
system = "旧平台"
dates = ["%Y/%m/%d %H:%M"]
[columns]
number = "工单编号"
matter = "诉求内容"
opened_at = "受理"
contact = "电话"
"""


async def _audited(folder: Path) -> list[Any]:
    async with books(folder) as at_work:
        query: Any = sa.select(audit.c.who, audit.c.action, audit.c.objects, audit.c.reason).order_by(audit.c.id)
        return [tuple(row) for row in await at_work.tickets.rows(query)]


@pytest.mark.covers("R25.2")
def test_the_commands_import_report_export_and_leave_an_audit(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clerk's way: dry run, import with a report, export; who exported what, and why, is written down."""
    as_person(monkeypatch, Role.LEADER)
    (elsewhere / "m.toml").write_text(TOML, encoding="utf-8")
    file = written(elsewhere / "a.csv", line("A1"), line("A2", 受理="x"), encoding="gb18030")
    command = ["import-tickets", str(file), "--mapping", str(elsewhere / "m.toml")]
    assert main([*command, "--dry-run"]) == 1
    assert "可以导入1行，未导入1行" in capsys.readouterr().out
    assert main([*command, "--report", str(elsewhere / "r.xlsx")]) == 1
    report = [[cell.value for cell in row] for row in load_workbook(elsewhere / "r.xlsx").worksheets[0].iter_rows()]
    assert report[0] == ["行号", "原工单编号", "结果", "本系统工单编号", "说明"]
    assert report[1][:3] == ["2", "A1", "已导入"]
    assert report[2][2] == "未导入"
    assert main(["export-tickets", str(elsewhere / "o.csv"), "--filter", "status=待审核"]) == 0
    plain = (elsewhere / "o.csv").read_text(encoding="utf-8-sig")
    assert "暖气不热" in plain
    assert "15400000001" not in plain
    assert main(["export-tickets", str(elsewhere / "p.csv"), "--contacts", "交接核对"]) == 0
    assert "15400000001" in (elsewhere / "p.csv").read_text(encoding="utf-8-sig")
    assert (elsewhere / "p.csv").stat().st_mode & 0o077 == 0
    lines = asyncio.run(_audited(elsewhere))
    assert [one[1] for one in lines] == ["tickets.import", "tickets.export", "tickets.export"]
    assert [one[3] for one in lines[1:]] == ["", "交接核对"]
    assert report[1][3] in lines[1][2]
    assert json.dumps(lines, default=str).count("15400000001") == 0
    with pytest.raises(SystemExit):
        main(["export-tickets", "x.csv", "--filter", "status=飞走了"])
