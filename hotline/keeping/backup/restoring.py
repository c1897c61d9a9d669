"""Restoring a backup into an empty place: keys first, then every hash, and only then is anything written."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy.exc import SQLAlchemyError

from common.signed import NotVouchedFor, opened
from common.timestamp import load_roots
from hotline.database import DatabaseError, async_engine, migrate
from hotline.keeping.anchors import gathered
from hotline.keeping.backup import keys, shelf
from hotline.keeping.backup.databases import POSTGRESQL_FILE, SQLITE_FILE, is_empty, load
from hotline.keeping.backup.errors import BackupError
from hotline.keeping.backup.files import LIST_FILE, Kept, folders, hashed, listed, put_back
from hotline.keeping.backup.keys import FILE_DOOR, VaultDoor
from hotline.keeping.backup.making import SETTINGS_FILE
from hotline.keeping.lock import keeping
from hotline.keeping.verifying import Report, verify
from hotline.migrations import HEAD
from hotline.settings import Settings

#: Stands in a data directory from the first file on until all is there and verified.
UNFINISHED_FILE = "restore-unfinished"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. ``revision`` is the one that the backup had."""

    backup: Path
    files: int
    revision: str
    destroyed: int
    audit: Report


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup whose every byte is as it was made."""

    folder: Path
    database: Path
    files: tuple[Kept, ...]
    revision: str


def chosen(place: Path) -> Path:
    """The backup that is meant: this folder, or the newest whole one in it.

    Raises:
        BackupError: there is none.
    """
    if (place / shelf.MANIFEST_FILE).is_file():
        return place
    found = shelf.whole(place)
    if not found:
        raise BackupError(f"{place} 中没有完整的备份")
    return found[-1]


def check(settings: Settings, place: Path, door: VaultDoor = FILE_DOOR) -> Checked:
    """Hold a backup against its signature, the keys that it needs, and every file against its hash. Nothing is written.

    Raises:
        BackupError: keys are missing or are others, or something of it is missing or changed; says what.
    """
    backup = chosen(place)
    signer = keys.signer(settings)
    if signer is None:
        raise BackupError(
            f"本机没有密钥：无法证明备份的真伪，其中的保密工单也无法解读。请用 --keys 指出另存的密钥，或先把它放回 "
            f"{settings.secrets_dir}"
        )
    try:
        body = opened((backup / shelf.MANIFEST_FILE).read_bytes(), signer.public)
        wanted, hashes, revision = body["vault_keys"], dict(body["hashes"]), str(body["revision"])
    except (NotVouchedFor, OSError, KeyError, TypeError) as error:
        raise BackupError(f"{backup} 不是本系统签署的备份，或密钥不是当时的密钥：{error}") from error
    if missing := sorted(set(wanted) - set(door.prints(settings))):
        raise BackupError(
            f"缺少保密工单的主密钥 {' '.join(missing)}：没有它，备份中的保密工单无法解读。请用 --keys 指出另存的密钥"
        )
    database = next((backup / name for name in (SQLITE_FILE, POSTGRESQL_FILE) if name in hashes), None)
    if database is None or not {LIST_FILE, SETTINGS_FILE} <= set(hashes):
        raise BackupError(f"{backup} 的清单不完整")
    for name, sha256 in hashes.items():
        _hold(backup, name, sha256)
    try:
        files = tuple(listed(backup / LIST_FILE))
    except ValueError as error:
        raise BackupError(f"{backup / LIST_FILE} 无法读取") from error
    for kept in files:
        parts = PurePosixPath(kept.path).parts
        if parts[0] not in folders(settings) or ".." in parts:
            raise BackupError(f"备份的清单中有不应有的路径：{kept.path}")
        _hold(backup, kept.path, kept.sha256)
    if revision > HEAD:
        raise BackupError(f"备份的数据库版本 {revision} 比本程序（{HEAD}）新：请先安装当时或更新的版本")
    return Checked(backup, database, files, revision)


def refuse_unless_empty(settings: Settings) -> None:
    """Only a place without anything of ours is restored into: what is there must never be mixed or overwritten.

    Raises:
        BackupError: something is there; says what.
    """
    if (settings.data_dir / UNFINISHED_FILE).exists():
        raise BackupError(f"{settings.data_dir} 中有中断的恢复：请清空该目录（保留 secrets）和数据库后重新恢复")
    if not is_empty(settings.database):
        raise BackupError("数据库不是空的：只能恢复到空的地方，以免覆盖现有数据")
    for folder in folders(settings).values():
        if folder.is_dir() and any(path.is_file() for path in folder.rglob("*")):
            raise BackupError(f"{folder} 不是空的：只能恢复到空的地方，以免覆盖现有数据")


async def restore(settings: Settings, place: Path, door: VaultDoor = FILE_DOOR) -> Restored:
    """Restore a backup: check it whole, write it, destroy what was destroyed since, migrate, verify the audit.

    Raises:
        BackupError: it was refused before anything was written, or the audit in it is broken.
        DatabaseError: the database cannot be brought up to date.
        OSError: the disk failed, or is full; the place is marked as unfinished.
    """
    refuse_unless_empty(settings)
    checked = await asyncio.to_thread(check, settings, place, door)
    needed = sum(kept.size for kept in checked.files) + checked.database.stat().st_size
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(settings.data_dir).free < needed:
        raise BackupError(f"磁盘空间不足：需要 {needed / 1e9:.1f} GB")
    with keeping(settings.data_dir, "恢复"):
        marker = settings.data_dir / UNFINISHED_FILE
        marker.write_text(f"{checked.folder}\n", encoding="utf-8")
        await asyncio.to_thread(_write, settings, checked)
        await migrate(settings.database)
        destroyed = await door.apply_destructions(settings)
        report = await _audit(settings)
        if report.breaks:
            raise BackupError(f"已恢复，但其中的留痕不完整：{report.breaks[0].said}。请保留现场并报审计员")
        marker.unlink()
    return Restored(checked.folder, len(checked.files), checked.revision, destroyed, report)


def refuse_unfinished(data_dir: Path) -> None:
    """A service must not open books that are there by half.

    Raises:
        DatabaseError: a restore into this place was cut off.
    """
    if (data_dir / UNFINISHED_FILE).exists():
        raise DatabaseError(f"{data_dir} 中有中断的恢复：请清空该目录（保留 secrets）和数据库后重新 hotline restore")


def _write(settings: Settings, checked: Checked) -> None:
    tops = folders(settings)
    for kept in checked.files:
        first, _, rest = kept.path.partition("/")
        put_back(kept, checked.folder, tops[first] / rest)
    load(checked.database, settings.database)


async def _audit(settings: Settings) -> Report:
    signer = keys.signer(settings)
    if signer is None:
        raise BackupError("密钥在恢复过程中不见了")
    roots = load_roots(settings.timestamp_roots) if settings.timestamp_roots else ()
    anchors, _ = gathered(settings.anchors_dir, signer.public, roots)
    engine = async_engine(settings.database, read_only=True)
    try:
        return await verify(engine, signer.public, anchors)
    except SQLAlchemyError as error:
        raise BackupError(f"恢复后的数据库无法读取：{type(error).__name__}") from error
    finally:
        await engine.dispose()


def _hold(backup: Path, name: str, sha256: str) -> None:
    try:
        found, _ = hashed(backup / name)
    except OSError as error:
        raise BackupError(f"备份中的 {name} 缺失或无法读取") from error
    if found != sha256:
        raise BackupError(f"备份中的 {name} 与备份时不一致：已损坏或被改动，未恢复任何内容")
