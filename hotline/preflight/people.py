"""Whether people have accounts and their rights are kept apart, and whether backups are made in time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from access.keeping import held_by_anybody
from access.rows import any_account
from access.tables import accounts
from common import clock
from common.roles import Role
from hotline.database import DatabaseError, async_engine, is_made
from hotline.keeping.backup import shelf
from hotline.preflight.finding import Finding
from hotline.settings import Settings

#: As ``hotline.keeping.nights`` sees it: a night was missed.
LATE = timedelta(hours=36)


async def examine(settings: Settings) -> list[Finding]:
    """Accounts, the machine's own token, backups. For trials, nobody needs any of it."""
    try:
        there, guarded = await _accounts(settings)
    except (DatabaseError, SQLAlchemyError, OSError):
        # What is wrong with the database is found where that is looked at.
        there = guarded = False
    # Telephones for trying it out are there in a trial alone (``trial_citizens``).
    real = not settings.trial_citizens or there
    return [
        _security(there=there, guarded=guarded, real=real),
        _token(settings, there=there, real=real),
        _backups(settings, real=real),
    ]


def _security(*, there: bool, guarded: bool, real: bool) -> Finding:
    if guarded:
        return Finding("security_admin", "ok", "已有安全管理员")
    if not real:
        return Finding("security_admin", "ok", "试用中，还没有人员账号")
    said = "没有安全管理员：身份只能在本机授予" if there else "还没有人员账号"
    return Finding(
        "security_admin",
        "warning",
        said,
        "hotline account add 登录名 --name 姓名 --role security_admin（见 docs/access.md）",
    )


def _token(settings: Settings, *, there: bool, real: bool) -> Finding:
    good = settings.trial_access == "on" or (settings.trial_access == "auto" and not there)
    if good and real:
        said = "本机令牌 secrets/api.token 有效：读得到这个文件的人可以不经登录办理一级机构的各项事务"
        return Finding(
            "trial_access", "warning", said, "设 HOTLINE_TRIAL_ACCESS=off；程序改用各自账号的令牌（hotline token add）"
        )
    return Finding("trial_access", "ok", "本机令牌供试用，建第一个账号后失效" if good else "本机令牌无效，人员各自登录")


def _backups(settings: Settings, *, real: bool) -> Finding:
    folder = settings.backup_dir
    if folder is None:
        if not real:
            return Finding("backup", "ok", "试用中，不自动备份")
        return Finding("backup", "warning", "没有自动备份", "设 HOTLINE_BACKUP_DIR 为另一块磁盘上的目录")
    try:
        found = shelf.whole(folder)
    except OSError:
        found = []
    if not found:
        return Finding("backup", "warning", f"{folder} 中还没有完整的备份", f"hotline backup {folder}")
    last = shelf.made_at(found[-1])
    said = f"最近一份备份 {clock.civil(last):%Y-%m-%d %H:%M}"
    if clock.now() - last > LATE:
        return Finding(
            "backup", "warning", f"{said}，已超过 36 小时", f"查看告警 backup.failed；hotline backup {folder}"
        )
    return Finding("backup", "ok", said)


async def _accounts(settings: Settings) -> tuple[bool, bool]:
    """Whether there are accounts, and a security administrator among them; nothing is made by looking."""

    def look(connection: Connection) -> tuple[bool, bool]:
        if not inspect(connection).has_table(accounts.name):
            return False, False
        return any_account(connection), held_by_anybody(connection, Role.SECURITY_ADMIN, clock.now())

    if not is_made(settings.database):
        return False, False
    engine = async_engine(settings.database, read_only=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()
