"""Who asks: found by the cookie of a session or by a token, as things stand in the database at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from access import tables as t
from access.people import Account, ApiToken, Session, roles_held
from access.policy import Policy
from access.rights import only_of_verbs
from access.rows import account_of, change, grants_of, session_of, token_of
from access.store import AccessStore
from access.visit import digest_of
from common import clock
from common.api.caller import Caller, Scope
from common.roles import KEEPERS, Role

#: That somebody was here is written down so often at most: it must not cost a write for every look.
_NOTED_EVERY = timedelta(minutes=1)
#: What was made further ahead than this was made before the clock was set back.
_SKEW = timedelta(minutes=5)
#: A token of an auditor or administrator holds no longer.
_KEEPERS_TOKEN_HOLDS = timedelta(days=1)


class Stage(StrEnum):
    """What somebody who gave the right password must still do before anything else."""

    CODE = "code"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - a stage, no password
    ENROL = "enrol"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Found:
    """A session that is good, its account, the roles in force in it, and how far it has come."""

    session: Session
    account: Account
    roles: frozenset[Role]
    stage: Stage

    @property
    def caller(self) -> Caller:
        """The one who asks; until the session is open they may do nothing but go on signing in."""
        account, is_open = self.account, self.stage is Stage.OPEN
        return Caller(
            account.id,
            account.unit,
            account.id,
            tuple(sorted(self.roles)) if is_open else (),
            frozenset(Scope) if is_open else frozenset(),
            account=account.id,
            session=self.session.id,
        )


@dataclass(frozen=True, slots=True)
class Door:
    """Asks the database every time: what was blocked, revoked or changed holds from the next request on."""

    store: AccessStore
    policy: Policy

    async def by_session(self, cookie: str, now: datetime | None = None) -> Found | None:
        """The session of a cookie; None if it is nobody's, has ended, or was unused for too long."""
        at = now or clock.now()
        digest = digest_of(cookie)
        found = await self.store.read(lambda connection: find(connection, digest, at, self.policy))
        if found and at - found.session.seen_at >= _NOTED_EVERY:
            await self.store.run(lambda connection: change(connection, t.sessions, found.session.id, seen_at=at))
        return found

    async def by_token(self, text: str, now: datetime | None = None) -> Caller | None:
        """The bearer of a token; None if it is nobody's, has expired or was revoked."""
        at = now or clock.now()
        digest = digest_of(text)
        found = await self.store.read(lambda connection: bearer(connection, digest, at))
        if found is None:
            return None
        token, caller = found
        if token.used_at is None or at - token.used_at >= _NOTED_EVERY:
            await self.store.run(lambda connection: change(connection, t.api_tokens, token.id, used_at=at))
        return caller


def find(connection: Connection, digest: str, now: datetime, policy: Policy) -> Found | None:
    """The good session of a digest."""
    session = session_of(connection, digest)
    if session is None or not _good(session, now, policy):
        return None
    account = account_of(connection, session.account)
    if not account.active:
        return None
    roles = roles_held(grants_of(connection, account.id), now, session.id)
    return Found(session, account, roles, stage_of(account, session, roles, now, policy))


def stage_of(account: Account, session: Session, roles: frozenset[Role], now: datetime, policy: Policy) -> Stage:
    """How far somebody has come."""
    if account.totp and not session.second_factor:
        return Stage.CODE
    old = policy.password_max_age and account.password_at and now - account.password_at >= policy.password_max_age
    if account.must_change or old:
        return Stage.CHANGE_PASSWORD
    if not account.totp and roles & policy.second_factor_roles:
        return Stage.ENROL
    return Stage.OPEN


def _good(session: Session, now: datetime, policy: Policy) -> bool:
    # A session from the future would outlive its time by as much as the clock was set back.
    set_back = max(session.made_at, session.seen_at) > now + _SKEW
    idle = now - session.seen_at >= policy.session_idle
    return session.ended_at is None and now < session.ends_at and not idle and not set_back


def of_the_command_line(token: ApiToken, made_at: datetime) -> bool:
    """It opens no door of the interface, and soon none at all."""
    short = token.expires_at is not None and token.expires_at - made_at <= _KEEPERS_TOKEN_HOLDS
    return short and bool(token.rights) and all(only_of_verbs(one) for one in token.rights or ())


def bearer(connection: Connection, digest: str, now: datetime) -> tuple[ApiToken, Caller] | None:
    """The good token of a digest, and who bears it."""
    token = token_of(connection, digest)
    if token is None or not token.good(now):
        return None
    account = account_of(connection, token.account)
    if not account.active:
        return None
    roles = roles_held(grants_of(connection, account.id), now)
    if roles & KEEPERS and not of_the_command_line(token, token.made_at):
        # Made before they were auditors or administrators: these have no tokens but for the command line.
        return None
    caller = Caller(
        f"{account.id}/{token.name}",
        account.unit,
        account.id,
        tuple(sorted(roles)),
        token.scopes,
        account=account.id,
        token=token.id,
        rights=token.rights,
    )
    return token, caller
