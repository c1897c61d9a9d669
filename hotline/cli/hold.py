"""``hotline hold``: legal hold on a ticket, a citizen's number or a call: nothing of it is deleted (A23)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import date, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from common import clock
from common.audit import AuditEntry
from common.vault.vault import plain_number
from hotline.audit import add_entries
from hotline.database import DatabaseError, opened
from hotline.keeping.holds import KINDS, Hold, lift_hold, set_hold, standing
from hotline.sealing_keys import vault_of
from hotline.settings import load

_WORDS = {"ticket": "工单", "number": "号码", "call": "来电"}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("hold", help="保全：指定的工单、号码或来电到期也不删除")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    new = acts.add_parser("set", help="设置保全")
    new.add_argument("kind", choices=KINDS, help="ticket 工单，number 诉求人号码，call 来电")
    new.add_argument("object", metavar="OBJECT", help="工单编号、电话号码或来电编号")
    new.add_argument("--why", required=True, help="事由和依据")
    new.add_argument("--until", type=_day, metavar="DATE", help="到该日结束为止；缺省直到解除")
    end = acts.add_parser("lift", help="解除保全")
    end.add_argument("id", metavar="ID", help="保全编号，见 hotline hold list")
    end.add_argument("--why", required=True, help="事由和依据")
    acts.add_parser("list", help="列出有效的保全")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Set, lift or list; 1 with one line where that cannot be done."""
    try:
        return asyncio.run(_run(args))
    except LookupError as missing:
        print(f"没有 {missing} 这个工单或来电", file=sys.stderr)
    except (DatabaseError, SQLAlchemyError) as problem:
        print(problem, file=sys.stderr)
    return 1


async def _run(args: argparse.Namespace) -> int:
    now, settings = clock.now(), load()
    async with opened(settings.database) as database:
        if args.act == "list":
            async with database.reads.connect() as connection:
                found = await connection.run_sync(standing, now)
            print("\n".join(map(_line, found)) or "没有有效的保全。")
            return 0
        who, blind = args.person.who, vault_of(settings).index.blind

        def new(connection: Connection) -> tuple[Hold, int]:
            about = args.object.strip()
            told = {"who": who, "why": args.why, "at": now, "until": args.until, "blind": blind(about)}
            hold, objects = set_hold(connection, args.kind, about, **told)
            add_entries(connection, [AuditEntry(now, who, "hold.set", (hold.id, *sorted(objects)), args.why[:200])])
            return hold, len(objects)

        def end(connection: Connection) -> bool:
            stood = lift_hold(connection, args.id, who=who, why=args.why, at=now)
            if stood:
                add_entries(connection, [AuditEntry(now, who, "hold.lift", (args.id,), args.why[:200])])
            return stood

        if args.act == "set":
            if args.kind == "number" and not plain_number(args.object):
                print(f"「{args.object}」不是电话号码，未保全。", file=sys.stderr)
                return 2
            if args.until and args.until <= now:
                print("--until 所写的日子已经过去，未保全。", file=sys.stderr)
                return 2
            hold, covered = await database.write(new)
            print(f"已保全，编号 {hold.id}，现涉及 {covered} 项工单、来电、录音和附件；今后新到的也保全。")
            return 0
        if not await database.write(end):
            print(f"没有编号为 {args.id} 的有效保全", file=sys.stderr)
            return 1
        print("已解除")
        return 0


def _line(hold: Hold) -> str:
    until = f"至 {clock.civil(hold.until):%Y-%m-%d %H:%M}" if hold.until else "直到解除"
    about = f"{_WORDS[hold.kind]} {hold.object}"
    return f"{hold.id}  {about}  {clock.civil(hold.since):%Y-%m-%d} 起 {until}  {hold.who}  {hold.why}"


def _day(text: str) -> datetime:
    try:
        return clock.day_bounds(date.fromisoformat(text))[1]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"「{text}」应写成 2027-12-31") from error
