"""Accounts over HTTP, as administrators keep them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from access.api_asking import Asking, doer
from access.api_own import OfId
from access.api_problems import OF_KEEPING, OF_SIGNING, refusals
from access.api_session import Done
from access.errors import NotFoundError
from access.people import Account, Grant
from access.rows import NO_ACCOUNT, account_of, accounts_in, grants_of
from access.staff import StaffDesk
from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Line, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.reach import Reach

_TAG = "账号"
#: A unit's id and those of all below it.
Within = Callable[[str], Awaitable[frozenset[str]]]
Login = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$"),
    Field(description="3 到 40 个字母、数字或 . _ -，以字母或数字开头，不分大小写。"),
]
UnitId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
StaffPhone = Annotated[str, StringConstraints(pattern=r"^(\+?[0-9]{2,20})?$"), Field(description="工作电话，可不填。")]


class AccountTold(Told):
    """Somebody's names and telephone."""

    login: Login
    name: Name
    phone: StaffPhone = ""


class NewAccountTold(AccountTold):
    """An account to be made."""

    unit: UnitId


class ReasonTold(Told):
    """Why."""

    reason: Line


class GrantShown(Shown):
    """A role of an account."""

    id: str
    account: str
    role: str
    words: Annotated[str, Field(description="身份的名称。")]
    since: str
    until: str | None
    ends_at: Annotated[Stamp | None, Field(description="仅本次登录有效的，到此时为止。")]
    this_session_only: bool
    state: str
    in_force: Annotated[bool, Field(description="现在有效；仅本次登录有效的，只看是否到期。")]
    reason: str
    by: str
    at: Stamp
    decided_by: str
    decided_at: Stamp | None
    filing: str


class AccountShown(Shown):
    """An account without anything by which one could sign in."""

    id: str
    login: str
    name: str
    phone: str
    unit: str
    active: bool
    has_password: bool
    second_factor: bool
    made_by: str
    made_at: Stamp
    changed_by: str
    changed_at: Stamp


class AccountWithGrants(AccountShown):
    """An account and every role it ever had."""

    grants: list[GrantShown]


class AccountList(Shown):
    """Accounts by unit."""

    accounts: list[AccountShown]


class AccountsQuery(Asked):
    """Which accounts."""

    unit: Annotated[UnitId | None, Field(description="只看这个单位及其下级。")] = None


class FirstPassword(Shown):
    """A password that works once."""

    password: Annotated[str, Field(description="一次性密码，只显示这一次；本人登录后须立即更改。")]


@dataclass(frozen=True, slots=True)
class AccountPages:
    """Who has an account; made by the system administrator, who gives nobody a role."""

    asking: Asking
    staff: StaffDesk
    within: Within

    @operation("GET", "/api/v1/accounts", summary="账号", tag=_TAG, scope=Scope.ACCOUNT)
    async def list_accounts(self, ask: Ask, query: AccountsQuery) -> AccountList:
        """Those of one's own unit and below it; all of them for who keeps the house."""
        units = await self.within(query.unit) if query.unit else None
        if ask.reach is not Reach.ALL:
            mine = await self.within(ask.caller.unit)
            units = mine if units is None else units & mine
        found = await self.staff.store.read(lambda one: accounts_in(one, units))
        return AccountList(accounts=[AccountShown(**_account(one)) for one in found])

    @operation("GET", "/api/v1/accounts/{id}", summary="一个账号及其全部身份", tag=_TAG, scope=Scope.ACCOUNT)
    async def read_account(self, ask: Ask, ids: OfId) -> AccountWithGrants:
        """One account with its roles."""
        with refusals():
            account, grants = await self.staff.store.read(lambda one: (account_of(one, ids.id), grants_of(one, ids.id)))
            if ask.reach is not Reach.ALL and account.unit not in await self.within(ask.caller.unit):
                # In the very words in which there is none.
                raise NotFoundError(NO_ACCOUNT)
        return AccountWithGrants(**_account(account), grants=[grant_shown(one) for one in grants])

    @operation(
        "POST",
        "/api/v1/accounts",
        summary="新建账号（没有身份，也没有密码）",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        status=201,
        problems=OF_KEEPING,
    )
    async def make_account(self, ask: Ask, body: NewAccountTold) -> Reply[AccountShown]:
        """A new account."""
        await self.asking.proven()
        with refusals():
            one = await self.staff.make(doer(ask), body.login, body.name, body.unit, phone=body.phone)
        return Reply(AccountShown(**_account(one)), location=f"/api/v1/accounts/{one.id}")

    @operation(
        "PUT",
        "/api/v1/accounts/{id}",
        summary="更改姓名、登录名、电话",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def describe_account(self, ask: Ask, ids: OfId, body: AccountTold) -> AccountShown:
        """Other names and telephone."""
        await self.asking.proven()
        with refusals():
            one = await self.staff.describe(doer(ask), ids.id, login=body.login, name=body.name, phone=body.phone)
        return AccountShown(**_account(one))

    @operation(
        "POST",
        "/api/v1/accounts/{id}/block",
        summary="停用账号；其登录随即结束，令牌随即无效",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def block_account(self, ask: Ask, ids: OfId, body: ReasonTold) -> AccountShown:
        """Nobody gets in with it."""
        await self.asking.proven()
        with refusals():
            return AccountShown(**_account(await self.staff.block(doer(ask), ids.id, body.reason)))

    @operation(
        "POST",
        "/api/v1/accounts/{id}/unblock",
        summary="恢复停用的账号",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def unblock_account(self, ask: Ask, ids: OfId, body: ReasonTold) -> AccountShown:
        """It may be used again."""
        await self.asking.proven()
        with refusals():
            return AccountShown(**_account(await self.staff.unblock(doer(ask), ids.id, body.reason)))

    @operation(
        "POST",
        "/api/v1/accounts/{id}/unlock",
        summary="解除因多次输错而暂停的登录",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def unlock_account(self, ask: Ask, ids: OfId) -> Done:
        """Wrong tries are forgotten."""
        await self.asking.proven()
        with refusals():
            await self.staff.unlock(doer(ask), ids.id)
        return Done()

    @operation(
        "POST",
        "/api/v1/accounts/{id}/password",
        summary="重置密码：给出一次性密码",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=(*OF_KEEPING, *OF_SIGNING),
    )
    async def reset_password(self, ask: Ask, ids: OfId) -> FirstPassword:
        """A password that works once."""
        await self.asking.proven()
        with refusals():
            return FirstPassword(password=await self.staff.reset_password(doer(ask), ids.id))

    @operation(
        "POST",
        "/api/v1/accounts/{id}/second-factor/drop",
        summary="解除动态口令（手机和备用码都丢失时）",
        tag=_TAG,
        scope=Scope.ACCOUNT,
        problems=OF_KEEPING,
    )
    async def drop_second_factor(self, ask: Ask, ids: OfId, body: ReasonTold) -> Done:
        """The next sign-in asks for a new one."""
        await self.asking.proven()
        with refusals():
            await self.staff.drop_second_factor(doer(ask), ids.id, body.reason)
        return Done()


def grant_shown(one: Grant) -> GrantShown:
    """A grant as people see it."""
    now = clock.now()
    return GrantShown(
        id=one.id,
        account=one.account,
        role=one.role.value,
        words=one.role.words,
        since=one.since.isoformat(),
        until=one.until.isoformat() if one.until else None,
        ends_at=one.ends_at,
        this_session_only=bool(one.session),
        state=one.state.value,
        in_force=one.holds(now, one.session),
        reason=one.reason,
        by=one.by,
        at=one.at,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        filing=one.filing,
    )


def _account(one: Account) -> dict[str, object]:
    return {
        "id": one.id,
        "login": one.login,
        "name": one.name,
        "phone": one.phone,
        "unit": one.unit,
        "active": one.active,
        "has_password": bool(one.password),
        "second_factor": bool(one.totp),
        "made_by": one.made_by,
        "made_at": one.made_at,
        "changed_by": one.changed_by,
        "changed_at": one.changed_at,
    }
