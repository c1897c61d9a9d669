"""What people do with their own account: another password, a second factor, tokens for their programs."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from access import tables as t
from access import totp
from access.door import Found, Stage, find, of_the_command_line
from access.errors import NotFitError, NotFoundError, UnprovenError, WrongError
from access.passwords import check_new, check_unused
from access.people import ApiToken, roles_held
from access.rows import account_of, add, change, end_sessions, grants_of, tokens_of
from access.signing_in import SignIn, renew_cookie
from access.visit import Visit, digest_of, new_cookie
from common import clock
from common.api.caller import Scope
from common.audit import AuditEntry
from common.ids import new_id
from common.roles import KEEPERS

#: An audit's and an idempotency key's columns hold so much of an account and its token's name.
_MOST_LETTERS = 79


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor that is to be confirmed: its secret to be typed, and what an app reads from a QR code."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """Everything here concerns the one who has signed in; ``house`` is what an app shows beside the code."""

    signing: SignIn
    house: str

    async def change_password(
        self, found: Found, old: str, new: str, visit: Visit, now: datetime | None = None
    ) -> Found:
        """Another password; all other sessions end, and this one goes on under a new cookie.

        Raises:
            WrongError: ``old`` is not the present one.
            WeakPasswordError: says what is wrong with the new one.
            NotFitError: the code comes first.
            LockedError, BusyError: see ``SignIn.open``.
        """
        at = now or clock.now()
        signing, account = self.signing, found.account
        if found.stage is Stage.CODE:
            raise NotFitError("请先输入动态口令。")
        await signing.check_password(account, old, visit, at)
        check_new(new, signing.policy, account.login, account.name)
        before = await signing.store.read(lambda connection: passwords_before(connection, account.id))
        kept = signing.policy.password_history
        await check_unused(signing.passwords, new, [account.password, *before][:kept])
        phc = await signing.passwords.hash(new)
        cookie = new_cookie()

        def save(connection: Connection) -> Found | None:
            if account_of(connection, account.id, lock=True).password != account.password:
                raise WrongError("密码刚刚被改过，请重新登录。")
            put_password(connection, account.id, phc, at, before=account.password, must_change=False, by=account.id)
            end_sessions(connection, account.id, at, "password_changed", but=found.session.id)
            # The password alone does not prove what code and password prove together.
            proved = {} if account.totp else {"proved_at": at}
            renew_cookie(connection, found.session, cookie, seen_at=at, **proved)
            return find(connection, digest_of(cookie), at, signing.policy)

        after = await signing.store.run(save)
        visit.given = cookie
        await self._say("account.password_changed", visit, account.id, at)
        if after is None:
            raise WrongError("登录会话已经结束，请重新登录。")
        return after

    async def begin_enrolment(self, found: Found, now: datetime | None = None) -> Enrolment:
        """A new second factor; it counts once a code of it was given.

        Raises:
            UnprovenError: there is one already, and its owner has not shown for some time that it is them.
            NotFitError: code or password come first.
        """
        at = now or clock.now()
        self._may_enrol(found)
        if found.account.totp:
            proven(found, self.signing, at)
        secret = totp.new_secret()
        closed = self.signing.seal.closed(secret, found.account.id)
        await self.signing.store.run(lambda one: change(one, t.accounts, found.account.id, totp_new=closed))
        return Enrolment(totp.spoken(secret), totp.uri(secret, found.account.login, self.house))

    async def confirm_enrolment(
        self, found: Found, code: str, visit: Visit, now: datetime | None = None
    ) -> tuple[Found, tuple[str, ...]]:
        """The app gives right codes: from now on it is asked for. Gives the codes for paper, which are shown once.

        Raises:
            WrongError: not a code of the new secret.
            NotFitError: nothing waits to be confirmed.
        """
        at = now or clock.now()
        self._may_enrol(found)
        codes = totp.recovery_codes()
        cookie = new_cookie()
        account = found.account.id

        def confirm(connection: Connection) -> Found | None:
            known = account_of(connection, account, lock=True)
            if not known.totp_new:
                raise NotFitError("请先取得新的动态口令密钥。")
            step = totp.matched(self.signing.seal.opened(known.totp_new, account), code, at, 0)
            if step is None:
                raise WrongError("动态口令不对。请核对手机时间，再试一次。")
            change(connection, t.accounts, account, totp=known.totp_new, totp_new="", totp_step=step)
            connection.execute(t.recovery_codes.delete().where(t.recovery_codes.c.account == account))
            rows = [{"account": account, "digest": totp.digest(one), "used_at": None} for one in codes]
            connection.execute(t.recovery_codes.insert(), rows)
            end_sessions(connection, account, at, "second_factor_changed", but=found.session.id)
            renew_cookie(connection, found.session, cookie, seen_at=at, second_factor=True)
            return find(connection, digest_of(cookie), at, self.signing.policy)

        after = await self.signing.store.run(confirm)
        if after is None:
            raise WrongError("登录会话已经结束，请重新登录。")
        visit.given = cookie
        await self._say("account.second_factor", visit, account, at)
        return after, codes

    async def make_token(
        self,
        found: Found,
        name: str,
        scopes: Collection[Scope],
        visit: Visit,
        *,
        rights: frozenset[str] | None = None,
        expires_at: datetime | None = None,
        now: datetime | None = None,
    ) -> tuple[ApiToken, str]:
        """A token for a program of one's own; its text is given once, and kept nowhere.

        Raises:
            UnprovenError: its owner has not shown for some time that it is them.
            NotFitError: the name is taken, or the account may have none.
        """
        at = now or clock.now()
        proven(found, self.signing, at)
        text = secrets.token_urlsafe(32)
        token = ApiToken(
            new_id(),
            name,
            digest_of(text),
            found.account.id,
            frozenset(scopes),
            found.account.id,
            at,
            rights,
            expires_at,
        )
        await self.signing.store.run(lambda connection: put_token(connection, token, at))
        await self._say("token.made", visit, found.account.id, at, objects=(token.id,))
        return token, text

    async def revoke_token(self, found: Found, token: str, visit: Visit, now: datetime | None = None) -> None:
        """A token of one's own is good no more; a security administrator ends those of others too.

        Raises:
            NotFoundError: there is none, it is somebody else's, or it was revoked before.
        """
        at = now or clock.now()
        whose = None if any(role.value == "security_admin" for role in found.roles) else found.account.id

        def revoke(connection: Connection) -> None:
            if not end_token(connection, token, whose, found.account.id, at):
                raise NotFoundError("没有这个令牌，或它已经作废。")

        await self.signing.store.run(revoke)
        await self._say("token.revoked", visit, found.account.id, at, objects=(token,))

    def _may_enrol(self, found: Found) -> None:
        if found.stage not in {Stage.ENROL, Stage.OPEN}:
            raise NotFitError("请先输入动态口令、改好密码。")

    async def _say(self, action: str, visit: Visit, account: str, now: datetime, objects: tuple[str, ...] = ()) -> None:
        await self.signing.audit(AuditEntry(now, f"{account}@{visit.address}", action, (account, *objects)))


def proven(found: Found, signing: SignIn, now: datetime) -> None:
    """Whether password and code were given lately: a session that somebody left open is not enough for this.

    Raises:
        UnprovenError: they must be given again.
    """
    since = now - found.session.proved_at
    if since >= signing.policy.proof_holds or since.total_seconds() < -300:  # noqa: PLR2004 - the clock was set back
        raise UnprovenError("这样的操作须先再次输入密码（和动态口令），请核验后重试。")


def passwords_before(connection: Connection, account: str) -> list[str]:
    """The hashes of earlier passwords, the newest first."""
    query = sa.select(t.old_passwords.c.password).where(t.old_passwords.c.account == account)
    return list(connection.execute(query.order_by(t.old_passwords.c.id.desc())).scalars())


def put_password(
    connection: Connection, account: str, phc: str, now: datetime, *, before: str, must_change: bool, by: str
) -> None:
    """Another password, the one before kept among the old ones."""
    if before:
        row = {"id": new_id(), "account": account, "password": before}
        connection.execute(t.old_passwords.insert(), row)
    told = {"password": phc, "password_at": now, "must_change": must_change, "changed_by": by, "changed_at": now}
    change(connection, t.accounts, account, **told)


def put_token(connection: Connection, token: ApiToken, now: datetime) -> None:
    """A new token, where its owner may have one.

    Raises:
        NotFitError: the name is taken, or the account may have none.
    """
    owner = account_of(connection, token.account, lock=True)
    keeps = roles_held(grants_of(connection, owner.id), now) & KEEPERS
    if keeps and not of_the_command_line(token, now):
        raise NotFitError(
            "系统管理员、安全管理员和审计员不得有接口令牌：这些事由人登录办理。"
            "命令行所用的须限于命令行的权限（审计员为 audit.read、holds.set），一天内过期。"
        )
    if any(one.name == token.name for one in tokens_of(connection, owner.id)):
        raise NotFitError("已有过同名的令牌，请换个名称。")
    if len(owner.id) + len(token.name) > _MOST_LETTERS:
        raise NotFitError("令牌名称过长。")
    add(connection, t.api_tokens, token)


def end_token(connection: Connection, token: str, whose: str | None, by: str, now: datetime) -> bool:
    """Revoke a token, of one account or of any; False where there is no such token in use."""
    one = [t.api_tokens.c.id == token, t.api_tokens.c.revoked_at.is_(None)]
    if whose is not None:
        one.append(t.api_tokens.c.account == whose)
    query = t.api_tokens.update().where(*one).values(revoked_at=now, revoked_by=by)
    return bool(connection.execute(query).rowcount)
