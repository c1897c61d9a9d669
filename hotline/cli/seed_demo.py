"""``hotline seed-demo``: Binzhou with fictitious people and tickets in every state, to have something to see."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from access import tables as access_tables
from access.store import AccessStore
from common import clock
from common.clock import CIVIL
from hotline.database import DatabaseError, opened
from hotline.demo_accounts import DEMO_PASSWORD, demo_accounts
from hotline.group_commit import GroupCommit
from hotline.sealing_keys import vault_of
from hotline.settings import Settings, load
from tickets.desk import TicketDesk
from tickets.model import Status
from tickets.register import ROOT
from tickets.seed import Plan, Played, city_records, play
from tickets.store import TicketStore, tables_register
from tickets.store.registering import Entry
from tickets.store.tables import tickets
from tickets.units import Membership, Person

_AT_ONCE = 500


class _RefusedError(Exception):
    """It was not done; the message is what the operator reads."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "seed-demo",
        help="写入演示数据:滨州的机构、类别、派单目录,虚构的人员和各种状态的工单",
        description="工单全部经业务规则逐步办理而成;人员、诉求均为虚构,电话号码均不可能存在。",
    )
    parser.add_argument("--tickets", type=_count, default=300, metavar="N", help="工单数(默认300;十万件约需十几分钟)")
    parser.add_argument("--days", type=_count, default=60, help="工单分布在之前多少天内(默认60)")
    parser.add_argument("--seed", type=int, default=12345, help="随机种子;相同则数据相同(编号和查询码除外)")
    parser.add_argument("--until", type=_instant, default=None, metavar="TIME", help="演示到何时为止(默认现在)")
    parser.add_argument("--force", action="store_true", help="库中已有工单或机构时也写入,已有的登记不改动")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fill the database of the settings; 1 with one line when it must not be touched."""
    plan = Plan(args.tickets, args.until or clock.now().replace(second=0, microsecond=0), args.days, args.seed)
    settings = load()
    try:
        played, statuses = asyncio.run(_seeded(settings, plan, force=args.force))
    except (_RefusedError, DatabaseError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"\n已写入{played.tickets}件演示工单,办理{played.deeds}步,督办提醒和到期处理{played.timers}次。")
    for status in Status:
        if statuses[status.value]:
            print(f"  {status.words}:{statuses[status.value]}")
    for line in played.refused[:5]:
        print(f"未能照演示脚本办理:{line}", file=sys.stderr)
    return 0


async def _seeded(settings: Settings, plan: Plan, *, force: bool) -> tuple[Played, Counter[str]]:
    _nobody_serves(settings)
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        store = TicketStore(database.reads, ledger, vault_of(settings))
        holds = await store.read(_holds)
        if holds and not force:
            raise _RefusedError(f"库中{holds},未写入演示数据。确需写入请加 --force,或另用一个库(HOTLINE_DATABASE_URL)")
        await store.seed(plan.until)
        records = city_records(plan.seed)
        await _put_missing(store, records, plan.until)
        people = [one for one in records if isinstance(one, Person | Membership)]
        policy, access = settings.sign_in_policy, AccessStore(database.reads, ledger)
        # A database that somebody uses never gets accounts whose password everybody knows.
        made = await demo_accounts(access, policy, people, plan.until, known_password=not holds)
        if made and not holds:
            print(f"已建{made}个演示账号(登录名如 demo0001),密码均为 {DEMO_PASSWORD}。")
        played = await play(store, TicketDesk(store), plan, _progress if plan.tickets > _AT_ONCE else lambda _: None)
        return played, Counter(await store.read(_statuses))


def _nobody_serves(settings: Settings) -> None:
    """A running service would fire the timers of the past by the clock of now, in the middle of the play."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((settings.http_host, settings.http_port)) == 0:
            raise _RefusedError(f"{settings.http_host}:{settings.http_port} 有服务在运行,请先停止服务再写入演示数据")


def _holds(connection: Connection) -> str:
    if connection.execute(sa.select(tickets.c.id).limit(1)).first():
        return "已有工单"
    if connection.execute(sa.select(access_tables.accounts.c.id).limit(1)).first():
        return "已有人员账号"
    units = tables_register.units
    found = connection.execute(sa.select(units.c.id).where(units.c.id != ROOT.id).limit(1)).first()
    return "已登记机构" if found else ""


def _statuses(connection: Connection) -> dict[str, int]:
    query = sa.select(tickets.c.status, sa.func.count()).group_by(tickets.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


async def _put_missing(store: TicketStore, records: Sequence[Entry], at: datetime) -> None:
    """What a city has registered itself stays as it is."""
    known = await store.register()
    keys = {*known.units, *known.people, *known.categories, *(line.id for line in known.catalogue)}
    held = {(one.person, one.unit, one.role) for one in known.memberships}
    fresh = [one for one in records if _key(one) not in keys and _key(one) not in held]
    await store.put(*fresh, at=at)


def _key(record: Entry) -> object:
    if isinstance(record, Membership):
        return (record.person, record.unit, record.role)
    return getattr(record, "id", None) or getattr(record, "code", None)


def _progress(played: Played) -> None:
    print(f"\r已写入{played.tickets}件,办理{played.deeds}步", end="", flush=True)


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"「{text}」应为大于0的整数")
    return value


def _instant(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"「{text}」不是有效的时间;应写成 2026-11-24T15:00") from error
    return value if value.tzinfo else value.replace(tzinfo=CIVIL)
