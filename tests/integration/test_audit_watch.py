"""The end of the audit is kept outside, signed every day and verified every night."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.roles import Role
from common.signing import Signer
from hotline.__main__ import main
from hotline.keeping.anchors import anchor_day, days, gathered, keep_head, read
from hotline.keeping.verifying import verify
from hotline.keeping.watch import AuditWatch, verified_aside
from tests.audit_kit import SIGNER, by_hand, end_of, write
from tests.books import MORNING, Books, books
from tests.cli_kit import as_person

pytestmark = pytest.mark.covers("R25.2")


class Night:
    """A watch whose clock and self-check are ours; ``standing`` are the alarms that stand."""

    def __init__(self, at: Books, folder: Path) -> None:
        self.now = MORNING
        self.wrong = ""
        self.checks = 0
        self.standing: dict[str, str] = {}
        self.watch = AuditWatch(
            at.database.reads,
            folder,
            SIGNER,
            self_check=self._check,
            alarm=self.standing.__setitem__,
            over=self._over,
            now=lambda: self.now,
        )

    def _over(self, code: str) -> None:
        self.standing.pop(code, None)

    async def _check(self) -> str:
        self.checks += 1
        return self.wrong


async def test_each_day_has_an_anchor_that_names_the_one_before(database_url: str, tmp_path: Path) -> None:
    """The end at the beginning of each civil day, signed; the chain is held against all of them."""
    folder = tmp_path / "anchors"
    async with books(database_url) as at:
        night = Night(at, folder)
        for day in range(3):
            night.now = MORNING + timedelta(days=day)
            await write(at, 4)
            await night.watch.once()
            await write(at, 1)
            await night.watch.once()
        assert [path.name for path in days(folder)] == ["2026-11-24.json", "2026-11-25.json", "2026-11-26.json"]
        found, wrong = gathered(folder, SIGNER.public, ())
        assert [anchor.end.place for anchor in found] == [4, 9, 14, 15]
        assert wrong == []
        assert (await verify(at.database.reads, SIGNER.public, found)).breaks == ()
        assert night.standing == {}
        (folder / "2026-11-25.json").unlink()
        assert [file for file, _ in gathered(folder, SIGNER.public, ())[1]] == ["2026-11-26.json"]


async def test_an_anchor_of_somebody_else_is_not_believed(database_url: str, tmp_path: Path) -> None:
    """Changed by a figure, or signed by another key: named, and not used."""
    async with books(database_url) as at:
        await write(at)
        other = Signer.in_folder(tmp_path / "other")
        end = await end_of(at)
        anchor_day(tmp_path, MORNING.date(), end, MORNING, SIGNER)
        anchor_day(tmp_path, (MORNING + timedelta(days=1)).date(), end, MORNING, other)
        file = days(tmp_path)[0]
        file.write_bytes(file.read_bytes().replace(b'"count":10', b'"count":9'))
        found, wrong = gathered(tmp_path, SIGNER.public, ())
        assert found == []
        assert [name for name, _ in wrong] == ["2026-11-24.json", "2026-11-25.json"]


async def test_a_cut_off_end_is_alarmed_within_a_minute_and_stays_the_evidence(
    database_url: str, tmp_path: Path
) -> None:
    """Where the chain is shorter than what is kept outside, that is alarmed and the kept head is not overwritten."""
    async with books(database_url) as at:
        night = Night(at, tmp_path)
        await write(at)
        await night.watch.once()
        kept = (tmp_path / "head.json").read_bytes()
        await by_hand(at, "DELETE FROM audit WHERE id > 7")
        await night.watch.once()
        assert list(night.standing) == ["audit.broken"]
        await write(at, 3)
        await night.watch.once()
        assert list(night.standing) == ["audit.broken"]
        assert (tmp_path / "head.json").read_bytes() == kept


async def test_the_self_check_runs_once_a_night_and_its_failure_is_an_alarm(database_url: str, tmp_path: Path) -> None:
    """From three in the morning on, once a day, also after a restart; what it says stands until it passes again."""
    async with books(database_url) as at:
        night = Night(at, tmp_path)
        night.now = datetime(2026, 11, 23, 18, 59, tzinfo=UTC)  # 02:59 in Binzhou
        await night.watch.once()
        assert night.checks == 0
        night.now += timedelta(minutes=1)
        night.wrong = "第4条被删除"
        await night.watch.once()
        await night.watch.once()
        assert (night.checks, night.standing) == (1, {"audit.broken": "留痕自检未通过：第4条被删除"})
        restarted = Night(at, tmp_path)
        await restarted.watch.once()
        assert restarted.checks == 0
        night.now += timedelta(days=1)
        night.wrong = ""
        await night.watch.once()
        assert (night.checks, night.standing) == (2, {})


async def test_a_folder_that_cannot_be_written_is_an_alarm_until_it_can(tmp_path: Path) -> None:
    """No anchor, an alarm; and with the folder back it is over."""
    folder = tmp_path / "anchors"
    folder.write_text("in the way")
    async with books(tmp_path) as at:
        night = Night(at, folder)
        await night.watch.once()
        assert list(night.standing) == ["audit.anchor"]
        folder.unlink()
        await night.watch.once()
        assert night.standing == {}
        assert read(folder / "head.json", SIGNER.public).end.place == 0


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation on either database."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))
    return database_url


def test_the_verb_says_where_it_breaks(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deleted entry is named; what was cut off is found by a head kept elsewhere, with the folder's own gone too."""
    signer = Signer.in_folder(tmp_path / "secrets")

    async def fill() -> None:
        async with books(house) as at:
            await write(at)
            keep_head(tmp_path / "anchors", await end_of(at), MORNING, signer)

    asyncio.run(fill())
    as_person(monkeypatch, Role.AUDITOR)
    assert main(["verify-audit"]) == 0
    assert "第 1 至第 10 条，锚点 1 个：完整" in capsys.readouterr().out
    (tmp_path / "anchors" / "head.json").rename(tmp_path / "head.json")

    async def cut() -> None:
        async with books(house) as at:
            await by_hand(at, "DELETE FROM audit WHERE id > 8", "DELETE FROM audit WHERE id = 5")

    asyncio.run(cut())
    assert main(["verify-audit"]) == 1
    assert "第5条被删除" in capsys.readouterr().out
    assert main(["verify-audit", "--json", "--head", str(tmp_path / "head.json")]) == 1
    breaks = json.loads(capsys.readouterr().out)["breaks"]
    assert [(one["flaw"], one["place"]) for one in breaks] == [("deleted", 5), ("cut-off", 9)]


async def test_the_self_check_of_the_service_is_a_process_of_its_own(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing while all is whole, the first break where something is not, and that it failed where it did."""
    async with books(house) as at:
        await write(at, 3)
        assert await verified_aside() == ""
        await by_hand(at, "DELETE FROM audit WHERE id = 2")
        assert await verified_aside() == "第2条被删除"
        monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'secrets'}")
        assert await verified_aside() == "自检未能完成"
