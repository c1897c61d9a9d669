"""Roles over HTTP: given by the security administrator, the weighty ones confirmed by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from access.api_accounts import GrantShown, ReasonTold, grant_shown
from access.api_asking import Asking, doer
from access.api_own import OfId
from access.api_problems import OF_KEEPING, refusals
from access.role_desk import RoleDesk
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Instant, Line, Told
from common.api.operation import operation
from common.roles import Role

_TAG = "账号"


class GrantTold(Told):
    """A role to be given."""

    role: Role
    reason: Line
    since: Annotated[date | None, Field(description="从哪天起；不写则为今天。")] = None
    until: Annotated[date | None, Field(description="到哪天为止（当天不含）；不写则长期。")] = None


class GuestTold(Told):
    """A role for the session that somebody is in (R15.1)."""

    role: Role
    reason: Line
    ends_at: Annotated[Instant, Field(description="最晚到何时，12 小时以内；退出登录即失效。")]


@dataclass(frozen=True, slots=True)
class RolePages:
    """Nobody gives themselves a role."""

    asking: Asking
    desk: RoleDesk

    @operation(
        "POST",
        "/api/v1/accounts/{id}/grants",
        summary="授予身份；管理员、审计员和一级机构负责人须第二人确认",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        status=201,
        problems=OF_KEEPING,
    )
    async def grant_role(self, ask: Ask, ids: OfId, body: GrantTold) -> GrantShown:
        """Give a role."""
        await self.asking.proven()
        with refusals():
            one = await self.desk.grant(
                doer(ask), ids.id, body.role, reason=body.reason, since=body.since, until=body.until
            )
        return grant_shown(one)

    @operation(
        "POST",
        "/api/v1/accounts/{id}/session-grants",
        summary="授予仅本次登录有效的身份（部门进驻大厅）",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        status=201,
        problems=OF_KEEPING,
    )
    async def grant_session_role(self, ask: Ask, ids: OfId, body: GuestTold) -> GrantShown:
        """Give a role for one session (R15.1)."""
        await self.asking.session()
        with refusals():
            one = await self.desk.grant_session(doer(ask), ids.id, body.role, ends_at=body.ends_at, reason=body.reason)
        return grant_shown(one)

    @operation(
        "POST",
        "/api/v1/grants/{id}/confirm",
        summary="第二人确认授予",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def confirm_grant(self, ask: Ask, ids: OfId) -> GrantShown:
        """The second person agrees."""
        return await self._decided(ask, ids.id, confirm=True)

    @operation(
        "POST",
        "/api/v1/grants/{id}/refuse",
        summary="第二人不予确认",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def refuse_grant(self, ask: Ask, ids: OfId) -> GrantShown:
        """The second person does not agree."""
        return await self._decided(ask, ids.id, confirm=False)

    @operation(
        "POST",
        "/api/v1/grants/{id}/revoke",
        summary="收回身份；此人的登录随即结束",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def revoke_grant(self, ask: Ask, ids: OfId, body: ReasonTold) -> GrantShown:
        """Take a role back."""
        await self.asking.proven()
        with refusals():
            return grant_shown(await self.desk.revoke(doer(ask), ids.id, body.reason))

    async def _decided(self, ask: Ask, grant: str, *, confirm: bool) -> GrantShown:
        await self.asking.proven()
        with refusals():
            return grant_shown(await self.desk.decide(doer(ask), grant, confirm=confirm))
