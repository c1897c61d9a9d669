"""Who may do what with an entry, and what comes of it: pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from common.clock import civil
from knowledge.model import OPEN_STAGES, Clerk, Content, Entry, EntryClass, Proposal, Stage, Version

#: ``after(day, n)`` is the n-th working day after a civil day.
WorkingDay = Callable[[date, int], date]
_TITLE, _BODY, _SOURCE = 200, 50_000, 500


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; the city's rules in force give them.

    ``entry`` is how many working days a unit has to hand in a new policy (R20.2) or what a consultation lacked (A19),
    ``approval`` how many level 1 has to review it (A24); after ``review`` days somebody looks whether an entry still
    holds.
    """

    entry: int = 1
    approval: int = 1
    review: int = 180


DEFAULTS = Limits()


class NotAllowedError(Exception):
    """This clerk may not do this, or not now; the message says why and who may, in Chinese."""


class IncompleteError(Exception):
    """The content cannot be taken; the message names all that is wrong, in Chinese."""


def checked(content: Content) -> Content:
    """The content, if an entry can be made of it.

    Raises:
        IncompleteError: something is missing, too long or contradictory.
    """
    wrong = []
    for name, text, most in (
        ("标题", content.title, _TITLE),
        ("内容", content.body, _BODY),
        ("来源", content.source, _SOURCE),
    ):
        if not text.strip():
            wrong.append(f"缺少{name}")
        elif len(text) > most:
            wrong.append(f"{name}超过{most}字")
        elif "\x00" in text:
            wrong.append(f"{name}含有不能保存的字符")
    if content.expires_on and content.expires_on < content.published_on:
        wrong.append("失效日期早于发布日期")
    if content.entry_class is EntryClass.ANNOUNCEMENT and not content.expires_on:
        wrong.append("公告须写明失效日期")
    if wrong:
        raise IncompleteError("；".join(wrong) + "。")
    return content


def consents_needed(entry: Entry | None, reused: Entry | None, clerk: Clerk, owner: str = "") -> tuple[str, ...]:
    """The units that must agree before this clerk changes ``entry`` or takes over the text of ``reused`` (R20.3).

    ``owner`` is another unit in whose name level 1 writes a new entry: that unit answers for it from then on, so it is
    asked, too.
    """
    if clerk.level_one:
        return (owner,) if entry is None and owner not in {"", clerk.unit} else ()
    owners = [found.owner for found in (entry, reused) if found is not None and found.owner != clerk.unit]
    return tuple(dict.fromkeys(owners))


def written_for_another(proposal: Proposal) -> bool:
    """A new entry that belongs to a unit which has not written it: nobody can agree in that unit's place."""
    return proposal.base == 0 and proposal.owner != proposal.unit and proposal.owner in proposal.consent_of


def consented(proposal: Proposal, clerk: Clerk) -> Proposal:
    """The proposal after a unit whose entry it touches, or level 1, has agreed (R20.3).

    Raises:
        NotAllowedError: this clerk is not asked, or nobody is any more.
    """
    if proposal.stage is not Stage.AWAITING_CONSENT:
        raise NotAllowedError("该建议不在等待条目所属单位同意。")
    if clerk.level_one and not written_for_another(proposal):
        return replace(proposal, consent_of=(), stage=Stage.AWAITING_REVIEW)
    if clerk.unit not in proposal.consent_of:
        owners = "、".join(proposal.consent_of)
        others = "" if written_for_another(proposal) else "或市长公开电话办公室"
        raise NotAllowedError(f"须由条目所属单位（{owners}）{others}同意。")
    left = tuple(unit for unit in proposal.consent_of if unit != clerk.unit)
    return replace(proposal, consent_of=left, stage=Stage.AWAITING_CONSENT if left else Stage.AWAITING_REVIEW)


def refused(proposal: Proposal, clerk: Clerk, why: str) -> Proposal:
    """The proposal after level 1, or a unit whose consent it lacked, has said no.

    Raises:
        NotAllowedError: this clerk may not decide it, it is decided, or no reason is given.
    """
    if proposal.stage not in OPEN_STAGES:
        raise NotAllowedError("该建议已有结论。")
    if not clerk.level_one and clerk.unit not in proposal.consent_of:
        raise NotAllowedError("只有市长公开电话办公室或被征求同意的单位可以退回。")
    if not why.strip():
        raise NotAllowedError("退回须写明理由。")
    return replace(proposal, stage=Stage.REFUSED)


def accepted(
    entry: Entry | None, proposal: Proposal, clerk: Clerk, at: datetime, *, after: WorkingDay, limits: Limits
) -> tuple[Entry, Version, Proposal]:
    """What comes of level 1's approval: the entry as it stands now, its new version (R20.1).

    Level 1's approval stands for the owner's consent, too (R20.3), but for a new entry written in the owner's name.

    Raises:
        NotAllowedError: the clerk is not of level 1 or proposed it themselves; it is decided; the entry has changed;
            a unit in whose name it is written has not agreed.
    """
    if not clerk.level_one:
        raise NotAllowedError("知识条目由市长公开电话办公室审核发布。")
    if proposal.stage not in OPEN_STAGES:
        raise NotAllowedError("该建议已有结论。")
    if clerk.who == proposal.who:
        raise NotAllowedError("提出人不能审核自己的建议，请由其他审核人员审核。")
    if written_for_another(proposal):
        raise NotAllowedError(f"条目以{proposal.owner}的名义编写，须先由该单位同意。")
    if proposal.base != (entry.version if entry else 0):
        raise NotAllowedError("条目在提出建议之后已有新版本，请退回后按新版本重新提出。")
    seq = proposal.base + 1
    review_by = civil(at).date() + timedelta(days=limits.review)
    fresh = Entry(proposal.entry_id, proposal.owner, seq, proposal.content, at, review_by)
    version = Version(
        proposal.entry_id,
        seq,
        proposal.content,
        proposal.who,
        proposal.unit,
        proposal.at,
        clerk.who,
        at,
        _due(entry, proposal.content, after, limits),
    )
    return fresh, version, replace(proposal, consent_of=(), stage=Stage.ACCEPTED)


def withdrawn(entry: Entry, clerk: Clerk, why: str) -> Entry:
    """The entry taken out of use by its owner or level 1; its versions stay.

    Raises:
        NotAllowedError: another unit's entry, already withdrawn, or no reason.
    """
    _owns(entry, clerk)
    if entry.withdrawn:
        raise NotAllowedError("条目已经撤下。")
    if not why.strip():
        raise NotAllowedError("撤下条目须写明理由。")
    return replace(entry, withdrawn=True)


def confirmed(entry: Entry, clerk: Clerk, on: date, limits: Limits) -> Entry:
    """The entry after its owner or level 1 has looked and found that it still holds (R20.2).

    Raises:
        NotAllowedError: another unit's entry, or one that is withdrawn.
    """
    _owns(entry, clerk)
    if entry.withdrawn:
        raise NotAllowedError("条目已经撤下。")
    return replace(entry, review_by=on + timedelta(days=limits.review))


def _owns(entry: Entry, clerk: Clerk) -> None:
    if not clerk.level_one and clerk.unit != entry.owner:
        raise NotAllowedError(f"条目属于{entry.owner}，只有该单位或市长公开电话办公室可以处理。")


def _due(entry: Entry | None, content: Content, after: WorkingDay, limits: Limits) -> date | None:
    """By when it was to be handed in: a policy that is new, not an old one that is worded better."""
    is_new = entry is None or entry.content.published_on != content.published_on
    return after(content.published_on, limits.entry) if content.entry_class is EntryClass.POLICY and is_new else None
