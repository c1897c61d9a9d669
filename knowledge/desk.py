"""The desk of knowledge: propose, consent, review, look up (R20.1, R20.3, R22.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from common.bigrams import Query
from common.clock import civil
from common.ids import new_id
from common.paging import Cursor
from common.search import Search
from common.search_sql import Wanted
from knowledge import rules
from knowledge.model import Clerk, Content, Entry, EntryClass, Proposal, Stage, Step
from knowledge.rules import DEFAULTS, Limits, NotAllowedError, WorkingDay
from knowledge.store import CLASS, UNIT, Change, KnowledgeStore, Standing, Written

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """Entries to answer from, the best first; ``capped`` says that more matched than were compared."""

    entries: list[Entry]
    next: Cursor | None
    capped: bool


class KnowledgeDesk:
    """The use cases, one transaction each."""

    def __init__(
        self,
        store: KnowledgeStore,
        search: Search,
        *,
        after: WorkingDay,
        now: Callable[[], datetime],
        limits: Limits = DEFAULTS,
    ) -> None:
        self._store = store
        self._search = search
        self._after = after
        self._now = now
        self._limits = limits

    async def propose(
        self,
        content: Content,
        clerk: Clerk,
        *,
        entry_id: str = "",
        reuses: str = "",
        owner: str = "",
        task_id: str = "",
    ) -> Proposal:
        """Hand in a new entry, or a new version of ``entry_id``; ``owner`` lets level 1 write for another unit.

        It belongs to the clerk's unit. Another unit's entry is changed or taken over (``reuses``) only when its owner
        or level 1 agrees, and an entry in another unit's name when that unit does; until then it waits (R20.3).

        Raises:
            IncompleteError: the content cannot be taken.
            NotAllowedError: there is no such entry, or the clerk may not write for that unit.
            NotWritten: the database refused.
        """
        content, at, proposal_id = rules.checked(content), self._now(), new_id()
        if owner not in {"", clerk.unit} and not clerk.level_one:
            raise NotAllowedError("只有市长公开电话办公室可以替其他单位编写条目。")

        def decide(standing: Standing) -> Written:
            entry, reused = standing.entry, standing.reused
            if (entry_id and entry is None) or (reuses and reused is None):
                raise NotAllowedError("没有这个条目，请核对编号。")
            waits = rules.consents_needed(entry, reused, clerk, owner)
            proposal = Proposal(
                id=proposal_id,
                entry_id=entry_id or proposal_id,
                owner=entry.owner if entry else owner or clerk.unit,
                content=content,
                who=clerk.who,
                unit=clerk.unit,
                at=at,
                stage=Stage.AWAITING_CONSENT if waits else Stage.AWAITING_REVIEW,
                base=entry.version if entry else 0,
                consent_of=waits,
                reuses=reuses,
                task_id=task_id,
            )
            return Written(_step(proposal.entry_id, clerk, at, "propose"), proposal=proposal)

        written = await self._store.change(Change(entry_id, decide, reuses=reuses))
        return _there(written.proposal)

    async def consent(self, proposal_id: str, clerk: Clerk) -> Proposal:
        """Agree that another unit changes or takes over an entry (R20.3).

        Raises:
            NotAllowedError: this clerk is not asked.
            NotWritten: the database refused.
        """
        at = self._now()

        def decide(standing: Standing) -> Written:
            after = rules.consented(_there(standing.proposal), clerk)
            return Written(_step(after.entry_id, clerk, at, "consent"), proposal=after)

        return _there((await self._on_proposal(proposal_id, decide)).proposal)

    async def refuse(self, proposal_id: str, clerk: Clerk, why: str) -> Proposal:
        """Say no, with a reason; a task that it answered is owed again.

        Raises:
            NotAllowedError: this clerk may not, it is decided, or no reason is given.
            NotWritten: the database refused.
        """
        at = self._now()

        def decide(standing: Standing) -> Written:
            after = rules.refused(_there(standing.proposal), clerk, why)
            return Written(_step(after.entry_id, clerk, at, "refuse", why), proposal=after)

        return _there((await self._on_proposal(proposal_id, decide)).proposal)

    async def approve(self, proposal_id: str, clerk: Clerk) -> Entry:
        """Publish what level 1 has reviewed: from now on it is found and answered from (R20.1).

        Raises:
            NotAllowedError: not level 1, their own proposal, decided already, or the entry has changed meanwhile.
            NotWritten: the database refused.
        """
        at = self._now()

        def decide(standing: Standing) -> Written:
            entry, version, after = rules.accepted(
                standing.entry, _there(standing.proposal), clerk, at, after=self._after, limits=self._limits
            )
            return Written(_step(entry.id, clerk, at, "approve"), entry=entry, proposal=after, version=version)

        return _there((await self._on_proposal(proposal_id, decide)).entry)

    async def withdraw(self, entry_id: str, clerk: Clerk, why: str) -> Entry:
        """Take an entry out of use; its versions stay.

        Raises:
            NotAllowedError: another unit's entry, none, or no reason.
            NotWritten: the database refused.
        """
        at = self._now()

        def decide(standing: Standing) -> Written:
            after = rules.withdrawn(_there(standing.entry), clerk, why)
            return Written(_step(entry_id, clerk, at, "withdraw", why), entry=after)

        return _there((await self._store.change(Change(entry_id, decide))).entry)

    async def confirm(self, entry_id: str, clerk: Clerk) -> Entry:
        """Note that an entry was looked at and still holds (R20.2).

        Raises:
            NotAllowedError: another unit's entry, none, or a withdrawn one.
            NotWritten: the database refused.
        """
        at = self._now()

        def decide(standing: Standing) -> Written:
            after = rules.confirmed(_there(standing.entry), clerk, civil(at).date(), self._limits)
            return Written(_step(entry_id, clerk, at, "confirm"), entry=after)

        return _there((await self._store.change(Change(entry_id, decide))).entry)

    async def look_up(
        self,
        typed: str,
        *,
        limit: int,
        classes: Collection[EntryClass] = (),
        units: Collection[str] = (),
        after: Cursor | None = None,
    ) -> Found:
        """Entries that may be answered from today (R22.1). A page may be short of what expired since the last retiring.

        Raises:
            ValueError: the cursor is not from here.
        """
        facets: dict[str, Collection[str]] = {}
        if classes:
            facets[CLASS] = [one.value for one in classes]
        if units:
            facets[UNIT] = units
        best = await self._search.best(Wanted(Query.parse(typed), facets=facets), limit=limit, after=after)
        found = await self._store.entries([hit.id for hit in best.page.rows])
        today = civil(self._now()).date()
        ordered = (found[hit.id] for hit in best.page.rows if hit.id in found)
        return Found([entry for entry in ordered if entry.valid_on(today)], best.page.next, best.capped)

    async def announcements(self) -> list[Entry]:
        """What every seat must know now, the newest first."""
        return await self._store.announcements(civil(self._now()).date())

    async def _on_proposal(self, proposal_id: str, decide: Callable[[Standing], Written]) -> Written:
        proposal = await self._store.proposal(proposal_id)
        if proposal is None:
            raise NotAllowedError("没有这项建议，请核对编号。")
        return await self._store.change(Change(proposal.entry_id, decide, proposal_id))


def _step(entry_id: str, clerk: Clerk, at: datetime, act: str, why: str = "") -> Step:
    return Step(entry_id, 0, at, clerk.who, clerk.unit, act, why)


def _there(record: T | None) -> T:
    if record is None:
        raise NotAllowedError("没有这个条目或建议，请核对编号。")
    return record
