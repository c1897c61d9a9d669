"""``hotline restore``: a backup, into an empty place."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from common.signing import KeyUnusable
from hotline.database import DatabaseError
from hotline.keeping.backup import keys
from hotline.keeping.backup.errors import BackupError
from hotline.keeping.backup.restoring import Checked, check, refuse_unless_empty, restore
from hotline.keeping.lock import BusyError
from hotline.settings import Settings, load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "restore",
        help="把备份恢复到空的地方；先核对密钥和每个文件的哈希",
        description="数据目录和数据库必须是空的。没有当时的密钥不能恢复：保密工单无法解读，真伪也无从证明。",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="某一份备份，或备份所在目录（取最近一份完整的）")
    parser.add_argument("--keys", type=Path, metavar="DIR2", help="另存的密钥（hotline backup --with-keys 所存）")
    parser.add_argument("--check", action="store_true", help="只核对备份，不恢复")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore; 1 with one line when it was refused or the result is not whole."""
    settings = load()
    try:
        return _run(settings, args)
    except (BackupError, BusyError, DatabaseError, KeyUnusable, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _run(settings: Settings, args: argparse.Namespace) -> int:
    if not args.check:
        refuse_unless_empty(settings)
    if args.check or args.keys:
        checked = _checked(settings, args)
    if args.check:
        print(f"{checked.folder}：数据库和 {len(checked.files)} 个文件与备份时一致。")
        return 0
    if args.keys:
        keys.put_back(settings, args.keys)
    done = asyncio.run(restore(settings, args.folder))
    print(f"已从 {done.backup} 恢复：数据库（版本 {done.revision}）和 {done.files} 个文件。")
    if done.destroyed:
        print(f"其中 {done.destroyed} 件在备份之后已依法销毁，已再次销毁。")
    print(f"留痕至第 {done.audit.end.place} 条完整。请运行 hotline check，然后启动。")
    return 0


def _checked(settings: Settings, args: argparse.Namespace) -> Checked:
    """The backup held against its keys; these come into the installation only once they have proved to fit."""
    if not args.keys:
        return check(settings, args.folder)
    with tempfile.TemporaryDirectory() as place:
        aside = settings.model_copy(update={"data_dir": Path(place)})
        keys.put_back(aside, args.keys)
        return check(aside, args.folder)
