"""What people see and do of their own over HTTP: sessions, proof of who they are, tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from access.api_asking import Asking
from access.api_problems import CSRF, NO_SESSION, OF_KEEPING, OF_SIGNING, refusals
from access.api_session import Code, Done, Password, SessionShown, session_shown
from access.own import OwnDesk
from access.people import ApiToken
from access.rows import live_sessions, tokens_of
from access.visit import present
from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Id, Instant, Nothing, Shown, Stamp, Told
from common.api.operation import operation

_TAG = "登录"


class OfId(Asked):
    """One of a kind."""

    id: Id


class ProofTold(Told):
    """Password, and a code where a second factor is bound."""

    password: Password
    code: Code | None = None


class OneSession(Shown):
    """A session of one's own."""

    id: str
    present: Annotated[bool, Field(description="就是现在这一个。")]
    address: str
    agent: Annotated[str, Field(description="浏览器自称。")]
    made_at: Stamp
    seen_at: Stamp
    ends_at: Stamp


class SessionList(Shown):
    """All that have not ended."""

    sessions: list[OneSession]


class TokenTold(Told):
    """A token to be made."""

    name: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$"), Field(description="1 到 40 个字母、数字或 . _ -。")
    ]
    scopes: Annotated[
        list[Literal["read", "write"]], Field(min_length=1, max_length=2, description="read 读取，write 办理。")
    ]
    rights: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[a-z_.-]{1,60}$")]] | None,
        Field(max_length=50, description="只限这些权限（见《权限表》的编号）；不写则为本人的全部权限。"),
    ] = None
    expires_at: Annotated[Instant | None, Field(description="到何时为止；不写则不过期。")] = None


class TokenShown(Shown):
    """A token, without its text."""

    id: str
    name: str
    account: str
    scopes: list[str]
    rights: list[str] | None
    made_at: Stamp
    expires_at: Stamp | None
    used_at: Annotated[Stamp | None, Field(description="最近一次使用，精确到分钟。")]
    revoked_at: Stamp | None


class NewToken(TokenShown):
    """A new token; its text is never shown again."""

    token: str


class TokenList(Shown):
    """Tokens, the newest first."""

    tokens: list[TokenShown]


@dataclass(frozen=True, slots=True)
class OwnPages:
    """For everybody who has signed in, of their own."""

    asking: Asking
    own: OwnDesk

    @operation(
        "POST",
        "/api/v1/session/proof",
        summary="再次核验身份：办理账号、身份、令牌之前",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=(NO_SESSION, CSRF, *OF_SIGNING),
    )
    async def prove_session(self, body: ProofTold) -> SessionShown:
        """Password and code once more; the session goes on under a new cookie."""
        found = await self.asking.session()
        with refusals():
            after = await self.asking.signing.prove(found, body.password.get_secret_value(), body.code or "", present())
        return session_shown(after)

    @operation("GET", "/api/v1/sessions", summary="本人的登录", tag=_TAG, scope=Scope.ACCOUNT, problems=(NO_SESSION,))
    async def list_sessions(self, query: Nothing) -> SessionList:
        """Where one is signed in."""
        del query
        found = await self.asking.session()
        live = await self.own.signing.store.read(lambda one: live_sessions(one, found.account.id, clock.now()))
        return SessionList(
            sessions=[
                OneSession(
                    id=one.id,
                    present=one.id == found.session.id,
                    address=one.address,
                    agent=one.agent,
                    made_at=one.made_at,
                    seen_at=one.seen_at,
                    ends_at=one.ends_at,
                )
                for one in live
            ]
        )

    @operation(
        "DELETE",
        "/api/v1/sessions",
        summary="退出本人的全部登录，包括现在这一个",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=(NO_SESSION, CSRF),
    )
    async def end_sessions(self) -> Done:
        """Sign out everywhere."""
        await self.asking.signing.close(await self.asking.session(), present(), everywhere=True)
        return Done()

    @operation(
        "DELETE",
        "/api/v1/sessions/{id}",
        summary="结束本人的一个登录",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def end_session(self, ids: OfId) -> Done:
        """End one session of one's own."""
        found = await self.asking.session()
        with refusals():
            await self.asking.signing.close_other(found, ids.id, present())
        return Done()

    @operation("GET", "/api/v1/tokens", summary="本人的令牌", tag=_TAG, scope=Scope.ACCOUNT)
    async def list_tokens(self, ask: Ask, query: Nothing) -> TokenList:
        """Tokens of one's own programs."""
        del query
        found = await self.own.signing.store.read(lambda one: tokens_of(one, ask.caller.account))
        return TokenList(tokens=[TokenShown(**_token(one)) for one in found])

    @operation(
        "POST",
        "/api/v1/tokens",
        summary="新建令牌；内容只显示这一次",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        status=201,
        problems=OF_KEEPING,
    )
    async def make_token(self, body: TokenTold) -> NewToken:
        """A token for a program; it may never do more than its owner."""
        found = await self.asking.proven()
        scopes = [Scope(one) for one in body.scopes]
        rights = None if body.rights is None else frozenset(body.rights)
        with refusals():
            token, text = await self.own.make_token(
                found, body.name, scopes, present(), rights=rights, expires_at=body.expires_at
            )
        return NewToken(**_token(token), token=text)

    @operation(
        "DELETE",
        "/api/v1/tokens/{id}",
        summary="作废令牌",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def revoke_token(self, ids: OfId) -> Done:
        """A token is good no more, from the next request on."""
        found = await self.asking.session()
        with refusals():
            await self.own.revoke_token(found, ids.id, present())
        return Done()


def _token(one: ApiToken) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "account": one.account,
        "scopes": sorted(one.scopes),
        "rights": None if one.rights is None else sorted(one.rights),
        "made_at": one.made_at,
        "expires_at": one.expires_at,
        "used_at": one.used_at,
        "revoked_at": one.revoked_at,
    }
