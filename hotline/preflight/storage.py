"""The data directory, its disk, and the database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import stat
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from hotline.database import DatabaseError, async_engine
from hotline.migrations import HEAD
from hotline.preflight.finding import Finding
from hotline.settings import Settings
from ivr.recordings.disk import GB, Limits, Space, is_low

#: The longest path of a local socket that Linux takes, less its end mark.
_SOCKET_PATH_BYTES = 107
_DATABASE_SECONDS = 5.0


def rights(settings: Settings) -> Finding:
    """Whether everything below the data directory can be written, and secrets be read by their owner alone."""
    data = settings.data_dir
    control = data / "run" / "asterisk.ctl"
    if len(os.fsencode(control)) > _SOCKET_PATH_BYTES:
        return Finding(
            "data_dir", "problem", f"数据目录路径太长，Asterisk 无法建立 {control}", "用 HOTLINE_DATA_DIR 换一个短路径"
        )
    place = _nearest(data)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Finding("data_dir", "problem", f"数据目录 {data} 不能写入", _owner_remedy(place))
    for folder in (settings.recordings_dir, settings.live_recordings_dir, settings.journal_dir, settings.secrets_dir):
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            return Finding("data_dir", "problem", f"目录 {folder} 不能写入", _owner_remedy(folder))
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(settings.secrets_dir.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            said = f"密钥目录 {settings.secrets_dir} 可被其他用户读取（权限 {mode:o}）"
            return Finding("data_dir", "problem", said, f"chmod 700 {settings.secrets_dir}")
    return Finding("data_dir", "ok", f"数据目录 {data} 可用")


def disk(settings: Settings) -> Finding:
    """Whether there is more room than the settings want to be kept free."""
    usage = shutil.disk_usage(_nearest(settings.data_dir))
    limits = Limits(settings.disk_alarm_free_gb, settings.disk_alarm_free_share)
    said = f"录音磁盘剩余 {usage.free / GB:.1f} GB（告警线 {limits.floor(usage.total) / GB:.1f} GB）"
    if is_low(Space(usage.free, usage.total), limits, was_low=False):
        remedy = "清理或扩充磁盘；告警线由 HOTLINE_DISK_ALARM_FREE_GB、HOTLINE_DISK_ALARM_FREE_SHARE 设定"
        return Finding("disk", "warning", said, remedy)
    return Finding("disk", "ok", said)


async def database(settings: Settings) -> Finding:
    """Whether the database answers and is at the revision that this version works with; nothing is made or changed."""
    try:
        url = make_url(settings.database)
    except SQLAlchemyError:
        return _unusable("地址不是有效的 URL")
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file not in {None, "", ":memory:"} and not os.path.exists(file):  # noqa: ASYNC240, PTH110 - one look before the service starts
        return Finding("database", "ok", "数据库尚未建立，首次启动时自动建立")
    try:
        found = await asyncio.wait_for(_revision(settings.database), _DATABASE_SECONDS)
    except TimeoutError:
        return _unusable(f"{url.render_as_string(hide_password=True)} 没有应答")
    except ImportError as error:
        return _unusable(f"缺少驱动程序 {error.name}")
    except (DatabaseError, SQLAlchemyError, OSError) as error:
        return _unusable(f"{url.render_as_string(hide_password=True)}：{getattr(error, 'orig', None) or error}")
    return _at_revision(found)


def _unusable(why: str) -> Finding:
    return Finding("database", "problem", f"数据库不能使用：{why}", "改正 HOTLINE_DATABASE_URL")


def _at_revision(found: str) -> Finding:
    if not found:
        return Finding("database", "ok", "数据库为空，首次启动时自动建表")
    if found > HEAD:
        said = f"数据库版本 {found} 比本程序（{HEAD}）新"
        return Finding("database", "problem", said, "安装较新版本的程序，或用 HOTLINE_DATABASE_URL 另指数据库")
    if found < HEAD:
        return Finding("database", "ok", f"数据库版本 {found}，启动时自动升级到 {HEAD}")
    return Finding("database", "ok", f"数据库可用，版本 {HEAD}")


async def _revision(url: str) -> str:
    """The revision noted in the database; empty for a database without tables of ours."""
    engine = async_engine(url, read_only=True)
    try:
        async with engine.connect() as connection:
            if not await connection.run_sync(lambda plain: inspect(plain).has_table("alembic_version")):
                return ""
            return await connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    finally:
        await engine.dispose()


def _nearest(path: Path) -> Path:
    """The path, or the closest directory above it that is there already."""
    return next(place for place in (path, *path.parents) if place.exists())


def _owner_remedy(path: Path) -> str:
    return f"chown -R $(id -un) {path}，或用 HOTLINE_DATA_DIR 换一个目录"
