"""Who may do what about a mark, and when; pure: a mark as it stands → the step that follows, or why not (R8.1, A21)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from common.roles import Role
from ivr.abuse.model import Mark, MarkState, NotFitError, Person, RestrictionState, Step, StepKind

#: Of a number's first restriction, and of any (R8.1: 24 h first, 30 d at most).
FIRST_HOURS: Final = 24
MOST_HOURS: Final = 30 * 24


@dataclass(frozen=True, slots=True)
class Referral:
    """A hand-over to the police: when, at which station, under which receipt, which recordings."""

    at: datetime
    station: str
    receipt: str
    recordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a number has behind it: whether it was ever restricted, and whether it is now."""

    ever: bool = False
    now: bool = False


def decide(mark: Mark, person: Person, now: datetime, *, confirm: bool, why: str) -> Step:
    """A shift supervisor's word on a mark that somebody else has made (R8.1).

    Raises:
        NotTheirsError, NotFitError: not for this person; decided already; confirmed without any evidence.
    """
    role = person.acting_as(Role.SHIFT_SUPERVISOR)
    person.none_of({mark.by}, "标记人不能认定自己的标记，请由其他值班长办理。")
    if mark.state is not MarkState.WAITING:
        raise NotFitError(f"这个标记已经认定：{mark.state.words}。")
    if confirm and not mark.evidence:
        raise NotFitError("没有录音作为证据，不能认定属实。录音在通话结束后片刻归档，请稍后再办，或不予认定。")
    kind = StepKind.CONFIRMED if confirm else StepKind.DISMISSED
    return Step(len(mark.steps) + 1, kind, now, person.account, role, why)


def refer(mark: Mark, person: Person, now: datetime, referral: Referral, words: str) -> Step:
    """Written down: what was handed to the police of a confirmed mark (R8.1).

    Raises:
        NotTheirsError, NotFitError: not for this person; not confirmed; no evidence of this mark.
    """
    role = person.acting_as(Role.SHIFT_SUPERVISOR, Role.LEADER)
    _confirmed(mark, "移送公安机关")
    if strange := set(referral.recordings) - {one.recording_id for one in mark.evidence}:
        raise NotFitError(f"{'、'.join(sorted(strange))}不是这个标记的证据。")
    if not referral.recordings:
        raise NotFitError("请写明移送了哪些证据。")
    if referral.at > now or referral.at < mark.at:
        raise NotFitError("移送的时间应在标记之后、现在之前。")
    return Step(
        len(mark.steps) + 1,
        StepKind.REFERRED,
        now,
        person.account,
        role,
        words,
        done_at=referral.at,
        station=referral.station,
        receipt=referral.receipt,
        handed=tuple(dict.fromkeys(referral.recordings)),
    )


def propose(mark: Mark, person: Person, now: datetime, *, hours: int, why: str, earlier: Earlier) -> Step:
    """A supervisor asks to restrict the number of a confirmed mark: 24 h the first time, never over 30 days (A21).

    Raises:
        NotTheirsError, NotFitError: not for this person; too long; there is no number; one is asked for already.
    """
    role = person.acting_as(Role.SHIFT_SUPERVISOR)
    _confirmed(mark, "限制来电")
    if not mark.number:
        raise NotFitError("这通来电没有可用的号码，无法限制。")
    if mark.restriction(now) not in {RestrictionState.NONE, RestrictionState.REFUSED}:
        raise NotFitError("这个标记已经提出过限制；一个标记只限制一次。")
    _fits(hours, earlier)
    return Step(len(mark.steps) + 1, StepKind.PROPOSED, now, person.account, role, why, hours=hours)


def approve(mark: Mark, person: Person, now: datetime, *, agree: bool, why: str, earlier: Earlier) -> Step:
    """A leader's word on a proposed restriction; they have had no part in the matter before (R8.1).

    Raises:
        NotTheirsError, NotFitError: not for this person; nothing is proposed; another restriction came first.
    """
    role = person.acting_as(Role.LEADER)
    person.none_of(_had_a_part(mark), "已经办理过这个标记的人员不能批准，请由其他负责人办理。")
    proposed = mark.last(StepKind.PROPOSED)
    if proposed is None or proposed.hours is None or mark.restriction(now) is not RestrictionState.PROPOSED:
        raise NotFitError("没有待批准的限制。")
    seq = len(mark.steps) + 1
    if not agree:
        return Step(seq, StepKind.REFUSED, now, person.account, role, why)
    _fits(proposed.hours, earlier)
    until = now + timedelta(hours=proposed.hours)
    return Step(seq, StepKind.APPROVED, now, person.account, role, why, hours=proposed.hours, until=until)


def lift(mark: Mark, person: Person, now: datetime, why: str) -> Step:
    """A standing restriction ends at once; one person is enough.

    Raises:
        NotTheirsError, NotFitError: not for this person; none stands.
    """
    role = person.acting_as(Role.SHIFT_SUPERVISOR, Role.LEADER)
    if mark.restriction(now) is not RestrictionState.STANDING:
        raise NotFitError("这个标记现在没有生效的限制。")
    return Step(len(mark.steps) + 1, StepKind.LIFTED, now, person.account, role, why)


def _confirmed(mark: Mark, what: str) -> None:
    if mark.state is not MarkState.CONFIRMED:
        raise NotFitError(f"只有认定属实的标记才能{what}；这个标记{mark.state.words}。")


def _fits(hours: int, earlier: Earlier) -> None:
    if earlier.now:
        raise NotFitError("这个号码已经在限制之中；限制不重叠、不延长。")
    most = MOST_HOURS if earlier.ever else FIRST_HOURS
    if not 1 <= hours <= most:
        raise NotFitError(f"这个号码{'再次' if earlier.ever else '首次'}限制，应为1至{most}小时。")


def _had_a_part(mark: Mark) -> Collection[str]:
    return {mark.by, *(step.by for step in mark.steps)}
