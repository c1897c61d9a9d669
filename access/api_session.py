"""Signing in and out over HTTP, and what somebody must do before they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from access.api_asking import Asking
from access.api_problems import CSRF, NO_SESSION, OF_SIGNING, WEAK, refusals
from access.door import Found
from access.own import OwnDesk
from access.visit import csrf_of, present
from common.api.fields import Line, Nothing, Shown, Stamp, Told
from common.api.operation import operation
from common.api.problem import CONFLICT

_TAG = "登录"
Password = Annotated[SecretStr, Field(min_length=1, max_length=200, description="密码。")]
Code = Annotated[
    str, Field(min_length=6, max_length=40, description="动态口令（6 位数字），或绑定时给出的备用码，每个只能用一次。")
]
_PROBLEMS = (NO_SESSION, CSRF, CONFLICT, *OF_SIGNING)


class SignInTold(Told):
    """Who signs in."""

    login: Line
    password: Password


class CodeTold(Told):
    """The second factor."""

    code: Code


class NewPasswordTold(Told):
    """The present password and the one to come."""

    old: Password
    new: Password


class SessionShown(Shown):
    """Who has signed in, and what they must do next."""

    stage: Annotated[
        Literal["code", "change_password", "enrol", "open"],
        Field(description="还须做什么：code 输入动态口令，change_password 改密码，enrol 绑定动态口令，open 已登录。"),
    ]
    csrf: Annotated[str, Field(description="除读取以外的请求，须在请求头 X-Csrf-Token 中带上；每次登录、核验后更换。")]
    account: str
    name: str
    unit: str
    roles: list[str]
    second_factor: Annotated[bool, Field(description="是否已绑定动态口令。")]
    session: str
    ends_at: Stamp


class EnrolmentShown(Shown):
    """A second factor that is to be confirmed by a code."""

    secret: Annotated[str, Field(description="手动输入身份验证器的密钥，只显示这一次。")]
    uri: Annotated[str, Field(description="otpauth 地址，可做成二维码由身份验证器扫描。")]


class RecoveryShown(SessionShown):
    """The session after a second factor was bound, and the codes for paper."""

    recovery: Annotated[list[str], Field(description="备用码，手机丢失时用，每个只能用一次；只显示这一次。")]


class Done(Shown):
    """It was done."""

    done: bool = True


@dataclass(frozen=True, slots=True)
class SessionPages:
    """The way in. Open to anyone: who asks shows themselves by the session's cookie, at whatever stage it is."""

    asking: Asking
    own: OwnDesk

    @operation(
        "POST",
        "/api/v1/session",
        summary="登录：登录名和密码",
        tag=_TAG,
        scope=None,
        status=201,
        problems=(CSRF, *OF_SIGNING),
    )
    async def sign_in(self, body: SignInTold) -> SessionShown:
        """Begin a session; its cookie comes with the answer."""
        visit = present()
        with refusals():
            found = await self.asking.signing.open(body.login, body.password.get_secret_value(), visit)
        return session_shown(found)

    @operation("GET", "/api/v1/session", summary="谁已登录、还须做什么", tag=_TAG, scope=None, problems=(NO_SESSION,))
    async def read_session(self, query: Nothing) -> SessionShown:
        """The session of the cookie."""
        del query
        return session_shown(await self.asking.session())

    @operation("DELETE", "/api/v1/session", summary="退出登录", tag=_TAG, scope=None, problems=(NO_SESSION, CSRF))
    async def sign_out(self) -> Done:
        """End this session."""
        await self.asking.signing.close(await self.asking.session(), present())
        return Done()

    @operation(
        "POST",
        "/api/v1/session/code",
        summary="登录第二步：动态口令",
        tag=_TAG,
        scope=None,
        problems=_PROBLEMS,
    )
    async def give_code(self, body: CodeTold) -> SessionShown:
        """The second factor."""
        found = await self.asking.session()
        with refusals():
            after = await self.asking.signing.code(found, body.code, present())
        return session_shown(after)

    @operation(
        "POST",
        "/api/v1/session/password",
        summary="更改本人密码；本人的其他登录随即结束",
        tag=_TAG,
        scope=None,
        problems=(*_PROBLEMS, WEAK),
    )
    async def change_password(self, body: NewPasswordTold) -> SessionShown:
        """Another password."""
        found = await self.asking.session()
        old, new = body.old.get_secret_value(), body.new.get_secret_value()
        with refusals():
            after = await self.own.change_password(found, old, new, present())
        return session_shown(after)

    @operation(
        "POST",
        "/api/v1/session/second-factor",
        summary="绑定动态口令：取得密钥",
        tag=_TAG,
        scope=None,
        problems=_PROBLEMS,
    )
    async def begin_second_factor(self) -> EnrolmentShown:
        """A secret for an app."""
        found = await self.asking.session()
        if found.account.totp:
            await self.asking.proven()
        with refusals():
            one = await self.own.begin_enrolment(found)
        return EnrolmentShown(secret=one.secret, uri=one.uri)

    @operation(
        "POST",
        "/api/v1/session/second-factor/confirm",
        summary="绑定动态口令：以一个口令确认",
        tag=_TAG,
        scope=None,
        problems=_PROBLEMS,
    )
    async def confirm_second_factor(self, body: CodeTold) -> RecoveryShown:
        """The app works: it counts from now on."""
        found = await self.asking.session()
        with refusals():
            after, codes = await self.own.confirm_enrolment(found, body.code, present())
        return RecoveryShown(**session_shown(after).model_dump(), recovery=list(codes))


def session_shown(found: Found) -> SessionShown:
    """A session as its owner sees it, with what their page must say in a header."""
    visit = present()
    return SessionShown(
        stage=found.stage.value,
        csrf=csrf_of(visit.given or visit.cookie),
        account=found.account.id,
        name=found.account.name,
        unit=found.account.unit,
        roles=sorted(found.roles),
        second_factor=bool(found.account.totp),
        session=found.session.id,
        ends_at=found.session.ends_at,
    )
