"""``hotline account``: accounts and roles from the machine itself: the first ones, and when all else fails."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import date

from access.errors import AccessError, NotFoundError
from access.passwords import check_new
from access.people import Account, GrantState, roles_held
from access.rows import accounts_in, grants_of
from common import clock
from common.roles import NOBODYS, Role
from common.store import NotWritten
from hotline.cli_access import account_named, console, people
from hotline.database import DatabaseError
from hotline.secrets_file import SecretError
from hotline.settings import Settings, load
from hotline.sign_in import Access

_ROLES = sorted(role.value for role in Role if role not in NOBODYS)
_Deed = Callable[[argparse.Namespace, Access, Settings], Awaitable[None]]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb and what it does."""
    parser = subparsers.add_parser(
        "account",
        help="人员账号:新建首批管理员、停用、重置密码、授予身份",
        description="在本机以系统所有者的身份办理,全部留痕。平时由系统管理员、安全管理员登录后办理。密码从不写在命令行上。",
    )
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    make = _deed(deeds, "add", "新建账号,并给出(或输入)首个密码", _add)
    make.add_argument("login", help="登录名")
    make.add_argument("--name", required=True, help="姓名")
    make.add_argument("--unit", default="12345", help="单位编号(默认一级机构)")
    make.add_argument("--phone", default="", help="工作电话")
    make.add_argument("--role", choices=_ROLES, help="同时授予的身份")
    _asks_password(make)
    _deed(deeds, "list", "列出账号", _list).add_argument("--unit", help="只列这个单位")
    block = _deed(deeds, "block", "停用账号,登录随即结束", _block)
    block.add_argument("login")
    block.add_argument("reason", help="原因")
    back = _deed(deeds, "unblock", "恢复停用的账号", _unblock)
    back.add_argument("login")
    back.add_argument("reason", help="原因")
    _deed(deeds, "unlock", "解除因多次输错而暂停的登录", _unlock).add_argument("login")
    reset = _deed(deeds, "reset-password", "重置密码,登录后须立即更改", _reset)
    reset.add_argument("login")
    _asks_password(reset)
    drop = _deed(deeds, "drop-second-factor", "解除动态口令,下次登录重新绑定", _drop)
    drop.add_argument("login")
    drop.add_argument("reason", help="原因")
    grant = _deed(deeds, "grant", "授予身份", _grant)
    grant.add_argument("login")
    grant.add_argument("role", choices=_ROLES)
    grant.add_argument("reason", help="依据")
    grant.add_argument("--until", type=date.fromisoformat, help="到哪天为止(当天不含)")
    revoke = _deed(deeds, "revoke", "收回身份", _revoke)
    revoke.add_argument("login")
    revoke.add_argument("role", choices=_ROLES)
    revoke.add_argument("reason", help="原因")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 with one line where it cannot be done."""
    settings = load()
    try:
        asyncio.run(_opened(args, settings))
    except (AccessError, DatabaseError, SecretError, NotWritten, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _deed(
    deeds: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str, deed: _Deed
) -> argparse.ArgumentParser:
    parser = deeds.add_parser(name, help=words)
    parser.set_defaults(run=run, deed=deed)
    return parser


def _asks_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password", action="store_true", help="由您输入密码(或从标准输入读一行);不写则生成一个,只显示一次"
    )


async def _opened(args: argparse.Namespace, settings: Settings) -> None:
    async with people(settings) as access:
        await args.deed(args, access, settings)


async def _add(args: argparse.Namespace, access: Access, settings: Settings) -> None:
    password = _password(args, settings, args.login, args.name)
    account = await access.staff.make(console(), args.login, args.name, args.unit, phone=args.phone)
    print(f"已新建账号 {account.login}({account.name},{account.unit})。")
    first = await access.staff.reset_password(console(), account.id, password)
    if not password:
        print(f"一次性密码(只显示这一次,登录后须更改):{first}")
    if args.role:
        await _given(access, account, Role.of(args.role), "新建账号时授予", None)


async def _list(args: argparse.Namespace, access: Access, _: Settings) -> None:
    now = clock.now()
    units = None if args.unit is None else [args.unit]
    for one in await access.staff.store.read(lambda connection: accounts_in(connection, units)):
        account = one.id
        grants = await access.staff.store.read(lambda connection, account=account: grants_of(connection, account))  # type: ignore[misc]  # bound now
        roles = "、".join(role.words for role in sorted(roles_held(grants, now))) or "无身份"
        state = "" if one.active else "  已停用"
        factor = "  已绑定动态口令" if one.totp else ""
        print(f"{one.login}  {one.name}  {one.unit}  {roles}{factor}{state}  {one.id}")


async def _block(args: argparse.Namespace, access: Access, _: Settings) -> None:
    await access.staff.block(console(), (await account_named(access, args.login)).id, args.reason)
    print("已停用。")


async def _unblock(args: argparse.Namespace, access: Access, _: Settings) -> None:
    await access.staff.unblock(console(), (await account_named(access, args.login)).id, args.reason)
    print("已恢复。")


async def _unlock(args: argparse.Namespace, access: Access, _: Settings) -> None:
    await access.staff.unlock(console(), (await account_named(access, args.login)).id)
    print("已解除暂停。")


async def _reset(args: argparse.Namespace, access: Access, settings: Settings) -> None:
    account = await account_named(access, args.login)
    password = _password(args, settings, account.login, account.name)
    first = await access.staff.reset_password(console(), account.id, password)
    print("已重置。" if password else f"一次性密码(只显示这一次,登录后须更改):{first}")


async def _drop(args: argparse.Namespace, access: Access, _: Settings) -> None:
    await access.staff.drop_second_factor(console(), (await account_named(access, args.login)).id, args.reason)
    print("已解除动态口令。")


async def _grant(args: argparse.Namespace, access: Access, _: Settings) -> None:
    await _given(access, await account_named(access, args.login), Role.of(args.role), args.reason, args.until)


async def _revoke(args: argparse.Namespace, access: Access, _: Settings) -> None:
    account, now = await account_named(access, args.login), clock.now()
    grants = await access.staff.store.read(lambda connection: grants_of(connection, account.id))
    held = [one for one in grants if one.role.value == args.role and not one.over(now)]
    if not held:
        raise NotFoundError("此人没有这个身份。")
    for one in held:
        await access.roles.revoke(console(), one.id, args.reason)
    print("已收回。")


async def _given(access: Access, account: Account, role: Role, reason: str, until: date | None) -> None:
    one = await access.roles.grant(console(), account.id, role, reason=reason, until=until)
    if one.state is GrantState.PROPOSED:
        print(f"{role.words}已提出,待安全管理员或一级机构负责人登录后确认。")
    else:
        print(f"已授予{role.words}。")


def _password(args: argparse.Namespace, settings: Settings, *names: str) -> str:
    """What the operator types, unseen; from a pipe one line of it. Empty where one is to be made."""
    if not args.password:
        return ""
    if sys.stdin.isatty():
        typed = getpass.getpass("密码:")
        if getpass.getpass("再输入一次:") != typed:
            raise AccessError("两次输入不同。")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    check_new(typed, settings.sign_in_policy, *names)
    return typed
