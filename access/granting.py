"""Who may give whom a role: never oneself; two people where it matters; keepers of the house hold nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.errors import NotFitError, NotYoursError
from access.people import Account, Grant
from common.roles import KEEPERS, NOBODYS, Role

#: Given by two people, never by one.
WEIGHTY: Final = KEEPERS | {Role.LEADER}
#: Held at level 1 alone.
LEVEL_ONE: Final = KEEPERS | {
    Role.AGENT,
    Role.SHIFT_SUPERVISOR,
    Role.REVIEWER,
    Role.DISPATCHER,
    Role.LEADER,
    Role.CALLBACK_CLERK,
    Role.CALLBACK_SUPERVISOR,
}
#: Held in units below level 1.
BELOW: Final = frozenset(
    {Role.HANDLER, Role.DEPUTY, Role.PRINCIPAL, Role.LEVEL2_REVIEWER, Role.ADJUDICATOR, Role.EXPERT}
)
#: What is given in the hall for one session (R15.1).
GUESTS: Final = frozenset({Role.EXPERT})
HEADS: Final = frozenset({Role.PRINCIPAL, Role.DEPUTY, Role.LEADER})


@dataclass(frozen=True, slots=True)
class Doer:
    """Who changes something: an account in its unit and roles, or the operator at the machine itself (``console``).

    ``who`` is as the audit writes it.
    """

    account: str
    unit: str
    roles: frozenset[Role]
    who: str
    console: bool = False

    def needs(self, *roles: Role) -> None:
        """Whether they hold one of these roles.

        Raises:
            NotYoursError: they hold none of them.
        """
        if not self.console and not self.roles & frozenset(roles):
            raise NotYoursError(f"这由{'或'.join(role.words for role in roles)}办理。")

    def not_self(self, account: str) -> None:
        """Whether it is somebody else whom it concerns.

        Raises:
            NotYoursError: nobody decides on themselves.
        """
        if account == self.account:
            raise NotYoursError("不能给本人办理，请由他人办理。")


def fits(role: Role, account: Account, held: Iterable[Grant], root: str, now: datetime) -> None:
    """Whether an account may hold a role beside those that it has or will have.

    Raises:
        NotFitError: says why not.
    """
    if role in NOBODYS:
        raise NotFitError(f"{role.words}不是可以授予的身份。")
    at_root = account.unit == root
    if (role in LEVEL_ONE and not at_root) or (role not in LEVEL_ONE | BELOW) or (role in BELOW - GUESTS and at_root):
        raise NotFitError(
            f"{role.words}不能在「{account.unit}」授予：该身份属于{'一级机构' if not at_root else '承办单位'}。"
        )
    others = {one.role for one in held if not one.over(now)}
    if role in others:
        raise NotFitError(f"该账号已有{role.words}身份，或正在等待确认。")
    apart = KEEPERS & ({role} | others)
    if apart and others:
        keeper = min(apart)
        raise NotFitError(f"{keeper.words}不得兼有任何其他身份。请先收回其他身份，或另设账号。")


def unit_may_have(roles: Collection[Role]) -> None:
    """Whether a unit may file for these roles; the weighty ones go through the security administrator (R12.3).

    Raises:
        NotFitError: one of them is weighty.
    """
    if weighty := sorted(WEIGHTY & frozenset(roles)):
        raise NotFitError(f"{'、'.join(role.words for role in weighty)}须由安全管理员授予、第二人确认，不经单位备案。")
