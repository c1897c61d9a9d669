"""``hotline import-tickets``: the open tickets of another system, from Excel or CSV, with a report on every row."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from common import clock
from common.audit import AuditEntry
from common.store import NotWritten
from hotline.audit import AuditStore
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.settings import load
from tickets.sheets.importing import Outcome, RowReport, import_tickets
from tickets.sheets.mapping import OWN, Mapping, MappingError, load_mapping
from tickets.sheets.reading import SheetError, rows_of
from tickets.sheets.writing import sheet
from tickets.store import TicketStore

_HEADINGS = ("行号", "原工单编号", "结果", "本系统工单编号", "说明")
_SHOWN = 10


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "import-tickets",
        help="导入其他系统的在办工单(Excel 或 CSV),逐行说明结果",
        description="每行要么完整导入,要么不导入;已导入过的原工单编号不再导入,可以反复执行。",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=".xlsx 或 CSV(UTF-8、GB18030)")
    parser.add_argument(
        "--mapping", type=Path, required=True, metavar="TOML", help="对照文件,见 docs/import.md;own 表示本系统的导出"
    )
    parser.add_argument("--dry-run", action="store_true", help="只检查并说明,不改动任何数据")
    parser.add_argument("--report", type=Path, metavar="FILE", help="逐行结果写入此文件(.xlsx 或 .csv)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import; 1 where some row was refused, 2 where the files cannot be used."""
    try:
        mapping = load_mapping(OWN if str(args.mapping) == "own" else args.mapping)
        reports = asyncio.run(_imported(args, mapping))
        if args.report:
            _write(args.report, reports)
    except (MappingError, SheetError, DatabaseError, NotWritten, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    counts = Counter(one.outcome for one in reports)
    print("，".join(f"{outcome.words}{counts[outcome]}行" for outcome in Outcome if counts[outcome]) or "没有数据行")
    refused = [one for one in reports if one.outcome is Outcome.REFUSED]
    for one in refused[:_SHOWN]:
        print(f"第{one.row}行({one.theirs or '无编号'}):{one.why}", file=sys.stderr)
    if len(refused) > _SHOWN:
        print(f"另有{len(refused) - _SHOWN}行未导入,详见 --report 文件", file=sys.stderr)
    return 1 if refused else 0


async def _imported(args: argparse.Namespace, mapping: Mapping) -> list[RowReport]:
    settings, person = load(), args.person
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        store = TicketStore(database.reads, ledger)
        now = clock.now()
        if not args.dry_run:
            await store.seed(now)
            name = args.file.name[:100]
            await AuditStore(ledger).add(AuditEntry(now, person.who, "tickets.import", (), f"{mapping.system} {name}"))
        return await import_tickets(store, rows_of(args.file), mapping, now, who=person.caller.person, dry=args.dry_run)


def _write(file: Path, reports: Sequence[RowReport]) -> None:
    with sheet(file, _HEADINGS, "导入结果") as add:
        for one in reports:
            add((str(one.row), one.theirs, one.outcome.words, one.ours, one.why))
