"""``hotline token``: tokens of the HTTP interface, each of an account; a token's text is shown once."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import Connection

from access import tables as t
from access.errors import AccessError, NotFoundError
from access.own import end_token, put_token
from access.people import ApiToken
from access.rows import tokens_of
from access.visit import digest_of
from common import clock
from common.api.caller import Scope
from common.audit import AuditEntry
from common.ids import new_id
from common.store import NotWritten
from hotline.cli_access import account_named, console, people
from hotline.database import DatabaseError
from hotline.old_tokens import OldTokensError, old_tokens
from hotline.secrets_file import SecretError
from hotline.settings import Settings, load
from hotline.sign_in import Access

_Deed = Callable[[argparse.Namespace, Access, Settings], Awaitable[int]]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb and what it does."""
    parser = subparsers.add_parser("token", help="接口令牌:新建(只显示一次)、列出、作废、从旧文件导入;立即生效")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    make = _deed(deeds, "add", "为一个账号新建令牌,权限不超过该账号", _add)
    make.add_argument("login", help="令牌所代表的账号")
    make.add_argument("name", help="令牌名,字母、数字和 . _ -,留痕中以「账号/令牌名」称呼")
    make.add_argument("--write", action="store_true", help="可以办理;不写则只能读取")
    make.add_argument("--right", action="append", metavar="RIGHT", help="只限这些权限(docs/rights.md 中的编号),可多次")
    make.add_argument("--days", type=int, help="多少天后过期;不写则不过期")
    _deed(deeds, "list", "列出令牌", _list).add_argument("login", nargs="?", help="只列这个账号的")
    revoke = _deed(deeds, "revoke", "作废令牌", _revoke)
    revoke.add_argument("login")
    revoke.add_argument("name")
    _deed(deeds, "import", "把 secrets/tokens.json 中的令牌移入数据库(一次性)", _import)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 with one line where it cannot be done."""
    settings = load()
    try:
        return asyncio.run(_opened(args, settings))
    except (AccessError, DatabaseError, OldTokensError, SecretError, NotWritten, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _deed(
    deeds: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str, deed: _Deed
) -> argparse.ArgumentParser:
    parser = deeds.add_parser(name, help=words)
    parser.set_defaults(run=run, deed=deed)
    return parser


async def _opened(args: argparse.Namespace, settings: Settings) -> int:
    async with people(settings) as access:
        deed: _Deed = args.deed
        return await deed(args, access, settings)


async def _add(args: argparse.Namespace, access: Access, _: Settings) -> int:
    account, now = await account_named(access, args.login), clock.now()
    text = secrets.token_urlsafe(32)
    token = ApiToken(
        new_id(),
        args.name,
        digest_of(text),
        account.id,
        frozenset(Scope(one) for one in (("read", "write") if args.write else ("read",))),
        "console",
        now,
        frozenset(args.right) if args.right else None,
        now + timedelta(days=args.days) if args.days else None,
    )
    await _put(access, token)
    print(text)
    return 0


async def _list(args: argparse.Namespace, access: Access, _: Settings) -> int:
    whose = (await account_named(access, args.login)).id if args.login else None
    now = clock.now()
    for one in await access.staff.store.read(lambda connection: tokens_of(connection, whose)):
        state = "有效" if one.good(now) else "已作废" if one.revoked_at else "已过期"
        used = f"最近使用 {clock.civil(one.used_at):%Y-%m-%d %H:%M}" if one.used_at else "未用过"
        print(f"{one.account}/{one.name}  {' '.join(sorted(one.scopes))}  {state}  {used}")
    return 0


async def _revoke(args: argparse.Namespace, access: Access, _: Settings) -> int:
    account, now = await account_named(access, args.login), clock.now()

    def end(connection: Connection) -> ApiToken:
        for one in tokens_of(connection, account.id):
            if one.name == args.name and end_token(connection, one.id, account.id, "console", now):
                return one
        raise NotFoundError("没有这个令牌,或它已经作废。")

    one = await access.staff.store.run(end)
    await access.staff.audit(AuditEntry(now, console().who, "token.revoked", (account.id, one.id)))
    print("已作废。")
    return 0


async def _import(_args: argparse.Namespace, access: Access, settings: Settings) -> int:
    """What stood in the file acts from now on for the account of that person, in the roles that the account has."""
    file = settings.secrets_dir / "tokens.json"
    found, left = old_tokens(file), 0
    if not found:
        print(f"没有可导入的令牌:{file}")
        return 0
    for old in found:
        now = clock.now()
        try:
            account = await account_named(access, old.person)
            if await _known(access, old.sha256):
                continue
            token = ApiToken(new_id(), old.name, old.sha256, account.id, old.scopes, "console", now)
            await _put(access, token)
        except AccessError as problem:
            left += 1
            print(f"{old.name}(人员 {old.person}):{problem} 请先用 hotline account add 建账号。", file=sys.stderr)
        else:
            print(f"{old.name}:今后代表账号 {account.login},身份以账号为准。")
    if left:
        print(f"有 {left} 个未能导入,文件保留;处理后可重复执行。", file=sys.stderr)
        return 1
    file.replace(file.with_name("tokens.json.imported"))
    return 0


async def _known(access: Access, digest: str) -> bool:
    query = t.api_tokens.select().where(t.api_tokens.c.digest == digest)
    return await access.staff.store.read(lambda connection: connection.execute(query).first() is not None)


async def _put(access: Access, token: ApiToken) -> None:
    await access.staff.store.run(lambda connection: put_token(connection, token, token.made_at))
    await access.staff.audit(AuditEntry(token.made_at, console().who, "token.made", (token.account, token.id)))
