"""``hotline rebuild-search``: index all tickets and entries anew, lot by lot, while the service runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic

import sqlalchemy as sa
from sqlalchemy import Connection

from common import clock
from common.store import NotWritten
from common.vault import Vault
from hotline.database import Database, DatabaseError, opened
from hotline.group_commit import GroupCommit
from hotline.sealing_keys import vault_of
from hotline.settings import load
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tickets.store import TicketStore
from tickets.store.finding import refill, ticket_index
from tickets.store.tables import tickets
from tickets.store.work import Work

_AT_ONCE = 200
_INTERRUPTED = 130


@dataclass
class _Place:
    """How far the tickets are."""

    after: str


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "rebuild-search",
        help="重建工单和知识库的检索;服务可以照常运行",
        description="逐批重建,每批写完即生效,期间照常可以检索;中断后可从显示的编号继续,也可从头再来。",
    )
    parser.add_argument("--after", default="", metavar="ID", help="从这件工单之后继续(中断时显示的编号)")
    parser.add_argument(
        "--empty", action="store_true", help="先清空再重建:检索内容已损坏时使用;重建完之前有的工单检索不到"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rebuild and say how far it is; 1 when the database cannot be used, 2 when the two options contradict."""
    if args.after and args.empty:
        print("--empty 会清空已重建的部分,不能与 --after 同用;继续重建请去掉 --empty", file=sys.stderr)
        return 2
    settings, place = load(), _Place(args.after)
    try:
        asyncio.run(_rebuild(settings.database, vault_of(settings), place, empty=args.empty))
    except DatabaseError as problem:
        print(problem, file=sys.stderr)
        return 1
    except NotWritten as problem:
        print(f"数据库未接受写入:{type(problem.__cause__).__name__}。{_again(place)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"已中断,已重建的部分有效。{_again(place)}", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _again(place: _Place) -> str:
    return f"继续:hotline rebuild-search{f' --after {place.after}' if place.after else ''}"


async def _rebuild(url: str, vault: Vault, place: _Place, *, empty: bool) -> None:
    async with opened(url) as database, GroupCommit(database, window=0).running() as ledger:
        store, base = TicketStore(database.reads, ledger, vault), KnowledgeStore(database.reads, ledger)
        if empty:
            await database.write(_emptied)
            print("检索内容已清空。")
        total, done = await _count(database, place.after)

        async def lot_of_tickets(after: str) -> str:
            place.after = await store.run(partial(_refilled, after=after)) or place.after
            return place.after if place.after != after else ""

        await _walk("工单", lot_of_tickets, place.after, total, done)
        today = clock.civil(clock.now()).date()
        await _walk("知识条目", lambda after: base.refill(after, today, at_once=_AT_ONCE), "", await base.count(), 0)
    print("检索已重建。")


async def _walk(what: str, lot: Callable[[str], Awaitable[str]], after: str, total: int, done: int) -> None:
    """Lot after lot; between them others write for as long as the lot took."""
    print(f"{what}:共{total}", flush=True)
    while True:
        began = monotonic()
        after = await lot(after)
        if not after:
            return
        done = min(done + _AT_ONCE, total)
        print(f"{what}:{done}/{total},到{after}", flush=True)
        await asyncio.sleep(monotonic() - began)


def _refilled(work: Work, after: str) -> str:
    return refill(work.connection, work.register, after, at_once=_AT_ONCE)


def _emptied(connection: Connection) -> None:
    ticket_index.empty(connection)
    knowledge_index.empty(connection)


async def _count(database: Database, after: str) -> tuple[int, int]:
    async with database.reads.connect() as connection:
        total = await connection.scalar(sa.select(sa.func.count()).select_from(tickets)) or 0
        before = sa.select(sa.func.count()).select_from(tickets).where(tickets.c.id <= after)
        return total, (await connection.scalar(before) or 0) if after else 0
