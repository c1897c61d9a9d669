"""Entries proposed, reviewed, looked over and withdrawn over HTTP (R20.1-3)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Id, Line, Shown, Stamp, Text, Told
from common.api.operation import Reply, operation
from common.api.problem import BAD_BODY, CONFLICT, missing
from common.reach import Reach
from common.search import Search
from knowledge.api import OfEntry
from knowledge.desk import KnowledgeDesk
from knowledge.model import Clerk, Content, Entry, EntryClass, Proposal, Stage
from knowledge.rules import IncompleteError, NotAllowedError, WorkingDay
from knowledge.store import KnowledgeStore, Written

_TAG = "知识库"
#: As long as an entry may be; control characters no database or screen could keep.
_Body = Annotated[
    str, StringConstraints(min_length=1, max_length=50_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]


class OfProposal(Asked):
    """A proposal's id in an address."""

    id: Id


class ProposalTold(Told):
    """A new entry, or with ``entry`` a new version of one."""

    title: Annotated[Line, Field(description="标题。")]
    body: Annotated[_Body, Field(description="内容。")]
    entry_class: Annotated[EntryClass, Field(description="条目类别。")]
    source: Annotated[Line, Field(description="来源，例如文号。")]
    published_on: Annotated[date, Field(description="来源文件的发布日期。")]
    expires_on: Annotated[date | None, Field(description="失效日期；公告必须写。")] = None
    entry: Annotated[Id | None, Field(description="修改哪个条目；新条目不写。")] = None
    reuses: Annotated[Id | None, Field(description="采用了哪个条目的文字。")] = None
    task: Annotated[Id | None, Field(description="完成哪项待编任务。")] = None
    owner: Annotated[Line | None, Field(description="一级机构替哪个单位编写新条目；须经该单位同意，此后归该单位。")] = (
        None
    )


class RefusalTold(Told):
    """Why not."""

    why: Annotated[Text, Field(description="理由。")]


class ProposalShown(Shown):
    """A proposal that waits."""

    id: str
    entry: Annotated[str, Field(description="条目的编号；新条目在审核通过后才可读取。")]
    owner: str
    unit: Annotated[str, Field(description="提出单位的编号。")]
    at: Stamp
    stage: Stage
    consent_of: Annotated[list[str], Field(description="还须同意的单位。")]
    title: str
    body: str
    entry_class: EntryClass
    source: str
    published_on: date
    expires_on: date | None


class ProposalList(Shown):
    """The proposals that wait, the oldest first."""

    proposals: list[ProposalShown]


class ProposalReceipt(Shown):
    """What has become of a proposal."""

    proposal: str
    entry: str
    stage: Annotated[
        Stage,
        Field(
            description="awaiting_consent 待条目所属单位同意，awaiting_review 待审核，accepted 已发布，refused 已退回。"
        ),
    ]


class EntryReceipt(Shown):
    """What has become of an entry."""

    entry: str
    withdrawn: bool
    review_by: Annotated[date, Field(description="最迟在此日再复核。")]


@dataclass(frozen=True, slots=True)
class ProposalPages:
    """What units and level 1 do. ``store`` writes through a ledger that knows idempotency keys."""

    store: KnowledgeStore
    search: Search
    working_days: Callable[[], Awaitable[WorkingDay]]
    is_unit: Callable[[str], Awaitable[bool]]
    level_one: str
    now: Callable[[], datetime] = clock.now

    @operation("GET", "/api/v1/knowledge/proposals", summary="待同意、待审核的条目，先提出的在前", tag=_TAG)
    async def list_proposals(self, ask: Ask) -> ProposalList:
        """All of them for level 1; for a unit those it proposed, owns or is asked to agree to."""
        waiting = await self.store.proposals()
        return ProposalList(proposals=[_shown(one) for one in waiting if self._may_see(one, ask)])

    @operation(
        "POST",
        "/api/v1/knowledge/proposals",
        summary="报送新条目或条目的新版本",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(CONFLICT,),
    )
    async def propose_entry(self, ask: Ask, body: ProposalTold) -> Reply[ProposalReceipt]:
        """It belongs to the proposer's unit; another unit's entry, or one in its name, waits for that unit (R20.3)."""
        if body.owner and not await self.is_unit(body.owner):
            raise BAD_BODY.problem("没有 owner 所写的单位，请核对编号。")
        content = Content(body.title, body.body, body.entry_class, body.source, body.published_on, body.expires_on)
        desk = await self._desk()
        with _refusals(), ask.once(_kept):
            proposal = await desk.propose(
                content,
                self._clerk(ask),
                entry_id=body.entry or "",
                reuses=body.reuses or "",
                owner=body.owner or "",
                task_id=body.task or "",
            )
            return _receipt(proposal)

    @operation(
        "POST",
        "/api/v1/knowledge/proposals/{id}/approve",
        summary="审核发布（一级机构的审核派单员或负责人）",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=(CONFLICT,),
    )
    async def approve_proposal(self, ask: Ask, ids: OfProposal) -> Reply[ProposalReceipt]:
        """From now on it is found and answered from; nobody reviews what they proposed (R20.1)."""
        proposal, desk = await self._seen(ask, ids.id), await self._desk()
        with _refusals(), ask.once(_kept):
            entry = await desk.approve(proposal.id, self._clerk(ask))
            return Reply(ProposalReceipt(proposal=proposal.id, entry=entry.id, stage=Stage.ACCEPTED))

    @operation(
        "POST",
        "/api/v1/knowledge/proposals/{id}/consent",
        summary="条目所属单位同意",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=(CONFLICT,),
    )
    async def consent_to_proposal(self, ask: Ask, ids: OfProposal) -> Reply[ProposalReceipt]:
        """Agree that another unit changes or takes over an entry (R20.3)."""
        proposal, desk = await self._seen(ask, ids.id), await self._desk()
        with _refusals(), ask.once(_kept):
            return _receipt(await desk.consent(proposal.id, self._clerk(ask)))

    @operation(
        "POST",
        "/api/v1/knowledge/proposals/{id}/refuse",
        summary="退回，须写理由",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=(CONFLICT,),
    )
    async def refuse_proposal(self, ask: Ask, ids: OfProposal, body: RefusalTold) -> Reply[ProposalReceipt]:
        """A task that it answered is owed again."""
        proposal, desk = await self._seen(ask, ids.id), await self._desk()
        with _refusals(), ask.once(_kept):
            return _receipt(await desk.refuse(proposal.id, self._clerk(ask), body.why))

    @operation(
        "POST",
        "/api/v1/knowledge/entries/{id}/withdraw",
        summary="撤下条目，须写理由",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=(CONFLICT,),
    )
    async def withdraw_entry(self, ask: Ask, ids: OfEntry, body: RefusalTold) -> Reply[EntryReceipt]:
        """Nobody answers from it from now on; its versions stay. The owner's clerks and level 1's reviewers may."""
        await self._entry(ids.id)
        desk = await self._desk()
        with _refusals(), ask.once(_kept_entry):
            return _entry_receipt(await desk.withdraw(ids.id, self._clerk(ask), body.why))

    @operation(
        "POST",
        "/api/v1/knowledge/entries/{id}/confirm",
        summary="复核条目：仍然有效",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=(CONFLICT,),
    )
    async def confirm_entry(self, ask: Ask, ids: OfEntry) -> Reply[EntryReceipt]:
        """Somebody has looked, and it still holds (R20.2): the next look is due half a year from now."""
        await self._entry(ids.id)
        desk = await self._desk()
        with _refusals(), ask.once(_kept_entry):
            return _entry_receipt(await desk.confirm(ids.id, self._clerk(ask)))

    async def _entry(self, entry_id: str) -> None:
        if await self.store.entry(entry_id) is None:
            raise missing("知识条目")

    async def _desk(self) -> KnowledgeDesk:
        return KnowledgeDesk(self.store, self.search, after=await self.working_days(), now=self.now)

    def _clerk(self, ask: Ask) -> Clerk:
        caller = ask.caller
        reviews = ask.further("knowledge.review") is Reach.ALL
        return Clerk(caller.person, caller.unit, level_one=reviews)

    def _may_see(self, proposal: Proposal, ask: Ask) -> bool:
        return ask.caller.unit in {self.level_one, proposal.unit, proposal.owner, *proposal.consent_of}

    async def _seen(self, ask: Ask, proposal_id: str) -> Proposal:
        proposal = await self.store.proposal(proposal_id)
        if proposal is None or not self._may_see(proposal, ask):
            raise missing("建议")
        return proposal


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotAllowedError as error:
        raise CONFLICT.problem(str(error)) from error
    except IncompleteError as error:
        raise BAD_BODY.problem(str(error)) from error


def _kept(found: object) -> Reply[ProposalReceipt] | None:
    # What the store gives for a change that was refused is nothing written: then no key is kept.
    return _receipt(found.proposal) if isinstance(found, Written) and found.proposal else None


def _kept_entry(found: object) -> Reply[EntryReceipt] | None:
    return _entry_receipt(found.entry) if isinstance(found, Written) and found.entry else None


def _entry_receipt(entry: Entry) -> Reply[EntryReceipt]:
    return Reply(EntryReceipt(entry=entry.id, withdrawn=entry.withdrawn, review_by=entry.review_by))


def _receipt(proposal: Proposal) -> Reply[ProposalReceipt]:
    return Reply(ProposalReceipt(proposal=proposal.id, entry=proposal.entry_id, stage=proposal.stage))


def _shown(proposal: Proposal) -> ProposalShown:
    content = proposal.content
    return ProposalShown(
        id=proposal.id,
        entry=proposal.entry_id,
        owner=proposal.owner,
        unit=proposal.unit,
        at=proposal.at,
        stage=proposal.stage,
        consent_of=list(proposal.consent_of),
        title=content.title,
        body=content.body,
        entry_class=content.entry_class,
        source=content.source,
        published_on=content.published_on,
        expires_on=content.expires_on,
    )
