"""What a mark of abuse is, with all that was done about it; what state it is in follows from its steps (R8.1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from common.roles import Role
from common.worded import Worded


class Abuse(Worded):
    """What the line was abused for (R8.1)."""

    GROUNDLESS = "groundless", "无正当理由反复拨打"
    OCCUPATION = "occupation", "长时间占用线路"
    SLANDER = "slander", "侮辱诽谤"
    HARASSMENT = "harassment", "骚扰工作人员"


class StepKind(Worded):
    """What was done about a mark. Steps are added and never changed."""

    CONFIRMED = "confirmed", "认定属实"
    DISMISSED = "dismissed", "不予认定"
    REFERRED = "referred", "移送公安机关"
    PROPOSED = "proposed", "提出限制"
    APPROVED = "approved", "批准限制"
    REFUSED = "refused", "不批准限制"
    LIFTED = "lifted", "解除限制"


class MarkState(Worded):
    """Whether a mark was decided on."""

    WAITING = "waiting", "待认定"
    CONFIRMED = "confirmed", "属实"
    DISMISSED = "dismissed", "不属实"


class RestrictionState(Worded):
    """Where a restriction is in its life."""

    NONE = "none", "无"
    PROPOSED = "proposed", "待批准"
    REFUSED = "refused", "未批准"
    STANDING = "standing", "限制中"
    LIFTED = "lifted", "已解除"
    ENDED = "ended", "已到期"


class NotFitError(Exception):
    """It cannot be done as things stand; the message says why, in Chinese."""


class NotTheirsError(Exception):
    """It is for somebody else to do; the message says for whom, in Chinese."""


class NoMarkError(LookupError):
    """There is no such mark."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: their account, in which roles, from which unit."""

    account: str
    roles: frozenset[Role]
    unit: str

    def acting_as(self, *roles: Role) -> Role:
        """The first of these roles that they hold.

        Raises:
            NotTheirsError: they hold none.
        """
        for role in roles:
            if role in self.roles:
                return role
        raise NotTheirsError(f"这由{'或'.join(role.words for role in roles)}办理。")

    def none_of(self, accounts: Collection[str], why: str) -> None:
        """Whether they are somebody else than all of these.

        Raises:
            NotTheirsError: they are one of them.
        """
        if self.account in accounts:
            raise NotTheirsError(why)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A recording of the call, with the hash by which it is known for ever."""

    recording_id: str
    sha256: str
    track: str
    seconds: float
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done.

    ``hours`` is how long a restriction is proposed for, ``until`` when an approved one ends. Of a referral:
    ``done_at`` when it was handed over, the police ``station``, its ``receipt`` number, the ids of the recordings.
    """

    seq: int
    kind: StepKind
    at: datetime
    by: str
    role: Role
    words: str
    hours: int | None = None
    until: datetime | None = None
    done_at: datetime | None = None
    station: str = ""
    receipt: str = ""
    handed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """An agent's word that a call abused the line, its evidence, and the steps since."""

    id: str
    call_id: str
    number: str
    kind: Abuse
    words: str
    by: str
    role: Role
    unit: str
    at: datetime
    evidence: tuple[Evidence, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> MarkState:
        """Whether it was decided on."""
        kinds = {step.kind for step in self.steps}
        if StepKind.CONFIRMED in kinds:
            return MarkState.CONFIRMED
        return MarkState.DISMISSED if StepKind.DISMISSED in kinds else MarkState.WAITING

    def last(self, *kinds: StepKind) -> Step | None:
        """The latest step of one of these kinds."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)

    def restriction(self, now: datetime) -> RestrictionState:
        """The restriction that follows from this mark, as it is at an instant."""
        last = self.last(StepKind.PROPOSED, StepKind.APPROVED, StepKind.REFUSED, StepKind.LIFTED)
        if last is None:
            return RestrictionState.NONE
        if last.kind is StepKind.APPROVED:
            return RestrictionState.STANDING if last.until and now < last.until else RestrictionState.ENDED
        return RestrictionState.of(last.kind.value)
