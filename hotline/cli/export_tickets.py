"""``hotline export-tickets``: tickets as Excel or CSV; who the caller is only where a reason is given for it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from access.errors import NotAllowedError
from common import clock
from common.api.serving import REVEAL
from common.audit import AuditEntry
from common.clock import CIVIL
from common.store import NotWritten
from hotline.audit import AuditStore
from hotline.cli_person import Person
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.sealing_keys import vault_of
from hotline.settings import load
from tickets.model import Status, Ticket
from tickets.protecting import above_and_self
from tickets.seeing import sight_of_unit, unit_and_below
from tickets.sheets.exporting import Seen, everything, exported, headings, watermark
from tickets.sheets.writing import sheet
from tickets.store import TicketFilter, TicketStore
from tickets.unit_tree import UnitTree


def _status(text: str) -> Status:
    return next(one for one in Status if text in (one.value, one.words))


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), CIVIL)


def _yes(text: str) -> bool:
    return {"yes": True, "是": True, "no": False, "否": False}[text]


#: What ``--filter`` knows.
_FILTERS: dict[str, Callable[[str], Any]] = {
    "status": _status,
    "unit": str,
    "category": str,
    "since": _day,
    "until": _day,
    "open": _yes,
    "overdue": lambda text: clock.now() if _yes(text) else None,
}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "export-tickets",
        help="导出工单为 Excel 或 CSV(保密工单不导出)",
        description="默认不含诉求人信息;导出内容逐件留痕。",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="写入的文件,.xlsx 或 .csv")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        type=_filter,
        metavar="NAME=VALUE",
        help=f"可多次:{' '.join(_FILTERS)}",
    )
    parser.add_argument("--contacts", metavar="REASON", default="", help="同时导出诉求人信息,须写明理由")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export; 1 with one line when that cannot be done."""
    person: Person = args.person
    chosen = {"overdue_at" if name == "overdue" else name: value for name, value in args.filter}
    if args.contacts.strip():
        person.needs(REVEAL)
    try:
        count = asyncio.run(_exported(args, TicketFilter(**chosen)))
    except (DatabaseError, NotWritten, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"已导出{count}件到{args.file}")
    return 0


def _of_unit(shown: TicketFilter, unit: str, tree: UnitTree) -> TicketFilter:
    """A unit is given its own and its lower units' (R14.8), and no complaints about itself (A16)."""
    own = unit_and_below(unit, tree)
    if shown.unit and shown.unit not in own:
        raise NotAllowedError("只能导出本单位及其下级的工单。")
    return replace(shown, units=None if shown.unit else own, apart_from=above_and_self(unit, tree))


async def _exported(args: argparse.Namespace, shown: TicketFilter) -> int:
    settings, person, count = load(), args.person, 0
    contacts = bool(args.contacts.strip())
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        audit, store = AuditStore(ledger), TicketStore(database.reads, ledger, vault_of(settings))
        seen: Callable[[Ticket], Seen] = everything
        if not person.at_level_one:
            unit = person.caller.unit
            shown = _of_unit(shown, unit, (await store.register()).tree)
            seen = partial(sight_of_unit, unit=unit, contacts=contacts)
        mark = watermark(person.caller.person, clock.now())
        with sheet(args.file, headings(contacts=contacts)) as add_row:
            async for batch in exported(store, shown, contacts=contacts, mark=mark, seen=seen):
                await audit.add(
                    AuditEntry(clock.now(), person.who, "tickets.export", batch.numbers, args.contacts[:200])
                )
                for row in batch.rows:
                    add_row(row)
                count += len(batch.rows)
    return count


def _filter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or name not in _FILTERS:
        raise argparse.ArgumentTypeError(f"「{text}」应写成 名称=值,名称为:{'、'.join(_FILTERS)}")
    try:
        return name, _FILTERS[name](value.strip())
    except (ValueError, KeyError, StopIteration) as error:
        raise argparse.ArgumentTypeError(f"「{text}」的值不能识别") from error
