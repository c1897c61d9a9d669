"""``hotline retention``: deletes what is past its time, or says what would go (A23)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError

from common import clock
from common.signing import KeyUnusable
from hotline.database import DatabaseError, opened
from hotline.keeping.house import ages, house
from hotline.keeping.lock import BusyError, keeping
from hotline.keeping.retention import Ages, Due, clean, due
from hotline.settings import Settings, load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "retention",
        help="删除到期的录音、工单、来电和留痕（保全的除外），留下销毁记录",
        description="系统每晚自动执行；也可手工执行。先用 --dry-run 看会删除什么。",
    )
    parser.add_argument("--dry-run", action="store_true", help="只说明会删除什么，不删除")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delete, or say what would go; 1 with one line where that cannot be done."""
    try:
        rules, found = asyncio.run(_done(load(), dry=args.dry_run))
    except (BusyError, DatabaseError, KeyUnusable, SQLAlchemyError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(asdict(found)))
        return 0
    verb = "将删除" if args.dry_run else "已删除"
    for one, count, unit in (
        (rules.recordings, found.recordings, "通来电的录音"),
        (rules.tickets, found.tickets, "件工单"),
        (rules.tickets, found.calls, "条来电记录"),
        (rules.audit, found.audit, "条留痕"),
    ):
        print(f"{verb} {count} {unit}（{clock.civil(one.before):%Y-%m-%d} 之前，保存 {one.years} 年）")
    print(f"保全中、不删除的：{found.held} 项")
    return 0


async def _done(settings: Settings, *, dry: bool) -> tuple[Ages, Due]:
    now = clock.now()
    rules = ages(settings, now)
    async with opened(settings.database) as database:
        if dry:
            return rules, await due(database, rules, now)
        with keeping(settings.data_dir, "清理"):
            return rules, await clean(house(settings, database), rules, now)
