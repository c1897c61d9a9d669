"""``hotline rotate-keys``: another key-encryption key for confidential tickets, while services run (R25.1)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from sqlalchemy.exc import SQLAlchemyError

from common import clock
from common.vault import FileKeys, VaultError
from hotline.database import DatabaseError, opened
from hotline.key_rotation import in_use, remove_old, rewrap
from hotline.sealing_keys import vault_of
from hotline.settings import Settings, load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "rotate-keys",
        help="更换保密工单的主密钥,服务不必停",
        description="新建一把主密钥,并用它重新包裹所有数据密钥。旧密钥保留到 --remove-old。密钥由 HOTLINE_VAULT_KEYS "
        "给出时,先把新密钥写在最前面并逐个重启服务,再以 --rewrap 运行。",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--rewrap", action="store_true", help="不新建密钥,只用现用的重新包裹(接着做中断的,或换了环境变量)"
    )
    what.add_argument("--remove-old", action="store_true", help="删除不再使用的旧密钥(启用新密钥一小时之后)")
    what.add_argument("--status", action="store_true", help="只列出每把主密钥包裹着多少数据密钥")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 with one line when that cannot be done, or some data keys could not be opened."""
    try:
        return asyncio.run(_run(args, load()))
    except (DatabaseError, VaultError) as problem:
        print(problem, file=sys.stderr)
    except SQLAlchemyError as problem:
        print(f"数据库没有接受:{type(problem).__name__}。已做的有效,可再次运行。", file=sys.stderr)
    return 1


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    vault = vault_of(settings)
    keys = vault.holder
    async with opened(settings.database) as database:
        if args.status:
            used, current = await in_use(database), keys.current()
            for key_id in dict.fromkeys((*(keys.since() if isinstance(keys, FileKeys) else ()), *used, current)):
                print(f"{key_id}{'(现用)' if key_id == current else ''} 包裹着{used.get(key_id, 0)}把数据密钥")
            return 0
        if args.remove_old:
            if not isinstance(keys, FileKeys):
                raise VaultError("", "密钥在 HOTLINE_VAULT_KEYS 中:用 --status 看到旧的为0后,从变量中去掉即可")
            removed = await remove_old(database, keys, clock.now())
            print(f"已删除旧的主密钥:{'、'.join(removed)}" if removed else "没有旧的主密钥。")
            return 0
        if not args.rewrap:
            if not isinstance(keys, FileKeys):
                raise VaultError("", "密钥在 HOTLINE_VAULT_KEYS 中:请把新密钥写在最前面,重启服务,再以 --rewrap 运行")
            print(f"新的主密钥:{keys.add(clock.now())}。请备份 {settings.secrets_dir}。")
        done = await rewrap(database, vault)
        print(f"已用 {done.key_id} 重新包裹{done.rewrapped}把数据密钥。")
        if done.failed:
            print(f"有{done.failed}把打不开:它们的主密钥不在本机,未动。", file=sys.stderr)
        return 1 if done.failed else 0
