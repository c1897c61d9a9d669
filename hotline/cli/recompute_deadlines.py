"""``hotline recompute-deadlines``: what a new calendar changes in open tickets, shown before it is done (R22.3)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from common import clock
from common.audit import AuditEntry
from hotline.audit import AuditStore
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.settings import Settings, load
from tickets.desk import TicketDesk
from tickets.desk.recomputing import DateChange
from tickets.store import TicketStore


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "recompute-deadlines",
        help="按现行日历重算未办结工单的期限;不加 --apply 只列出变化",
        description="放假安排公布、导入或本市调整上班日之后使用。已告知诉求人的日期保留在记录中。",
    )
    parser.add_argument("--apply", action="store_true", help="写入变化,并记入各工单的办理过程")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List what changes, and with ``--apply`` write it; 1 when the database cannot be used."""
    try:
        changes = asyncio.run(_changes(load(), args.person.who, apply=args.apply))
    except DatabaseError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(*(change.words() for change in changes), sep="\n", end="\n" if changes else "")
    count = len({change.ticket_id for change in changes})
    if not count:
        print("没有需要重算的期限。")
    else:
        print(f"共{count}件工单的期限有变化,{'已写入' if args.apply else '未写入;加 --apply 写入'}。")
    return 0


async def _changes(settings: Settings, who: str, *, apply: bool) -> Sequence[DateChange]:
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        desk = TicketDesk(TicketStore(database.reads, ledger))
        if not apply:
            return await desk.changes_by_calendar()
        now = clock.now()
        await AuditStore(ledger).add(AuditEntry(now, who, "deadlines.recompute", ()))
        return await desk.recompute(now)
