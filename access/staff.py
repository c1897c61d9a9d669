"""Accounts, as the administrators keep them: the system administrator makes them, and gives nobody a role."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from access import lockout
from access import tables as t
from access.errors import NotFitError
from access.granting import Doer
from access.keeping import Keeping
from access.own import put_password
from access.passwords import Passwords
from access.people import Account
from access.rows import account_by_login, account_of, change, end_sessions
from access.sealing import Seal
from access.signing_in import normal
from access.store import AccessStore
from common import clock
from common.audit import Audit, AuditEntry
from common.ids import new_id
from common.roles import Role

#: The units above one, the nearest first; None where there is no such unit.
Above = Callable[[str], Awaitable[tuple[str, ...] | None]]


@dataclass(frozen=True, slots=True)
class StaffDesk:
    """What administrators do with accounts. Nobody alone gets in as somebody else who has a second factor."""

    store: AccessStore
    passwords: Passwords
    seal: Seal
    audit: Audit
    above: Above
    keeping: Keeping

    async def make(
        self,
        doer: Doer,
        login: str,
        name: str,
        unit: str,
        phone: str = "",
        *,
        id_: str = "",
        now: datetime | None = None,
    ) -> Account:
        """A new account, without a role and without a password: nobody can do anything with it yet.

        Raises:
            NotYoursError: this is the system administrator's part.
            NotFitError: the login name is taken, or there is no such unit.
        """
        doer.needs(Role.SYSTEM_ADMIN)
        at = now or clock.now()
        await self._known(unit)
        account = new_account(doer, login, name, unit, at, phone=phone, id_=id_)
        await self.store.run(lambda connection: self.keeping.put(connection, account))
        await self._say("account.made", doer, at, account.id)
        return account

    async def describe(
        self, doer: Doer, account: str, *, login: str, name: str, phone: str, now: datetime | None = None
    ) -> Account:
        """Another name, login name or telephone of somebody.

        Raises:
            NotYoursError, NotFoundError, NotFitError: not the system administrator; no such account; login name taken.
        """
        doer.needs(Role.SYSTEM_ADMIN)
        at = now or clock.now()

        def save(connection: Connection) -> Account:
            known = account_of(connection, account, lock=True)
            other = account_by_login(connection, normal(login))
            if other is not None and other.id != account:
                raise NotFitError("这个登录名已有人使用。")
            fresh = {"login": normal(login), "name": name, "phone": phone}
            return self.keeping.changed(connection, known, doer, at, **fresh)

        saved = await self.store.run(save)
        await self._say("account.described", doer, at, account)
        return saved

    async def block(self, doer: Doer, account: str, reason: str, now: datetime | None = None) -> Account:
        """Nobody gets in with it any more, from the next request on; sessions end.

        Raises:
            NotYoursError, NotFoundError: for an administrator to do, and not for oneself; no such account.
        """
        doer.needs(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
        doer.not_self(account)
        at = now or clock.now()
        saved = await self.store.run(lambda connection: self.keeping.shut(connection, account, doer, at))
        await self._say("account.blocked", doer, at, account, reason=reason)
        return saved

    async def unblock(self, doer: Doer, account: str, reason: str, now: datetime | None = None) -> Account:
        """It may be used again.

        Raises:
            NotYoursError, NotFoundError: for the security administrator to do, and not for oneself; no such account.
        """
        doer.needs(Role.SECURITY_ADMIN)
        doer.not_self(account)
        at = now or clock.now()

        def save(connection: Connection) -> Account:
            return self.keeping.changed(connection, account_of(connection, account, lock=True), doer, at, active=True)

        saved = await self.store.run(save)
        await self._say("account.unblocked", doer, at, account, reason=reason)
        return saved

    async def unlock(self, doer: Doer, account: str, now: datetime | None = None) -> None:
        """Wrong tries that were counted for it are forgotten.

        Raises:
            NotYoursError, NotFoundError: for the system administrator to do; no such account.
        """
        doer.needs(Role.SYSTEM_ADMIN)
        at = now or clock.now()

        def save(connection: Connection) -> None:
            known = account_of(connection, account)
            for what, who in (("login", known.login), ("password", known.id), ("code", known.id)):
                lockout.forgive(connection, self.seal.subject(what, who))

        await self.store.run(save)
        await self._say("account.unlocked", doer, at, account)

    async def reset_password(self, doer: Doer, account: str, password: str = "", now: datetime | None = None) -> str:
        """A password that works once, to be told its owner, who must choose another with it; sessions end.

        A second factor stays: who resets passwords does not remove it, so that nobody alone gets in as somebody else.

        Raises:
            NotYoursError, NotFoundError: for the system administrator to do, and not for oneself; no such account.
        """
        doer.needs(Role.SYSTEM_ADMIN)
        doer.not_self(account)
        at = now or clock.now()
        first = password or "-".join(secrets.token_hex(2) for _ in range(4))
        phc = await self.passwords.hash(first)

        def save(connection: Connection) -> None:
            known = account_of(connection, account, lock=True)
            put_password(connection, account, phc, at, before=known.password, must_change=True, by=doer.account)
            end_sessions(connection, account, at, "password_reset")

        await self.store.run(save)
        await self._say("account.password_reset", doer, at, account)
        return first

    async def drop_second_factor(self, doer: Doer, account: str, reason: str, now: datetime | None = None) -> None:
        """The telephone is lost, and the paper too: the next sign-in asks for a new one; sessions end.

        Raises:
            NotYoursError, NotFoundError: for the security administrator to do, and not for oneself; no such account.
        """
        doer.needs(Role.SECURITY_ADMIN)
        doer.not_self(account)
        at = now or clock.now()

        def save(connection: Connection) -> None:
            account_of(connection, account, lock=True)
            change(connection, t.accounts, account, totp="", totp_new="", changed_by=doer.account, changed_at=at)
            connection.execute(t.recovery_codes.delete().where(t.recovery_codes.c.account == account))
            end_sessions(connection, account, at, "second_factor_changed")

        await self.store.run(save)
        await self._say("account.second_factor_dropped", doer, at, account, reason=reason)

    async def _known(self, unit: str) -> None:
        if await self.above(unit) is None:
            raise NotFitError(f"没有「{unit}」这个单位，请先设立。")

    async def _say(self, action: str, doer: Doer, now: datetime, *objects: str, reason: str = "") -> None:
        await self.audit(AuditEntry(now, doer.who, action, objects, reason[:200]))


def new_account(
    doer: Doer, login: str, name: str, unit: str, now: datetime, *, phone: str = "", id_: str = ""
) -> Account:
    """An account that is not written yet."""
    by = doer.account
    return Account(id_ or new_id(), normal(login), name, unit, by, now, by, now, phone=phone)
