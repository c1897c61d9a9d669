"""``hotline deadline`` counts with the rules, days and categories of the city's own database."""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from common import clock
from hotline.cli import deadline
from tests.books import books
from tickets.catalogue import Category
from tickets.ruleset import DEFAULT_RULES, Limit, RuleId, RuleSet, Unit
from tickets.store.tables_register import rule_sets
from tickets.workdays import CalendarYear, LocalDay


async def _write(address: str, *records: LocalDay | CalendarYear | RuleSet | Category) -> None:
    async with books(address) as at:
        await at.tickets.seed(clock.now())
        await at.tickets.put(*records, at=clock.now())


def run(*argv: str) -> int:
    """The verb as the command line calls it."""
    parser = argparse.ArgumentParser(prog="hotline")
    deadline.add(parser.add_subparsers())
    args = parser.parse_args(["deadline", *argv])
    status: int = args.run(args)
    return status


def answered(capsys: pytest.CaptureFixture[str], received: str, *more: str) -> dict[str, Any]:
    """What the verb says to a program."""
    assert run(received, "--json", *more) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def due(capsys: pytest.CaptureFixture[str], received: str, *more: str) -> str:
    """The due day that the verb says."""
    day: str = answered(capsys, received, *more)["due"]
    return day


@pytest.mark.covers("R22.3")
def test_the_citys_own_days_count(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day that the city has off moves the due day, though the notice as it is shipped has it as a working day."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    asyncio.run(_write(database_url, LocalDay(date(2026, 11, 26), working=False, reason="停电检修")))
    assert due(capsys, "2026-11-24T10:00") == "2026-12-02"


def test_a_notice_in_the_database_goes_before_the_shipped_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A year imported into the database is what counts, and is not there for those without that database."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    holidays = {date(2035, month, day): "节" for month, day in ((1, 1), (5, 1), (6, 4), (10, 1))}
    asyncio.run(_write(database_url, CalendarYear(2035, holidays, {}, status="published", source="notice")))
    assert due(capsys, "2035-06-01T10:00") == "2035-06-11"


def test_without_a_database_the_shipped_days_count_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a machine where nothing has run yet the verb answers, and leaves nothing behind."""
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    answer = answered(capsys, "2026-11-24T10:00")
    assert (answer["due"], answer["source"]) == ("2026-12-01", "built_in")
    assert answer["reasoning"][0].startswith("本市数据库尚未建立,按随软件提供的规则和工作日历计算")
    assert not (tmp_path / "data").exists()


@pytest.mark.covers("R22.3", "R22.4", "R22.6")
def test_the_citys_own_rules_count_from_their_day_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A set of rules that begins on 1 December holds for what is received from then on; the version is said."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    limits = {**DEFAULT_RULES.limits, RuleId.HANDLE: Limit(3, Unit.WORKING_DAYS, "滨政办字〔2026〕99号")}
    asyncio.run(
        _write(database_url, replace(DEFAULT_RULES, version="2026-12", valid_from=date(2026, 12, 1), limits=limits))
    )
    before, since = answered(capsys, "2026-11-30T23:59"), answered(capsys, "2026-12-01T00:00")
    assert (before["due"], before["rules_version"], before["source"]) == (
        "2026-12-07",
        DEFAULT_RULES.version,
        "database",
    )
    assert (since["due"], since["rules_version"]) == ("2026-12-04", "2026-12")
    assert since["reasoning"][0] == "按本市数据库中的规则、工作日历和诉求类别计算(规则版本2026-12)"
    assert any("滨政办字〔2026〕99号" in line for line in since["reasoning"])


@pytest.mark.covers("R22.5")
def test_a_category_of_the_tree_brings_its_law(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name or code; a law that a category above it names holds below it too; near names are offered."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    tree = (
        Category("08", "劳动社保"),
        Category("0801", "拖欠工资", "08", statutory="劳动保障监察"),
        Category("080101", "农民工工资", "0801"),
        Category("0101", "供热供暖"),
        Category("0102", "供水"),
        Category("1001", "供水", "08"),
        Category("1101", "供水", "0801"),
    )
    asyncio.run(_write(database_url, *tree))
    for typed in ("拖欠工资", "0801", "农民工工资", "080101", "劳动保障监察"):
        answer = answered(capsys, "2026-11-02T10:00", "--category", typed)
        assert (answer["due"], answer["statutory"]) == ("2027-01-25", "劳动保障监察"), typed
        assert answer["provisional"]["due"], typed
    plain = answered(capsys, "2026-11-02T10:00", "--category", "供热供暖")
    assert (plain["due"], plain["category_code"], plain["statutory"]) == ("2026-11-09", "0101", None)
    assert "诉求类别「供热供暖」(0101)没有法定时限,适用一般时限" in plain["reasoning"]
    unknown = answered(capsys, "2026-11-02T10:00", "--category", "供暖")
    assert (unknown["due"], unknown["category_code"], unknown["did_you_mean"]) == ("2026-11-09", None, ["供热供暖"])
    assert answered(capsys, "2026-11-02T10:00", "--category", "工资")["did_you_mean"] == ["拖欠工资", "农民工工资"]
    assert run("2026-11-02T10:00", "--category", "供水") == 2
    assert capsys.readouterr().err == "有3个「供水」类别,时限不同,请写编号:0102、1001、1101\n"
    assert answered(capsys, "2026-11-02T10:00", "--category", "1101")["due"] == "2027-01-25"


def test_a_database_that_is_not_migrated_yet_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty file holds nothing that a city could have changed: the shipped rules count, and it is left alone."""
    file = tmp_path / "hotline.db"
    file.touch()
    monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{file}")
    assert answered(capsys, "2026-11-24T10:00")["source"] == "built_in"
    with sqlite3.connect(file) as opened:
        assert opened.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_rules_that_cannot_be_read_are_said_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A set of rules of an unknown shape: no date is given that might be wrong."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)

    async def spoil() -> None:
        async with books(database_url) as at:
            await at.tickets.seed(clock.now())
            await at.database.write(
                lambda connection: connection.execute(rule_sets.update().values(rules={"limits": {}}))
            )

    asyncio.run(spoil())
    assert run("2026-11-24T10:00") == 2
    assert "数据库中的规则和工作日历无法读取" in capsys.readouterr().err


def test_a_database_that_cannot_be_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No date is given that might be wrong: one line and status 2."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").write_bytes(b"no database at all, only some text that is long enough" * 40)
    assert run("2026-11-24T10:00") == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "数据库" in captured.err
