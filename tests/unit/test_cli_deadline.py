"""``hotline deadline``: what a clerk reads, and what a program reads."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hotline.cli import deadline


@pytest.fixture(autouse=True)
def no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in this machine's own database says nothing here: the shipped calendar is asked."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)


def run(*argv: str) -> int:
    """The verb as the command line calls it."""
    parser = argparse.ArgumentParser(prog="hotline")
    deadline.add(parser.add_subparsers())
    args = parser.parse_args(["deadline", *argv])
    status: int = args.run(args)
    return status


@pytest.mark.covers("R22.3", "R22.4", "R22.6")
def test_json_gives_the_four_dates_their_marks_and_the_reasoning(capsys: pytest.CaptureFixture[str]) -> None:
    """Each name holds an ISO date; ``provisional`` says true or false for each; the reasoning counts the days."""
    assert run("2026-02-13T10:00", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["return_by"] == "2026-02-24"
    assert answer["due"] == "2026-02-27"
    assert answer["last_day_to_apply_for_extension"] == "2026-02-26"
    assert answer["latest_extended_due"] == "2026-03-12"
    assert answer["provisional"] == dict.fromkeys(
        ("return_by", "due", "last_day_to_apply_for_extension", "latest_extended_due"), False
    )
    assert answer["instants"]["due"] == "2026-02-28T00:00:00+08:00"
    assert "2月14日(周六)春节调休上班,计第1个工作日" in answer["reasoning"]


def test_a_time_with_its_zone_is_read_in_the_offices_time(capsys: pytest.CaptureFixture[str]) -> None:
    """17:00 UTC on the 12th is the 13th in Shandong."""
    assert run("2026-02-12T17:00+00:00", "--json") == 0
    assert json.loads(capsys.readouterr().out)["due"] == "2026-02-27"


def test_a_clerk_reads_the_dates_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """The listing names each date in Chinese with its weekday, then every day from receipt on."""
    assert run("2026-02-13T10:00") == 0
    out = capsys.readouterr().out
    assert "办结期限(due):2026-02-27(周五)\n" in out
    assert "退回期限(return_by):2026-02-24(周二)\n" in out
    assert "  2月15日(周日)春节放假,不计\n" in out
    assert "暂定" not in out


def test_a_year_that_nobody_knows_is_provisional_and_does_not_raise(capsys: pytest.CaptureFixture[str]) -> None:
    """In 2035 Monday to Friday count, all four dates are marked, and the reasoning says why."""
    assert run("2035-06-01", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["due"] == "2035-06-08"
    assert all(answer["provisional"].values())
    assert any("2035年放假安排尚未公布" in line for line in answer["reasoning"])
    assert run("2035-06-01") == 0
    assert "2035-06-08(周五),暂定" in capsys.readouterr().out


def test_a_category_with_a_limit_set_by_law(capsys: pytest.CaptureFixture[str]) -> None:
    """The law is named and applied; a category without one says so, and a near miss is asked about."""
    assert run("2026-11-02", "--category", "政府信息公开", "--json") == 0
    assert json.loads(capsys.readouterr().out)["due"] == "2026-11-30"
    assert run("2026-11-02", "--category", "信息公开") == 0
    out = capsys.readouterr().out
    assert "没有登记法定时限" in out
    assert "是否指「政府信息公开」" in out


def test_a_notice_from_a_file_settles_its_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the notice for 2035 given as a file its dates are certain."""
    days = [{"name": "节", "date": f"2035-{day}", "isOffDay": True} for day in ("01-01", "05-01", "06-04", "10-01")]
    file = tmp_path / "2035.json"
    file.write_text(json.dumps({"year": 2035, "days": days}), encoding="utf-8")
    assert run("2035-06-01", "--json", "--calendar", str(file)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["due"], answer["provisional"]["due"]) == ("2035-06-11", False)


@pytest.mark.parametrize(
    "argv",
    [
        ["昨天"],
        ["2026-02-30T10:00"],
        ["2026-02-13T25:00"],
        [""],
        ["2026-02-29"],
        ["2100-02-29T10:00"],
        ["2026-02-13T24:00"],
        ["2026-02-13T23:59:60"],
        ["2026-02-13T10:00+25:00"],
        ["2026-02-13T10:00 CST"],
        ["2026-02-13x10:00"],
        ["2026-02-13T10"],
        ["20260213"],
        ["2026-W07-5"],
        ["2026/02/13"],
        ["2026年2月13日"],
        ["２０２６-02-13"],
        ["1771000000"],
        ["2026-02-13\n2026-02-14"],
        ["\udcff\x1b[31m" + "x" * 500],
        ["9999-12-30"],
        ["0001-01-01T00:00+14:00"],
        ["2026-02-13", "--calendar", "no-such-file.json"],
        ["2026-02-13", "--calendar", __file__],
    ],
)
def test_bad_input_is_one_line_and_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be used is said in one line of Chinese on standard error, with nothing on standard output."""
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert len(captured.err) < 200
    assert "\x1b" not in captured.err
    assert "应写成" in captured.err or "请核对" in captured.err or "放假安排文件" in captured.err
    assert "收到时间" in captured.err or "放假安排文件" in captured.err


@pytest.mark.parametrize(
    ("received", "due", "provisional"),
    [
        ("2026-02-13T23:59:59.999999", "2026-02-27", False),
        ("2026-02-14T00:00", "2026-02-28", False),
        ("2026-02-13T15:59:59Z", "2026-02-27", False),
        ("2026-02-13T16:00Z", "2026-02-28", False),
        ("2026-02-13T22:00-08:00", "2026-02-28", False),
        ("2026-02-13 10:00", "2026-02-27", False),
        ("2028-02-29T10:00", "2028-03-07", True),
        ("2024-02-29T10:00", "2024-03-07", False),
        ("2026-12-17T10:00", "2026-12-24", False),
        ("2026-12-18T10:00", "2026-12-25", True),
        ("2026-12-31T10:00", "2027-01-07", True),
        ("2003-06-02T10:00", "2003-06-09", True),
        ("2199-01-01T10:00", "2199-01-08", True),
    ],
)
@pytest.mark.covers("R22.3")
def test_the_day_of_receipt_is_the_offices_and_nothing_is_guessed(
    received: str, due: str, *, provisional: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Late evenings, zones, leap days, the end of December and years that nobody has published."""
    assert run(received, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["due"], answer["provisional"]["due"]) == (due, provisional)


def test_what_was_received_before_the_rules_began_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The first set is used, and the reasoning says that it was not in force yet."""
    assert run("2019-03-01", "--json") == 0
    assert "该规则自2020-10-13起施行;收到时间在此之前,仍按它计算" in json.loads(capsys.readouterr().out)["reasoning"]


def test_a_category_that_no_screen_can_show_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no text, control characters: one line and status 2."""
    for category in ("\udcff", "供\x1b[31m暖", "供\n暖"):
        assert run("2026-02-13", "--category", category) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert "诉求类别" in captured.err


def test_a_calendar_that_is_nested_without_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, whatever the file holds."""
    file = tmp_path / "deep.json"
    for text in ("[" * 100_000, '{"year": 2035, "days": [' + "1" * 5000 + "]}", "\x00", '{"year": 1e999}'):
        file.write_text(text, encoding="utf-8")
        assert run("2026-02-13", "--calendar", str(file)) == 2
        assert capsys.readouterr().err.count("\n") == 1
    ics = tmp_path / "odd.ics"
    ics.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20350101\nSUMMARY:\x1b[31m?\nEND:VEVENT\nEND:VCALENDAR\n",
        encoding="utf-8",
    )
    assert run("2026-02-13", "--calendar", str(ics)) == 2
    assert "\x1b" not in capsys.readouterr().err
