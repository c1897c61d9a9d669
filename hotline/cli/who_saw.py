"""``hotline who-saw``: everybody who has seen the data of a citizen, a ticket, a call or a recording (R25.2)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from common import clock
from common.audit import AuditEntry
from common.store import NotWritten
from hotline.audit import AuditStore
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.keeping.sightings import Sighting, sightings
from hotline.keeping.subjects import Subject, subject_of
from hotline.sealing_keys import vault_of
from hotline.settings import load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "who-saw",
        help="谁看过某人、某工单、某通来电或某段录音：何时、为何、是否见到全号",
        description="按电话号码、工单编号、来电编号或录音编号查留痕。查询本身也留痕。",
    )
    parser.add_argument("asked", metavar="NUMBER|TICKET|CALL", help="电话号码、工单编号、来电编号或录音编号")
    parser.add_argument("--reason", default="", help="查询事由，记入留痕")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say who saw it; 1 where nothing is known under that name, 2 where it cannot be asked."""
    try:
        subject, found = asyncio.run(_asked(args))
    except (DatabaseError, NotWritten, SQLAlchemyError) as problem:
        print(problem, file=sys.stderr)
        return 2
    if args.json:
        shown = [{**asdict(one), "at": one.at.isoformat(), "words": one.words} for one in found]
        told = {"tickets": sorted(subject.tickets.values()), "calls": sorted(subject.calls), "seen": shown}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0 if subject else 1
    if not subject:
        print("没有这个号码的来电或工单，也没有这个编号的工单、来电或录音。", file=sys.stderr)
        return 1
    for one in found:
        print(_line(one))
    people = len({one.who for one in found})
    print(f"工单 {len(subject.tickets)} 件、来电 {len(subject.calls)} 通：{people} 个账号查看 {len(found)} 次。")
    return 0


def _line(one: Sighting) -> str:
    shown = "完整" if one.full else "掩码"
    reason = f"　事由：{one.reason}" if one.reason else ""
    objects = " ".join(one.objects[:3]) + (f" 等{len(one.objects)}项" if len(one.objects) > 3 else "")  # noqa: PLR2004 - a line's worth
    return f"{clock.civil(one.at):%Y-%m-%d %H:%M:%S}  {one.who}  {one.words}（{shown}）  {objects}{reason}"


async def _asked(args: argparse.Namespace) -> tuple[Subject, Sequence[Sighting]]:
    who = args.person.who
    settings, asked = load(), args.asked.strip()
    blind = vault_of(settings).index.blind(asked)
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        async with database.reads.connect() as connection:
            subject = await connection.run_sync(partial(subject_of, asked=asked, blind=blind))
            found = await connection.run_sync(sightings, subject.objects)
        # Written before anything is shown. A number stands in no entry; what was found under it does.
        objects = tuple(sorted({*subject.tickets.values(), *subject.calls, *subject.recordings}))
        await AuditStore(ledger).add(AuditEntry(clock.now(), who, "audit.who-saw", objects, args.reason[:200]))
    return subject, found
