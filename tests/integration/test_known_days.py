"""``hotline deadline`` counts with the days of the city's own database."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import date
from pathlib import Path

import pytest

from common import clock
from hotline.cli import deadline
from tests.books import books
from tickets.workdays import CalendarYear, LocalDay


async def _write(address: str, *records: LocalDay | CalendarYear) -> None:
    async with books(address) as at:
        await at.tickets.seed(clock.now())
        await at.tickets.put(*records, at=clock.now())


def due(capsys: pytest.CaptureFixture[str], received: str, *more: str) -> str:
    """The due day that the verb says."""
    parser = argparse.ArgumentParser(prog="hotline")
    deadline.add(parser.add_subparsers())
    args = parser.parse_args(["deadline", received, "--json", *more])
    assert args.run(args) == 0
    answer: str = json.loads(capsys.readouterr().out)["due"]
    return answer


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
    assert due(capsys, "2026-11-24T10:00") == "2026-12-01"
    assert not (tmp_path / "data").exists()


def test_a_database_that_cannot_be_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No date is given that might be wrong: one line and status 2."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").write_bytes(b"no database at all, only some text that is long enough" * 40)
    parser = argparse.ArgumentParser(prog="hotline")
    deadline.add(parser.add_subparsers())
    args = parser.parse_args(["deadline", "2026-11-24T10:00"])
    assert args.run(args) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "数据库" in captured.err
