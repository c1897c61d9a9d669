"""Who has seen this reporter? One command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from common import clock
from common.audit import AuditEntry
from common.roles import Role
from hotline.__main__ import main
from hotline.keeping.holds import held, set_hold
from hotline.keeping.subjects import subject_of
from tests.books import MORNING, books, call, track
from tests.cli_kit import as_person
from tickets.model import Kind, Opening

pytestmark = pytest.mark.covers("R25.2")
_NUMBER = "13854301001"


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation with one call of a citizen, its ticket and recording, and another's; who looked at what."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))

    async def fill() -> None:
        async with books(database_url) as at:
            await at.calls.save(call())
            await at.calls.save(call("node-1.2", number="13854301002"))
            await at.calls.save_recordings([track()])
            mine = await at.desk.open_from_call("node-1.1", _NUMBER, Kind.MATTER, MORNING)
            other = await at.desk.open_from_call("node-1.2", "13854301002", Kind.MATTER, MORNING)
            for who, action, objects, reason in (
                ("wang@::1", "tickets.list", (other.number, mine.number), ""),
                ("li@::1", "tickets.read", (mine.number,), "核实地址"),
                ("zhao@::1", "recordings.hear", ("node-1.1", "track-1"), ""),
                ("sun@::1", "tickets.read", (other.number,), "核实"),
                ("qian@::1", "calls.read", ("node-1.1",), ""),
            ):
                await at.audit.add(AuditEntry(MORNING, who, action, objects, reason))

    asyncio.run(fill())
    as_person(monkeypatch, Role.AUDITOR, login="auditor")
    return database_url


def _seen(asked: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, bool]]:
    assert main(["who-saw", asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return [(one["who"].split("@")[0], one["action"], one["full"]) for one in told["seen"]]


@pytest.mark.usefixtures("house")
def test_everybody_who_saw_a_citizen_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """By number, by ticket and by call the same: in lists, alone, by ear; whole or masked; and nobody else."""
    everyone = [
        ("wang", "tickets.list", False),
        ("li", "tickets.read", True),
        ("zhao", "recordings.hear", True),
        ("qian", "calls.read", False),
    ]
    asked = ("auditor/cli", "audit.who-saw", False)
    assert _seen(_NUMBER, capsys) == everyone
    assert _seen("node-1.1", capsys) == [*everyone, asked]
    assert main(["who-saw", _NUMBER, "--json"]) == 0
    ticket = json.loads(capsys.readouterr().out)["tickets"][0]
    assert _seen(ticket, capsys)[:4] == everyone
    assert _seen("track-1", capsys)[0] == ("zhao", "recordings.hear", True)


@pytest.mark.usefixtures("house")
def test_it_says_so_in_words_and_asking_is_audited(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each with time, who, what, whole or masked, and why; who asked and why stands in the audit."""
    assert main(["who-saw", _NUMBER, "--reason", "群众投诉泄密"]) == 0
    told = capsys.readouterr().out
    assert "2026-11-24 10:00:00  li@::1  查看工单（完整）" in told
    assert "事由：核实地址" in told
    assert "wang@::1  工单列表（掩码）" in told
    assert "sun@" not in told
    assert "4 个账号查看 4 次" in told
    assert main(["who-saw", _NUMBER]) == 0
    assert "auditor/cli@console  查询谁看过（掩码）" in capsys.readouterr().out


def test_a_name_that_nothing_has_is_said_and_audited(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No such number: status 1, and the question itself is in the audit, without the number."""
    assert main(["who-saw", "13800000000"]) == 1
    assert "没有这个号码" in capsys.readouterr().err

    async def last() -> str:
        async with books(house) as at, at.database.reads.connect() as connection:
            rows = await connection.exec_driver_sql("SELECT who, action, objects FROM audit ORDER BY id")
            return str(rows.all()[-1])

    assert asyncio.run(last()) == "('auditor/cli@console', 'audit.who-saw', '  ')"


@pytest.mark.covers("R25.1", "R25.2", "A23")
async def test_a_confidential_ticket_is_found_by_its_number(database_url: str) -> None:
    """Its number cannot be read in the database: the blind index finds it, for this question and for a hold."""
    async with books(database_url) as at:
        opening = Opening("", _NUMBER, Kind.MATTER, clock.now(), automatic=False, confidential=True)
        secret = await at.desk.open(opening)
        blind = at.tickets.sealing.vault.index.blind(_NUMBER)
        async with at.database.reads.connect() as connection:
            plain = await connection.run_sync(lambda one: subject_of(one, _NUMBER))
            found = await connection.run_sync(lambda one: subject_of(one, _NUMBER, blind=blind))
        assert secret.id not in plain.tickets
        assert secret.id in found.tickets
        now = clock.now()
        await at.database.write(lambda one: set_hold(one, "number", _NUMBER, who="a", why="b", at=now, blind=blind))
        async with at.database.reads.connect() as connection:
            assert secret.id in (await connection.run_sync(lambda one: held(one, clock.now()))).tickets
