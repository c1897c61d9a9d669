"""``hotline calendar``: the working days in the database: what is known, a year's notice, a day of the city's own."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

from common import clock
from common.audit import AuditEntry
from hotline.audit import AuditStore
from hotline.database import DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.settings import load
from tickets.calendar_notice import from_ics, from_json
from tickets.store import TicketStore
from tickets.workdays import CalendarError, CalendarYear, LocalDay, spoken


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb and what it does."""
    parser = subparsers.add_parser("calendar", help="工作日历:查看、导入放假安排、登记本市调整的日子")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    deeds.add_parser("list", help="列出已有的年份和本市调整的日子").set_defaults(run=run, deed=_list)
    notice = deeds.add_parser("import", help="导入国务院办公厅的放假安排(JSON或ICS)")
    notice.add_argument("file", type=Path)
    notice.set_defaults(run=run, deed=_import)
    local = deeds.add_parser("local", help="登记本市自定的上班日或放假日")
    local.add_argument("date", type=date.fromisoformat, help="日期,如 2026-12-05")
    local.add_argument("kind", choices=("off", "work"), help="off 放假,work 上班")
    local.add_argument("reason", help="依据,会写在期限说明里")
    local.set_defaults(run=run, deed=_local)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 with one line when the file or the database cannot be used."""
    try:
        asyncio.run(_opened(args, args.deed))
    except (CalendarError, OSError, UnicodeDecodeError) as problem:
        print(f"不能使用:{problem}", file=sys.stderr)
        return 1
    except DatabaseError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


async def _opened(args: argparse.Namespace, deed: Callable[[argparse.Namespace, TicketStore], Awaitable[str]]) -> None:
    async with opened(load().database) as database, GroupCommit(database, window=0).running() as ledger:
        store = TicketStore(database.reads, ledger)
        await store.seed(clock.now())
        said = await deed(args, store)
        if said:
            await AuditStore(ledger).add(AuditEntry(clock.now(), args.person.who, "calendar.kept", (), said))


async def _list(_: argparse.Namespace, store: TicketStore) -> str:
    register = await store.register()
    for year in sorted(register.calendar.years.values(), key=lambda one: one.year):
        print(f"{year.year} {year.version} 放假{len(year.holidays)}天,调休上班{len(year.workdays)}天,来自{year.source}")
    for day in register.local_days:
        print(f"{day.date.year}年{spoken(day.date)} {'上班' if day.working else '放假'}:{day.reason}")
    return ""


async def _import(args: argparse.Namespace, store: TicketStore) -> str:
    year = _notice(args.file)
    known = (await store.register()).calendar.years.get(year.year)
    if known and known.version == year.version:
        print(f"{year.year}年的放假安排已有,内容相同({year.version})。")
        return ""
    await store.put(year, at=clock.now())
    print(f"已导入{year.year}年的放假安排({year.version})。用 hotline recompute-deadlines 查看对未办结工单的影响。")
    return f"{year.year} {year.version}"


async def _local(args: argparse.Namespace, store: TicketStore) -> str:
    await store.put(LocalDay(args.date, args.kind == "work", args.reason), at=clock.now())
    said = "上班" if args.kind == "work" else "放假"
    print(f"已登记{spoken(args.date)}{said}。用 hotline recompute-deadlines 查看影响。")
    return f"{args.date} {args.kind}"


def _notice(file: Path) -> CalendarYear:
    text = file.read_text(encoding="utf-8-sig")
    return from_ics(text, file.name) if file.suffix.lower() == ".ics" else from_json(text, file.name)
