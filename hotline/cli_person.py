"""Who carries out a verb of the command line: the machine itself, or a person, whose right its row decides.

What keeps the machine going (the row ``house.run``) needs the machine and nothing else. Every other verb is some
person's to use, by a token of their own: whoever can read the disk is not by that an auditor or a leader.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from access import rights
from access.door import bearer
from access.errors import NotAllowedError
from access.visit import digest_of
from common import clock
from common.api.caller import Caller, Scope
from common.reach import Reach
from hotline.database import DatabaseError, async_engine, is_made
from hotline.rights import TableOfRights
from hotline.settings import load
from tickets.register import ROOT

TOKEN: Final = "HOTLINE_TOKEN"  # noqa: S105 - the variable's name
_HOW: Final = (
    "本命令须由有权限的人办理,凭本人的令牌:设环境变量 HOTLINE_TOKEN,或在终端中运行后按提示输入。"
    "令牌由本人登录后在接口 POST /api/v1/tokens 新建,或由系统管理员运行 hotline token add 登录名 令牌名"
    "(会改动数据的命令加 --write;审计员加 --right audit.read --days 1,"
    "安全管理员换密钥加 --right keys.rotate --days 1 --write)。"
)
#: Rows whose verbs change nothing: a token that may only read is enough.
_READING: Final = frozenset({"audit.read", "calls.screen", "tickets.export"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who carries out a verb, how far their right to it goes, and what else they may."""

    caller: Caller
    reach: Reach

    @property
    def who(self) -> str:
        """As the audit writes it: the account and its token, at the machine itself."""
        return self.caller.who[:80]

    @property
    def at_level_one(self) -> bool:
        """Whether they are of the unit at the root."""
        return self.caller.unit == ROOT.id

    def needs(self, right: str) -> None:
        """Whether they have another right too.

        Raises:
            NotAllowedError: they have not.
        """
        if _TABLE.of(self.caller, right) is Reach.NONE:
            raise NotAllowedError(f"您没有「{rights.of_id(right).words}」的权限,未予办理。")


_TABLE: Final = TableOfRights(ROOT.id)


def person_for(verb: str) -> Person | None:
    """Who carries out a verb; None where the machine is enough.

    Raises:
        NotAllowedError: no token, none that is known, or its owner has no right to it.
        SettingsError: the settings cannot be used.
    """
    row = rights.of_verb(verb)
    if row.id == rights.OF_THE_MACHINE:
        return None
    text = os.environ.get(TOKEN, "").strip()
    if not text and sys.stdin is not None and sys.stdin.isatty():
        text = getpass.getpass("令牌:").strip()
    if not text:
        raise NotAllowedError(_HOW)
    caller = asyncio.run(_bearer(load().database, text))
    if caller is None:
        raise NotAllowedError(f"没有这个令牌,或它已过期、作废。{_HOW}")
    caller = replace(caller, address="console")
    reach = _TABLE.of(caller, row.id)
    if reach is Reach.NONE:
        raise NotAllowedError(f"您的身份没有「{row.words}」的权限,未予办理;谁能办什么见《权限表》docs/rights.md。")
    if row.id not in _READING and Scope.WRITE not in caller.scopes:
        raise NotAllowedError("这个令牌只能读取。请换用可以办理的令牌(hotline token add … --write)。")
    return Person(caller, reach)


async def _bearer(url: str, text: str) -> Caller | None:
    """Looked up without changing anything: verifying the audit must not write to it."""
    digest, now = digest_of(text), clock.now()
    try:
        if not is_made(url):
            return None
        engine = async_engine(url, read_only=True)
        try:
            async with engine.connect() as connection:
                found = await connection.run_sync(bearer, digest, now)
        finally:
            await engine.dispose()
    except (DatabaseError, SQLAlchemyError, OSError) as error:
        raise NotAllowedError(f"数据库不能使用,无法核对令牌:{type(error).__name__}") from error
    return found[1] if found else None
