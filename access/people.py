"""An account, the roles that it holds, its sessions and tokens, and what units file about their staff (R12.2-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from common import clock
from common.api.caller import Scope
from common.roles import Role
from common.worded import Worded


@dataclass(frozen=True, slots=True)
class Account:
    """One person in one unit. ``id`` is theirs in the register too, and never changes; ``login`` may.

    ``totp`` and ``totp_new`` are sealed (``access.sealing``). Who works in two units has two accounts.
    """

    id: str
    login: str
    name: str
    unit: str
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    phone: str = ""
    active: bool = True
    password: str = field(default="", repr=False)
    password_at: datetime | None = None
    must_change: bool = True
    totp: str = field(default="", repr=False)
    totp_new: str = field(default="", repr=False)
    totp_step: int = 0


class GrantState(Worded):
    """How far a grant has come."""

    #: Waits for a second person.
    PROPOSED = "proposed", "待第二人确认"
    HELD = "held", "有效"
    REFUSED = "refused", "未予确认"
    REVOKED = "revoked", "已收回"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role of an account in its unit, from one day on, until another or until an instant.

    ``session`` is set where it is for that session only (R15.1). ``decided_by`` confirmed, refused or revoked it.
    """

    id: str
    account: str
    role: Role
    since: date
    by: str
    at: datetime
    reason: str = ""
    until: date | None = None
    ends_at: datetime | None = None
    session: str = ""
    state: GrantState = GrantState.HELD
    decided_by: str = ""
    decided_at: datetime | None = None
    filing: str = ""

    def over(self, now: datetime) -> bool:
        """It is held no more, and never will be again."""
        if self.state in {GrantState.REFUSED, GrantState.REVOKED}:
            return True
        today = clock.civil(now).date()
        return (self.until is not None and self.until <= today) or (self.ends_at is not None and self.ends_at <= now)

    def holds(self, now: datetime, session: str) -> bool:
        """It is in force now, for somebody in that session."""
        begun = self.since <= clock.civil(now).date()
        return self.state is GrantState.HELD and begun and not self.over(now) and self.session in {"", session}


def roles_held(grants: Iterable[Grant], now: datetime, session: str = "") -> frozenset[Role]:
    """The roles that are in force now."""
    return frozenset(one.role for one in grants if one.holds(now, session))


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in, or is on the way to it; ``second_factor`` says that a code was given."""

    id: str
    digest: str = field(repr=False)
    account: str
    made_at: datetime
    proved_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str = ""
    agent: str = ""
    second_factor: bool = False
    ended_at: datetime | None = None
    ended_why: str = ""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token by which a program acts for an account, never further than the account itself may go."""

    id: str
    name: str
    digest: str = field(repr=False)
    account: str
    scopes: frozenset[Scope]
    made_by: str
    made_at: datetime
    rights: frozenset[str] | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def good(self, now: datetime) -> bool:
        """It may be used now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Change(Worded):
    """What a unit files about its staff (R12.3)."""

    JOIN = "join", "新增人员"
    ROLES = "roles", "变更身份"
    LEAVE = "leave", "离岗"


class FilingState(Worded):
    """How far a filing has come."""

    FILED = "filed", "已报送，待备案"
    CONFIRMED = "confirmed", "已备案"
    REFUSED = "refused", "未予备案"


@dataclass(frozen=True, slots=True)
class Filing:
    """A unit's report of a change in its staff; ``told`` is what is to change. Rows are never removed: the log."""

    id: str
    unit: str
    account: str
    change: Change
    told: Mapping[str, Any]
    reason: str
    by: str
    at: datetime
    state: FilingState = FilingState.FILED
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_why: str = ""
