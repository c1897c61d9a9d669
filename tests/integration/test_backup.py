"""What was backed up comes back: every row of every table, every file, whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy.engine import make_url

from common.audit import AuditEntry
from common.roles import Role
from common.signed import opened, signed
from common.signing import Signer
from hotline.__main__ import main
from hotline.database import Database, DatabaseError
from hotline.keeping.backup import databases, keys, shelf
from hotline.keeping.backup.errors import BackupError
from hotline.keeping.backup.keys import VaultDoor
from hotline.keeping.backup.making import make_backup, shown
from hotline.keeping.backup.restoring import UNFINISHED_FILE, check, refuse_unfinished, restore
from hotline.keeping.lock import BusyError, keeping
from hotline.settings import Settings
from tests.audit_kit import by_hand, run, upgraded
from tests.books import MORNING, books
from tests.cli_kit import as_person
from tests.keeping_kit import NUMBER, attached, contents, files, fill, two_places
from tickets.model import Kind

pytestmark = pytest.mark.covers("R25.2", "A23")
ROOT = Path(__file__).parents[2]
Places: TypeAlias = tuple[Settings, Settings]


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """An installation and an empty place, on either database."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    with two_places(request.param, tmp_path, server) as made:
        yield made


def moved(old: Settings, new: Settings, tmp_path: Path) -> None:
    """Take the keys over by way of a second place."""
    keys.keep_apart(old, tmp_path / "keys", tmp_path / "backups")
    keys.put_back(new, tmp_path / "keys")


async def test_everything_comes_back(places: Places, tmp_path: Path) -> None:
    """Each table of the restored database has the same rows and each file the same bytes; the audit is whole."""
    old, new = places
    await fill(old)
    backup = make_backup(old, tmp_path / "backups", MORNING)
    moved(old, new, tmp_path)
    done = await restore(new, tmp_path / "backups")
    before, after = await contents(old), await contents(new)
    assert sum(map(len, before.values())) > 30
    assert after == before
    assert files(new) == files(old)
    assert len(files(old)) == 5
    assert (done.backup, done.audit.breaks, done.audit.end.place) == (backup, (), 1)
    assert not (new.data_dir / UNFINISHED_FILE).exists()
    async with books(new.database) as at:
        again = await at.desk.open_from_call("n.0", NUMBER, Kind.MATTER, MORNING)
        assert again.id in {row[0] for row in before["tickets"]}
        await at.audit.add(AuditEntry(MORNING, "web", "calls.read", ()))


async def test_a_backup_under_load_holds_all_that_was_acknowledged(places: Places, tmp_path: Path) -> None:
    """Twenty lanes write tickets, files and audit during three backups; the last restores to books that agree."""
    old, new = places
    await fill(old)
    told: list[str] = []
    goes_on = asyncio.Event()
    async with books(old.database) as at:

        async def lane(name: str) -> None:
            for n in range(10_000):
                ticket = await at.desk.open_from_call(f"{name}.{n}", NUMBER, Kind.MATTER, MORNING)
                await attached(at, old, f"{name}.{n}", f"{name} {n}".encode())
                await at.audit.add(AuditEntry(MORNING, name, "tickets.read", (ticket.number,)))
                told.append(ticket.number)
                goes_on.set()

        lanes = [asyncio.create_task(lane(f"lane-{n}")) for n in range(20)]
        acknowledged: list[set[str]] = []
        for n in range(3):
            while len(told) < 20 * (n + 1):
                goes_on.clear()
                await goes_on.wait()
            acknowledged.append(set(told))
            await asyncio.to_thread(make_backup, old, tmp_path / "backups", MORNING + timedelta(hours=n))
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
    moved(old, new, tmp_path)
    await restore(new, tmp_path / "backups")
    rows = await contents(new)
    numbers = {row[1] for row in rows["tickets"]}
    assert acknowledged[-1] <= numbers
    ids = {row[0] for row in rows["tickets"]}
    assert {row[1] for row in rows["attachments"]} <= ids
    hashes = {row[2] for row in rows["attachments"]}
    assert all((new.attachments_dir / one[:2] / one).is_file() for one in hashes)
    assert {row[0] for row in rows["steps"]} == ids
    first, second, _ = shelf.whole(tmp_path / "backups")
    assert len(check(new, first).files) <= len(check(new, second).files)


async def test_what_has_not_changed_takes_no_space_again(tmp_path: Path) -> None:
    """A second backup shares the files of the first; removing the first leaves the second whole."""
    old = Settings(data_dir=tmp_path / "old")
    await fill(old)
    one = make_backup(old, tmp_path / "backups", MORNING)
    async with books(old.database) as at:
        await attached(at, old, "n.1", b"another")
    two = make_backup(old, tmp_path / "backups", MORNING + timedelta(days=1))
    shared = (two / "recordings").rglob("*.wav")
    assert [path.stat().st_nlink for path in shared] == [2]
    assert shelf.prune(tmp_path / "backups", 1) == [one]
    assert shelf.whole(tmp_path / "backups") == [two]
    assert len(check(old, two).files) == 6


@pytest.mark.parametrize("point", ["making.dump", "making.hashed", "making.signed", "shelf._on_disk"])
async def test_a_backup_that_is_killed_leaves_none(point: str, tmp_path: Path) -> None:
    """Kill -9 at any step: nothing there looks like a backup, and the next one clears away what was left."""
    old = Settings(data_dir=tmp_path / "old")
    await fill(old)
    module, name = point.split(".")
    script = (
        f"import os, signal\nfrom pathlib import Path\nfrom hotline.keeping.backup import making, shelf\n"
        f"from hotline.settings import Settings\nfrom tests.books import MORNING\n"
        f"{module}.{name} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"making.make_backup(Settings(data_dir=Path({str(old.data_dir)!r})), Path({str(tmp_path / 'b')!r}), MORNING)\n"
    )
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT)
    await killed.wait()
    assert killed.returncode == -9
    assert len(list((tmp_path / "b").glob(".partial-*"))) == 1
    assert shelf.whole(tmp_path / "b") == []
    with pytest.raises(BackupError, match="没有完整的备份"):
        check(old, tmp_path / "b")
    made = make_backup(old, tmp_path / "b", MORNING)
    assert [path for path in (tmp_path / "b").iterdir() if path.name != ".lock"] == [made]
    check(old, tmp_path / "b")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("recordings", "与备份时不一致"),
        ("database.sqlite", "与备份时不一致"),
        ("files", "与备份时不一致"),
        ("manifest.json", "不是本系统签署"),
        ("gone", "缺失"),
    ],
)
async def test_a_spoilt_backup_is_refused_before_anything_is_written(spoil: str, said: str, tmp_path: Path) -> None:
    """One byte more in any file of it, or one file less: it is named, and the empty place stays empty."""
    old, new = Settings(data_dir=tmp_path / "old"), Settings(data_dir=tmp_path / "new")
    await fill(old)
    backup = make_backup(old, tmp_path / "backups", MORNING)
    moved(old, new, tmp_path)
    if spoil == "gone":
        next((backup / "attachments").rglob("*/*")).unlink()
    elif spoil == "recordings":
        wav = next((backup / "recordings").rglob("*.wav"))
        wav.write_bytes(wav.read_bytes()[:-1] + b"\x00")
    elif spoil == "manifest.json":
        document = json.loads((backup / spoil).read_bytes())
        document["body"]["hashes"]["files"] = "0" * 64
        (backup / spoil).write_text(json.dumps(document))
    else:
        (backup / spoil).write_bytes((backup / spoil).read_bytes() + b"x")
    with pytest.raises(BackupError, match=said):
        await restore(new, tmp_path / "backups")
    assert [path.name for path in new.data_dir.iterdir()] == ["secrets"]


async def test_only_an_empty_place_is_restored_into(places: Places, tmp_path: Path) -> None:
    """Rows, a recording, or a restore that was cut off: each is refused, and nothing is touched."""
    old, new = places
    await fill(old)
    make_backup(old, tmp_path / "backups", MORNING)
    before = await contents(old)
    with pytest.raises(BackupError, match="数据库不是空的"):
        await restore(old, tmp_path / "backups")
    assert await contents(old) == before
    moved(old, new, tmp_path)
    stray = new.recordings_dir / "2026" / "a.wav"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    with pytest.raises(BackupError, match=r"recordings 不是空的"):
        await restore(new, tmp_path / "backups")
    stray.unlink()
    (new.data_dir / UNFINISHED_FILE).touch()
    with pytest.raises(BackupError, match="中断的恢复"):
        await restore(new, tmp_path / "backups")
    with pytest.raises(DatabaseError, match="中断的恢复"):
        refuse_unfinished(new.data_dir)


async def test_keys_stay_apart_and_are_asked_for(tmp_path: Path) -> None:
    """No secret is in a backup; without keys, with another house's, or without the vault's it says what is missing."""
    old, new = Settings(data_dir=tmp_path / "old"), Settings(data_dir=tmp_path / "new")
    await fill(old)
    (old.secrets_dir / "vault.key").write_text("k1 c2VjcmV0LWtleS1vZi10aGUtdmF1bHQ 2026-11-24\n")
    backup = make_backup(old, tmp_path / "backups", MORNING)
    secrets = [path.read_bytes() for path in old.secrets_dir.iterdir()]
    for path in (path for path in backup.rglob("*") if path.is_file()):
        assert not any(secret in path.read_bytes() for secret in secrets), path
    with pytest.raises(BackupError, match=r"没有密钥：.*保密工单也无法解读.*--keys"):
        await restore(new, tmp_path / "backups")
    for place in (tmp_path / "backups" / "keys", tmp_path / "backups", tmp_path, old.data_dir / "x"):
        with pytest.raises(BackupError, match="不能与备份或系统数据放在一处"):
            keys.keep_apart(old, place, tmp_path / "backups")
    other = Settings(data_dir=tmp_path / "other")
    await fill(other)
    keys.keep_apart(other, tmp_path / "others", tmp_path / "backups")
    keys.put_back(new, tmp_path / "others")
    with pytest.raises(BackupError, match="不是当时的密钥"):
        await restore(new, tmp_path / "backups")
    shutil.rmtree(new.secrets_dir)
    moved(old, new, tmp_path)
    (new.secrets_dir / "vault.key").unlink()
    with pytest.raises(BackupError, match=r"缺少保密工单的主密钥 k1:[0-9a-f]{16}"):
        await restore(new, tmp_path / "backups")
    keys.put_back(new, tmp_path / "keys")
    assert {path.stat().st_mode & 0o777 for path in new.secrets_dir.iterdir()} == {0o600}
    await restore(new, tmp_path / "backups")


async def test_a_backup_of_an_older_version_is_brought_forward(places: Places, tmp_path: Path) -> None:
    """Its database is migrated, and what was no chain then is one now; one of a newer version is refused."""
    old, new = places
    old.data_dir.mkdir()
    await asyncio.to_thread(upgraded, old.database, "0007")
    database = Database(old.database)
    entry = "INSERT INTO audit (at, who, action, objects, reason) VALUES ('2026-11-24 02:00:00', 'w', 'x', ' t ', '')"
    await database.write(partial(run, entry))
    await database.close()
    backup = make_backup(old, tmp_path / "backups", MORNING)
    moved(old, new, tmp_path)
    done = await restore(new, tmp_path / "backups")
    assert (done.revision, done.audit.end.place, done.audit.breaks) == ("0007", 1, ())
    async with books(new.database) as at:
        await at.audit.add(AuditEntry(MORNING, "w", "x", ()))
    document = opened((backup / "manifest.json").read_bytes(), Signer.in_folder(new.secrets_dir).public)
    newer = signed({**document, "revision": "9999"}, Signer.in_folder(new.secrets_dir))
    (backup / "manifest.json").write_bytes(newer)
    with pytest.raises(BackupError, match="9999"):
        check(new, backup)


async def test_what_was_destroyed_since_is_destroyed_again(places: Places, tmp_path: Path) -> None:
    """The vault is asked once, with the restored books, before the restore counts as done."""
    old, new = places
    await fill(old)
    make_backup(old, tmp_path / "backups", MORNING)
    moved(old, new, tmp_path)
    asked: list[int] = []

    async def destroy(settings: Settings) -> int:
        assert (settings.data_dir / UNFINISHED_FILE).exists()
        asked.append(len((await contents(settings))["tickets"]))
        return 2

    done = await restore(new, tmp_path / "backups", VaultDoor(lambda _: (), destroy))
    assert (asked, done.destroyed) == ([3], 2)


async def test_an_audit_that_was_broken_before_is_said(tmp_path: Path) -> None:
    """The restore ends with what is wrong, and the place stays marked: nobody starts a service on it unawares."""
    old, new = Settings(data_dir=tmp_path / "old"), Settings(data_dir=tmp_path / "new")
    await fill(old)
    async with books(old.database) as at:
        await by_hand(at, "UPDATE audit SET who = 'x'")
    make_backup(old, tmp_path / "backups", MORNING)
    moved(old, new, tmp_path)
    with pytest.raises(BackupError, match="第1条内容被改动"):
        await restore(new, tmp_path / "backups")
    assert (new.data_dir / UNFINISHED_FILE).exists()


async def test_backup_and_cleaning_exclude_each_other(tmp_path: Path) -> None:
    """While one holds the lock the other says so and does nothing."""
    old = Settings(data_dir=tmp_path / "old")
    await fill(old)
    with keeping(old.data_dir, "清理"), pytest.raises(BusyError, match="备份未进行"):
        make_backup(old, tmp_path / "backups", MORNING)
    with pytest.raises(BackupError, match="系统数据目录"):
        make_backup(old, old.data_dir / "backups", MORNING)


def test_settings_are_kept_without_secrets(tmp_path: Path) -> None:
    """What a city has set can be read in the backup; passwords, keys and headers of partners cannot."""
    told = json.dumps(
        shown(
            Settings(
                data_dir=tmp_path,
                city_name="滨州市",
                database_url="postgresql+asyncpg://hotline:pa55word@db/hotline",
                sms={"url": "https://sms.example/send?key=k3y&to={recipient}", "headers": {"X-Auth": "h3ader"}},
                open311_clients=[{"name": "app", "api_key": "a" * 40}],
            )
        ),
        ensure_ascii=False,
    )
    assert "滨州市" in told
    assert "hotline:***@db/hotline" in told
    assert not any(secret in told for secret in ("pa55word", "k3y", "h3ader", "a" * 40))


def test_no_password_stands_in_the_list_of_processes() -> None:
    """What pg_dump is called with names user, host and database, and not the password."""
    url = make_url("postgresql+asyncpg://hotline:pa55word@db:5433/books?host=/run/pg")
    assert databases._address(url) == "postgresql://hotline@db:5433/books?host=%2Frun%2Fpg"


def test_the_verbs_do_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Backup with keys, check, restore with keys: what an operator types, and one line for each failure."""
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "old"))
    asyncio.run(fill(Settings(data_dir=tmp_path / "old")))
    at, apart = str(tmp_path / "backups"), str(tmp_path / "usb")
    assert main(["backup", at, "--with-keys", at]) == 1
    assert main(["backup", at, "--with-keys", apart, "--keep", "1"]) == 0
    assert main(["restore", at, "--check"]) == 0
    assert "与备份时一致" in capsys.readouterr().out
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "new"))
    assert main(["restore", at]) == 1
    assert "--keys" in capsys.readouterr().err
    # Looked at only, and with nothing to look at: no key comes here before a backup has proved to be whole by it.
    assert main(["restore", at, "--keys", apart, "--check"]) == 0
    assert main(["restore", str(tmp_path / "no such"), "--keys", apart]) == 1
    assert not list((tmp_path / "new").glob("secrets/*.key"))
    capsys.readouterr()
    assert main(["restore", at, "--keys", apart]) == 0
    assert "留痕至第 1 条完整" in capsys.readouterr().out
    assert main(["restore", at, "--keys", apart]) == 1
    assert "不是空的" in capsys.readouterr().err
    as_person(monkeypatch, Role.AUDITOR)
    assert main(["verify-audit"]) == 0
