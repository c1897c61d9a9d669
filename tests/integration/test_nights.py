"""Each night a backup and the deleting of what is past its time; what fails or is late is an alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotline.keeping.aside import aside
from hotline.keeping.backup import shelf
from hotline.keeping.nights import Nights, Plan

pytestmark = pytest.mark.covers("A23")
#: 00:30 on a Tuesday in Binzhou.
_EARLY = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


class Month:
    """A month of nights whose clock and verbs are ours; ``standing`` are the alarms that stand."""

    def __init__(self, folder: Path, *, backups: bool = True, retention: bool = True) -> None:
        self.folder = folder
        self.now = _EARLY
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.standing: dict[str, str] = {}
        self.cleared: list[str] = []
        self.nights = Nights(
            Plan(folder if backups else None, 1, 7, retention, folder.parent / "retention-done"),
            alarm=self.standing.__setitem__,
            over=self._over,
            run_verb=self._verb,
            now=lambda: self.now,
        )

    def _over(self, code: str) -> None:
        self.cleared.append(code)
        self.standing.pop(code, None)

    async def _verb(self, *line: str) -> tuple[int, str, str]:
        self.asked.append(line[0])
        if line[0] in self.broken:
            return 1, "", "磁盘已满\n"
        if line[0] == "backup":
            assert line[1:] == (str(self.folder), "--keep", "7")
            with shelf.new(self.folder, self.now) as draft:
                (draft / shelf.MANIFEST_FILE).touch()
        return 0, "{}", ""

    async def until(self, **later: float) -> list[str]:
        """Let the loop look every ten minutes for so long; gives what it ran."""
        self.asked = []
        end = self.now + timedelta(**later)
        while self.now < end:
            await self.nights.once()
            self.now += timedelta(minutes=10)
        return self.asked


async def test_once_a_night_in_this_order(tmp_path: Path) -> None:
    """A backup from one o'clock on, the deleting after it, each once a day, and no alarm."""
    month = Month(tmp_path / "backups")
    assert await month.until(hours=23) == ["backup", "retention"]
    assert await month.until(days=3) == ["backup", "retention"] * 3
    assert month.standing == {}
    assert len(shelf.whole(tmp_path / "backups")) == 4


async def test_a_backup_that_fails_is_said_tried_again_and_late_after_a_day_and_a_half(tmp_path: Path) -> None:
    """Every hour once more, with the reason; after 36 hours without a whole one a second alarm; a success ends both."""
    month = Month(tmp_path / "backups", retention=False)
    await month.until(hours=2)
    month.broken = {"backup"}
    await month.until(hours=24)
    assert month.standing == {"backup.failed": "备份未成：磁盘已满"}
    assert await month.until(hours=6) == ["backup"] * 6
    await month.until(hours=8)
    assert sorted(month.standing) == ["backup.failed", "backup.late"]
    month.broken = set()
    assert await month.until(hours=2) == ["backup"]
    assert month.standing == {}


async def test_where_there_never_was_a_backup_it_is_late_36_hours_after_the_start(tmp_path: Path) -> None:
    """A folder that is set and stays empty does not go unnoticed."""
    month = Month(tmp_path / "backups", retention=False)
    month.broken = {"backup"}
    await month.until(hours=36)
    assert "backup.late" not in month.standing
    await month.until(hours=1)
    assert "backup.late" in month.standing


async def test_after_a_restart_nothing_is_done_twice_and_an_old_alarm_ends(tmp_path: Path) -> None:
    """Today's backup is known by its folder; what a former run left standing is cleared once there is a new one."""
    await Month(tmp_path / "backups").until(hours=20)
    again = Month(tmp_path / "backups", retention=False)
    again.now = _EARLY + timedelta(hours=20)
    assert await again.until(hours=2) == []
    assert again.cleared == ["backup.late"]


async def test_deleting_that_fails_is_an_alarm_and_tried_again(tmp_path: Path) -> None:
    """Ten minutes later, until it has been done; then the alarm is over."""
    month = Month(tmp_path / "backups", backups=False)
    assert await month.until(hours=4) == ["retention"]
    month.now += timedelta(hours=24)
    month.broken = {"retention"}
    assert await month.until(minutes=20) == ["retention"] * 2
    assert list(month.standing) == ["retention.failed"]
    month.broken = set()
    assert await month.until(hours=2) == ["retention"]
    assert month.standing == {}


async def test_a_first_start_by_day_does_nothing_at_once(tmp_path: Path) -> None:
    """A new installation waits for its first night; one that was stopped for a night makes up for it."""
    month = Month(tmp_path / "backups", backups=False)
    month.now += timedelta(hours=12)
    assert await month.until(hours=12) == []
    month.now += timedelta(hours=20)
    assert await month.until(minutes=20) == ["retention"]


async def test_what_is_switched_off_is_not_done(tmp_path: Path) -> None:
    """Neither a backup without a folder, nor deleting where a city keeps all."""
    month = Month(tmp_path / "backups", backups=False, retention=False)
    assert await month.until(days=3) == []
    assert month.standing == {}


async def test_a_verb_runs_aside_with_its_status_and_words() -> None:
    """The status and both outputs reach the one who asked."""
    status, told, failed = await aside("hold", "--help")
    assert (status, failed) == (0, "")
    assert "hold" in told
    status, told, failed = await aside("no-such-verb")
    assert (status, told) == (2, "")
    assert "no-such-verb" in failed
