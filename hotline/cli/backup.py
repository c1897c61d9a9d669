"""``hotline backup``: database, recordings, attachments and all that belongs to them, while the hotline runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common import clock
from common.signing import KeyUnusable
from hotline.keeping.backup import keys, shelf
from hotline.keeping.backup.errors import BackupError
from hotline.keeping.backup.making import make_backup
from hotline.keeping.lock import BusyError
from hotline.settings import load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "backup",
        help="备份数据库、录音、附件等（可在运行时进行，未变的文件不重复占空间）",
        description="密钥不在备份之中：用 --with-keys 另存一处。没有密钥，备份中的保密工单无法解读。",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="备份所在目录，应在另外的磁盘上")
    parser.add_argument("--with-keys", type=Path, metavar="DIR2", help="同时把密钥另存到这里（不能与备份同处）")
    parser.add_argument("--keep", type=int, metavar="N", help="只保留最近 N 份完整备份")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make one; 1 with one line when that cannot be done."""
    settings = load()
    if args.keep is not None and args.keep < 1:
        print("--keep 至少为 1", file=sys.stderr)
        return 2
    try:
        if args.with_keys:
            keys.keep_apart(settings, args.with_keys, args.folder)
        made = make_backup(settings, args.folder, clock.now())
        gone = shelf.prune(args.folder, args.keep) if args.keep else []
    except (BackupError, BusyError, KeyUnusable, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"已备份到 {made}")
    if gone:
        print(f"已删除 {len(gone)} 份旧备份")
    return 0
