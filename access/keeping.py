"""What every change of accounts and roles has in common, within one transaction: it fits, and the register is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from access import tables as t
from access.errors import NotFitError, NotFoundError
from access.granting import Doer, fits
from access.people import Account, Grant, GrantState
from access.rows import account_by_login, account_of, add, change, end_sessions, grants_of
from common.roles import Role

#: Told of an account and all its grants after each change of them, in the same transaction.
Told = Callable[[Connection, Account, Sequence[Grant]], None]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Writes accounts and grants. ``root`` is the unit of level 1, ``told`` keeps the register in step."""

    told: Told
    root: str

    def put(self, connection: Connection, account: Account) -> Account:
        """Write a new account.

        Raises:
            NotFitError: its login name or id is taken.
        """
        if account_by_login(connection, account.login) is not None:
            raise NotFitError("这个登录名已有人使用。")
        try:
            account_of(connection, account.id)
        except NotFoundError:
            add(connection, t.accounts, account)
            self.told(connection, account, ())
            return account
        raise NotFitError("这个编号已有账号。")

    def give(self, connection: Connection, account: Account, one: Grant, now: datetime, *, ends: bool = True) -> Grant:
        """Write a grant, where it fits.

        Raises:
            NotFitError: it does not.
        """
        held = grants_of(connection, account.id)
        fits(one.role, account, held, self.root, now)
        if one.until is not None and one.until <= one.since:
            raise NotFitError("截止日期应在开始日期之后。")
        add(connection, t.grants, one)
        if ends and one.state is GrantState.HELD:
            end_sessions(connection, account.id, now, "roles_changed")
        self.told(connection, account, [*held, one])
        return one

    def take(self, connection: Connection, account: Account, one: Grant, by: str, now: datetime) -> None:
        """End a grant that is held."""
        change(connection, t.grants, one.id, state=GrantState.REVOKED, decided_by=by, decided_at=now)
        end_sessions(connection, account.id, now, "roles_changed")
        self.told(connection, account, grants_of(connection, account.id))

    def shut(self, connection: Connection, account: str, doer: Doer, now: datetime) -> Account:
        """Block an account: sessions end, and the register knows it no longer as one that works."""
        known = account_of(connection, account, lock=True)
        end_sessions(connection, account, now, "blocked")
        return self.changed(connection, known, doer, now, active=False)

    def changed(self, connection: Connection, known: Account, doer: Doer, now: datetime, **fresh: object) -> Account:
        """Change columns of an account; gives it as it is now."""
        told = {**fresh, "changed_by": doer.account, "changed_at": now}
        change(connection, t.accounts, known.id, **told)
        saved = replace(known, **told)  # type: ignore[arg-type]  # columns by their names
        self.told(connection, saved, grants_of(connection, known.id))
        return saved

    def decided(
        self, connection: Connection, account: Account, one: Grant, *, state: GrantState, doer: Doer, now: datetime
    ) -> Grant:
        """A grant goes over into another state; gives it as it is now."""
        change(connection, t.grants, one.id, state=state, decided_by=doer.account, decided_at=now)
        if state is not GrantState.REFUSED:
            end_sessions(connection, account.id, now, "roles_changed")
        self.told(connection, account, grants_of(connection, account.id))
        return replace(one, state=state, decided_by=doer.account, decided_at=now)


def held_by_anybody(connection: Connection, role: Role, now: datetime) -> bool:
    """Whether an account that is not blocked holds a role now."""
    query = t.grants.select().join(t.accounts, t.accounts.c.id == t.grants.c.account)
    query = query.where(t.grants.c.role == role.value, t.accounts.c.active)
    accounts = {row.account for row in connection.execute(query)}
    return any(one.role is role and one.holds(now, "") for who in accounts for one in grants_of(connection, who))
