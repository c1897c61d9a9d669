"""``hotline alarms``: what stands, and taking away what somebody has seen to."""

from __future__ import annotations

import argparse
import asyncio
import sys

from common import clock
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.settings import Settings, load
from ivr.model import Alarm
from ivr.store import CallStore


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("alarms", help="列出未解除的告警;处理完毕后以 --clear 解除")
    parser.add_argument("--clear", metavar="CODE", action="append", default=[], help="解除该代码的告警,可多次")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List or clear; 1 when a code to clear does not stand, or the database cannot be used."""
    try:
        return asyncio.run(_run(load(), args.clear))
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(settings: Settings, cleared: list[str]) -> int:
    async with opened(settings.database) as database, GroupCommit(database).running() as ledger:
        store = CallStore(database.reads, ledger)
        standing = {alarm.code: alarm for alarm in await store.alarms()}
        unknown = [code for code in cleared if code not in standing]
        for code in cleared:
            if code in standing:
                await store.clear_alarm(code, clock.now())
                print(f"已解除 {code}")
    for code in unknown:
        print(f"没有代码为 {code} 的告警;不带参数运行 hotline alarms 可列出全部", file=sys.stderr)
    if not cleared:
        print("\n".join(map(_line, standing.values())) or "没有未解除的告警。")
    return 1 if unknown else 0


def _line(alarm: Alarm) -> str:
    return f"{clock.civil(alarm.raised_at):%Y-%m-%d %H:%M}  {alarm.code}  {alarm.detail}  ({alarm.times} 次)"
