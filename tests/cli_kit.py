"""Somebody at the machine with a token of their own, for the verbs of the command line that are a person's."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from access import tables as t
from access.own import put_token
from access.people import Account, ApiToken, Grant
from access.rows import add
from access.visit import digest_of
from common import clock
from common.api.caller import Scope
from common.ids import new_id
from common.roles import Role
from hotline.database import opened
from hotline.settings import load

EVERYTHING = frozenset({Scope.READ, Scope.WRITE})
#: All that an auditor's token may be for.
AUDITS = frozenset({"audit.read", "holds.set"})


def token_of(
    *roles: Role,
    unit: str = "12345",
    login: str = "",
    scopes: frozenset[Scope] = EVERYTHING,
    rights: frozenset[str] | None = None,
) -> str:
    """A token for a new account in the database of the settings."""
    now, text = clock.now(), new_id() + new_id()
    name = login or f"p{text[-12:]}"
    account = Account(name, name, "办理人", unit, "test", now, "test", now)
    if rights is None and Role.AUDITOR in roles:
        rights = AUDITS
    if rights is None and Role.SECURITY_ADMIN in roles:
        rights = frozenset({"keys.rotate"})
    token = ApiToken(
        *(new_id(), "cli", digest_of(text), name, scopes, "test", now, rights), expires_at=now + timedelta(hours=23)
    )

    def put(connection: Connection) -> None:
        add(connection, t.accounts, account)
        grants = [Grant(new_id(), name, role, clock.civil(now).date(), "test", now) for role in roles]
        add(connection, t.grants, *grants)
        if rights == AUDITS or not roles:
            put_token(connection, token, now)
        else:
            add(connection, t.api_tokens, token)

    async def write() -> None:
        async with opened(load().database) as database:
            await database.write(put)

    asyncio.run(write())
    return text


def as_person(monkeypatch: pytest.MonkeyPatch, *roles: Role, unit: str = "12345", login: str = "") -> None:
    """From now on the one at the machine is somebody with these roles."""
    monkeypatch.setenv("HOTLINE_TOKEN", token_of(*roles, unit=unit, login=login))
