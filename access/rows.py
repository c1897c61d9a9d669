"""People's records as rows: read and written within one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from access import tables as t
from access.errors import NotFoundError
from access.people import Account, ApiToken, Change, Filing, FilingState, Grant, GrantState, Session
from common.api.caller import Scope
from common.roles import Role

#: The one answer for an account that is not there, or not for the one who asks to know of.
NO_ACCOUNT = "没有这个账号。"
_account = sa.select(t.accounts).where(t.accounts.c.id == sa.bindparam("b_id"))
_login = sa.select(t.accounts).where(t.accounts.c.login == sa.bindparam("b_login"))
_grants = sa.select(t.grants).where(t.grants.c.account == sa.bindparam("b_account")).order_by(t.grants.c.id)
_grant = sa.select(t.grants).where(t.grants.c.id == sa.bindparam("b_id")).with_for_update()
_session = sa.select(t.sessions).where(t.sessions.c.digest == sa.bindparam("b_digest"))
_token = sa.select(t.api_tokens).where(t.api_tokens.c.digest == sa.bindparam("b_digest"))
_filing = sa.select(t.filings).where(t.filings.c.id == sa.bindparam("b_id"))
_live = (t.sessions.c.account == sa.bindparam("b_account"), t.sessions.c.ended_at.is_(None))


def account_by_login(connection: Connection, login: str) -> Account | None:
    """Whose login name this is."""
    row = connection.execute(_login, {"b_login": login}).one_or_none()
    return Account(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def account_of(connection: Connection, account: str, *, lock: bool = False) -> Account:
    """One account; with ``lock`` whoever else changes it waits for this transaction.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_account.with_for_update() if lock else _account, {"b_id": account}).one_or_none()
    if row is None:
        raise NotFoundError(NO_ACCOUNT)
    return Account(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def any_account(connection: Connection) -> bool:
    """Whether anybody has ever had an account."""
    return connection.execute(sa.select(t.accounts.c.id).limit(1)).first() is not None


def grants_of(connection: Connection, account: str) -> list[Grant]:
    """Every grant that an account ever had, the oldest first."""
    return [_grant_of(row) for row in connection.execute(_grants, {"b_account": account})]


def grant_of(connection: Connection, grant: str) -> Grant:
    """One grant, for this transaction alone to change.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_grant, {"b_id": grant}).one_or_none()
    if row is None:
        raise NotFoundError("没有这项授予。")
    return _grant_of(row)


def session_of(connection: Connection, digest: str) -> Session | None:
    """The session of a cookie's digest, ended or not."""
    row = connection.execute(_session, {"b_digest": digest}).one_or_none()
    return Session(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def live_sessions(connection: Connection, account: str, now: datetime) -> list[Session]:
    """The sessions of an account that have not ended, the newest first."""
    query = sa.select(t.sessions).where(*_live, t.sessions.c.ends_at > now).order_by(t.sessions.c.id.desc())
    rows = connection.execute(query, {"b_account": account})
    return [Session(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def end_sessions(connection: Connection, account: str, now: datetime, why: str, *, but: str = "") -> int:
    """End all sessions of an account, except one; gives how many there were."""
    query = t.sessions.update().where(*_live, t.sessions.c.id != but).values(ended_at=now, ended_why=why)
    return connection.execute(query, {"b_account": account}).rowcount


def token_of(connection: Connection, digest: str) -> ApiToken | None:
    """The token of a digest, good or not."""
    row = connection.execute(_token, {"b_digest": digest}).one_or_none()
    return _token_of(row) if row else None


def tokens_of(connection: Connection, account: str | None) -> list[ApiToken]:
    """The tokens of an account, or of all, the newest first."""
    query = sa.select(t.api_tokens).order_by(t.api_tokens.c.id.desc())
    if account is not None:
        query = query.where(t.api_tokens.c.account == account)
    return [_token_of(row) for row in connection.execute(query)]


def filing_of(connection: Connection, filing: str, *, lock: bool = False) -> Filing:
    """One filing; with ``lock`` for this transaction alone to change.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_filing.with_for_update() if lock else _filing, {"b_id": filing}).one_or_none()
    if row is None:
        raise NotFoundError("没有这项备案。")
    return read_filing(row)


def read_filing(row: Any) -> Filing:
    """A filing from its row."""
    plain = {**row._mapping, "change": Change.of(row.change), "state": FilingState.of(row.state)}  # noqa: SLF001 - SQLAlchemy's public name
    return Filing(**{**plain, "told": json.loads(row.told)})


def add(connection: Connection, table: Table, *records: Any) -> None:
    """Write new records."""
    if records:
        connection.execute(table.insert(), [_row(one) for one in records])


def change(connection: Connection, table: Table, record: str, **values: object) -> int:
    """Change columns of one record by its id; gives how many rows there were, one or none."""
    told = {name: _plain(value) for name, value in values.items()}
    return connection.execute(table.update().where(table.c.id == record).values(told)).rowcount


def accounts_in(connection: Connection, units: Iterable[str] | None) -> Sequence[Account]:
    """The accounts of these units, or all."""
    query = sa.select(t.accounts).order_by(t.accounts.c.unit, t.accounts.c.id)
    if units is not None:
        query = query.where(t.accounts.c.unit.in_(list(units)))
    return [Account(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _grant_of(row: Any) -> Grant:
    plain: Mapping[str, Any] = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    return Grant(**{**plain, "role": Role.of(row.role), "state": GrantState.of(row.state)})


def _token_of(row: Any) -> ApiToken:
    scopes = frozenset(Scope(one) for one in row.scopes.split())
    rights = None if row.rights is None else frozenset(row.rights.split())
    return ApiToken(**{**row._mapping, "scopes": scopes, "rights": rights})  # noqa: SLF001 - SQLAlchemy's public name


def _row(record: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(record, one.name)) for one in fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return value.value if isinstance(value, Role | GrantState | Change | FilingState) else value
