"""The knowledge base: whose an entry is, who reviews it, what is owed, and what can be answered from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from common.search import Search
from knowledge.desk import KnowledgeDesk
from knowledge.duties import Duties
from knowledge.model import Clerk, Content, EntryClass, Owed, Stage, Task, TaskKind
from knowledge.rules import IncompleteError, NotAllowedError
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tests.books import MORNING, Books, books

OFFICE = Clerk("zhang", "12345", level_one=True)
REVIEWER = Clerk("li", "12345", level_one=True)
HEAT = Clerk("wang", "供热办")
WATER = Clerk("zhao", "水务局")
TODAY = date(2026, 11, 24)
SUBSIDY = Content(
    "供暖补贴怎么申领", "持身份证到社区登记，咨询电话见窗口公示。", EntryClass.POLICY, "滨政字〔2026〕1号", TODAY
)


def after(day: date, count: int) -> date:
    """The n-th day after that is no Saturday or Sunday."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


@dataclass
class Base:
    """A knowledge base whose clock stands where the test puts it."""

    at: Books
    now: datetime = MORNING

    def __post_init__(self) -> None:
        self.store = KnowledgeStore(self.at.database.reads, self.at.ledger)
        search = Search(self.at.database.reads, knowledge_index)
        self.desk = KnowledgeDesk(self.store, search, after=after, now=lambda: self.now)
        self.duties = Duties(self.store, after=after, now=lambda: self.now, level_one="12345")

    async def published(self, content: Content, clerk: Clerk = HEAT, **told: str) -> str:
        """Propose, review and publish; gives the entry's id."""
        proposal = await self.desk.propose(content, clerk, **told)
        return (await self.desk.approve(proposal.id, REVIEWER)).id

    async def found(self, typed: str) -> list[str]:
        """Titles of what is found today."""
        return [entry.content.title for entry in (await self.desk.look_up(typed, limit=10)).entries]


@pytest.fixture
async def base(database_url: str) -> AsyncIterator[Base]:
    """An empty knowledge base."""
    async with books(database_url) as at:
        yield Base(at)


@pytest.mark.covers("R20.1", "R22.1")
async def test_what_level_1_has_reviewed_is_answered_from(base: Base) -> None:
    """Handed in by a unit it is found by nobody; reviewed by level 1 it is, by two characters, class and unit."""
    proposal = await base.desk.propose(SUBSIDY, HEAT)
    assert proposal.stage is Stage.AWAITING_REVIEW
    assert await base.found("补贴") == []
    for clerk in (HEAT, WATER):
        with pytest.raises(NotAllowedError, match="市长公开电话办公室审核"):
            await base.desk.approve(proposal.id, clerk)
    entry = await base.desk.approve(proposal.id, REVIEWER)
    assert (entry.owner, entry.version, entry.content) == ("供热办", 1, SUBSIDY)
    assert await base.found("补贴") == await base.found("供暖") == ["供暖补贴怎么申领"]
    by_class = await base.desk.look_up("供暖", limit=5, classes=[EntryClass.GUIDE])
    assert by_class.entries == []
    by_unit = await base.desk.look_up("供暖", limit=5, classes=[EntryClass.POLICY], units=["供热办"])
    assert [found.id for found in by_unit.entries] == [entry.id]


@pytest.mark.covers("R20.1")
async def test_nobody_reviews_what_they_proposed(base: Base) -> None:
    """What level 1's own person wrote another of level 1 reviews; once only."""
    proposal = await base.desk.propose(SUBSIDY, OFFICE)
    with pytest.raises(NotAllowedError, match="提出人不能审核"):
        await base.desk.approve(proposal.id, OFFICE)
    assert (await base.desk.approve(proposal.id, REVIEWER)).owner == "12345"
    with pytest.raises(NotAllowedError, match="已有结论"):
        await base.desk.approve(proposal.id, REVIEWER)


@pytest.mark.covers("R20.3")
async def test_level_1_writes_in_a_units_name_with_its_consent(base: Base) -> None:
    """The unit answers for the entry from then on, so that nobody agrees in its place, and its silence is its own."""
    proposal = await base.desk.propose(SUBSIDY, OFFICE, owner="供热办")
    assert (proposal.stage, proposal.consent_of, proposal.owner) == (Stage.AWAITING_CONSENT, ("供热办",), "供热办")
    for clerk in (OFFICE, REVIEWER, WATER):
        with pytest.raises(NotAllowedError, match="所属单位（供热办）同意"):
            await base.desk.consent(proposal.id, clerk)
    with pytest.raises(NotAllowedError, match="须先由该单位同意"):
        await base.desk.approve(proposal.id, REVIEWER)
    base.now = MORNING + timedelta(days=2)
    overdue = await base.duties.overdue()
    assert {unit: [one.owed for one in items] for unit, items in overdue.items()} == {"供热办": [Owed.CONSENT]}
    assert (await base.desk.consent(proposal.id, HEAT)).stage is Stage.AWAITING_REVIEW
    entry = await base.desk.approve(proposal.id, REVIEWER)
    assert entry.owner == "供热办"
    # An entry that it has is changed by level 1 as before.
    change = await base.desk.propose(replace(SUBSIDY, title="新"), OFFICE, entry_id=entry.id)
    assert (await base.desk.approve(change.id, REVIEWER)).version == 2
    with pytest.raises(NotAllowedError, match="替其他单位"):
        await base.desk.propose(SUBSIDY, WATER, owner="供热办")


@pytest.mark.covers("R20.2")
async def test_a_task_is_done_by_the_unit_that_owes_it(base: Base) -> None:
    """Another unit's proposal does not take it off the list; level 1 may write it in the unit's name."""
    task = await base.duties.note_publication("供热办", "条例", "7号", TODAY)
    with pytest.raises(NotAllowedError, match="供热办的"):
        await base.desk.propose(SUBSIDY, WATER, task_id=task.id)
    assert (await open_task(base, task.id)).submitted_at is None
    await base.desk.propose(SUBSIDY, OFFICE, owner="供热办", task_id=task.id)
    assert (await open_task(base, task.id)).submitted_at == MORNING


@pytest.mark.covers("R20.3")
async def test_another_units_entry_waits_for_its_owner(base: Base) -> None:
    """A change by another unit waits; a third unit cannot agree, the owner can; then level 1 reviews it."""
    entry_id = await base.published(SUBSIDY)
    proposal = await base.desk.propose(replace(SUBSIDY, body="改为网上申领。"), WATER, entry_id=entry_id)
    assert (proposal.stage, proposal.consent_of) == (Stage.AWAITING_CONSENT, ("供热办",))
    for clerk in (WATER, Clerk("sun", "城管局")):
        with pytest.raises(NotAllowedError, match="供热办"):
            await base.desk.consent(proposal.id, clerk)
    assert (await base.desk.consent(proposal.id, HEAT)).stage is Stage.AWAITING_REVIEW
    changed = await base.desk.approve(proposal.id, REVIEWER)
    assert (changed.owner, changed.version) == ("供热办", 2)
    assert await base.found("网上申领") == ["供暖补贴怎么申领"]
    assert await base.found("社区登记") == []


@pytest.mark.covers("R20.3")
async def test_level_1_stands_for_the_owner(base: Base) -> None:
    """Level 1's approval is enough for a change by another unit, in one act or in two."""
    entry_id = await base.published(SUBSIDY)
    first = await base.desk.propose(SUBSIDY, WATER, entry_id=entry_id)
    assert (await base.desk.consent(first.id, OFFICE)).stage is Stage.AWAITING_REVIEW
    await base.desk.approve(first.id, REVIEWER)
    second = await base.desk.propose(SUBSIDY, WATER, entry_id=entry_id)
    assert (await base.desk.approve(second.id, REVIEWER)).version == 3


@pytest.mark.covers("R20.3")
async def test_to_take_over_a_text_needs_its_owner_too(base: Base) -> None:
    """A new entry made from another unit's text waits for that unit; one from the unit's own does not."""
    entry_id = await base.published(SUBSIDY)
    copied = replace(SUBSIDY, title="用水补贴怎么申领")
    taken = await base.desk.propose(copied, WATER, reuses=entry_id)
    assert (taken.owner, taken.consent_of) == ("水务局", ("供热办",))
    with pytest.raises(NotAllowedError, match="理由"):
        await base.desk.refuse(taken.id, HEAT, " ")
    refused = await base.desk.refuse(taken.id, HEAT, "标准不同，不能套用")
    assert refused.stage is Stage.REFUSED
    assert (await base.desk.propose(copied, HEAT, reuses=entry_id)).consent_of == ()
    with pytest.raises(NotAllowedError, match="没有这个条目"):
        await base.desk.propose(copied, WATER, reuses="unknown")


@pytest.mark.covers("R20.3")
async def test_only_owner_and_level_1_withdraw_or_confirm(base: Base) -> None:
    """Others are told whose it is; withdrawn, it is found no more, and its versions stay."""
    entry_id = await base.published(SUBSIDY)
    with pytest.raises(NotAllowedError, match="属于供热办"):
        await base.desk.withdraw(entry_id, WATER, "过时")
    with pytest.raises(NotAllowedError, match="属于供热办"):
        await base.desk.confirm(entry_id, WATER)
    await base.desk.withdraw(entry_id, HEAT, "政策已废止")
    assert await base.found("补贴") == []
    assert len(await base.store.versions(entry_id)) == 1
    with pytest.raises(NotAllowedError, match="已经撤下"):
        await base.desk.confirm(entry_id, OFFICE)


@pytest.mark.covers("R20.3")
async def test_versions_and_steps_are_kept_and_cannot_be_changed(base: Base) -> None:
    """Every version and every act stays as it was; the database refuses to change or delete them."""
    entry_id = await base.published(SUBSIDY)
    await base.published(replace(SUBSIDY, body="第二版"), entry_id=entry_id)
    bodies = [(one.seq, one.content.body, one.who, one.approved_by) for one in await base.store.versions(entry_id)]
    assert bodies == [(1, SUBSIDY.body, "wang", "li"), (2, "第二版", "wang", "li")]
    acts = [(step.seq, step.act, step.who) for step in await base.store.steps(entry_id)]
    assert acts == [(1, "propose", "wang"), (2, "approve", "li"), (3, "propose", "wang"), (4, "approve", "li")]
    for table in ("knowledge_versions", "knowledge_steps"):

        def lose(connection: Connection, table: str = table) -> None:
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - one of the two names above

        with pytest.raises(IntegrityError, match="append-only"):
            await base.at.database.write(lose)


async def test_of_two_changes_of_one_version_the_second_is_told(base: Base) -> None:
    """Two proposals on version 1: when one is published, the other cannot silently undo it."""
    entry_id = await base.published(SUBSIDY)
    one = await base.desk.propose(replace(SUBSIDY, body="甲"), HEAT, entry_id=entry_id)
    two = await base.desk.propose(replace(SUBSIDY, body="乙"), HEAT, entry_id=entry_id)
    await base.desk.approve(one.id, REVIEWER)
    with pytest.raises(NotAllowedError, match="已有新版本"):
        await base.desk.approve(two.id, REVIEWER)
    assert [(proposal.id) for proposal in await base.store.proposals()] == [two.id]


async def test_of_two_who_decide_at_once_one_is_told(base: Base, database_url: str) -> None:
    """Approved in one process and refused in another at the same moment: one decision stands, the other is refused."""
    proposals = [await base.desk.propose(SUBSIDY, HEAT) for _ in range(5)]
    async with books(database_url) as other:
        elsewhere = Base(other)
        acts = [
            act
            for one in proposals
            for act in (base.desk.approve(one.id, REVIEWER), elsewhere.desk.refuse(one.id, OFFICE, "重复"))
        ]
        outcomes = await asyncio.gather(*acts, return_exceptions=True)
    lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(one) for one in lost] == [NotAllowedError] * 5
    for one in proposals:
        assert [step.seq for step in await base.store.steps(one.entry_id)] == [1, 2]


@pytest.mark.covers("R20.2")
async def test_a_policy_is_owed_within_one_working_day(base: Base) -> None:
    """Published on a Friday it is due on Monday; on Tuesday it stands in its unit's list until it is handed in."""
    friday = date(2026, 11, 27)
    task = await base.duties.note_publication("供热办", "供热条例修订", "鲁人发〔2026〕7号", friday)
    again = await base.duties.note_publication("供热办", "供热条例修订", "鲁人发〔2026〕7号", friday)
    assert (again.id, task.due) == (task.id, date(2026, 11, 30))
    base.now = MORNING + timedelta(days=6)
    assert await base.duties.overdue() == {}
    base.now = MORNING + timedelta(days=7)
    (overdue,) = (await base.duties.overdue())["供热办"]
    assert (overdue.owed, overdue.id, overdue.due) == (Owed.ENTRY, task.id, date(2026, 11, 30))
    content = replace(SUBSIDY, title="供热条例", published_on=friday)
    proposal = await base.desk.propose(content, HEAT, task_id=task.id)
    assert await base.duties.overdue() == {}
    entry = await base.desk.approve(proposal.id, REVIEWER)
    assert await base.store.open_tasks() == []
    (version,) = await base.store.versions(entry.id)
    assert (version.due, version.late) == (date(2026, 11, 30), True)


@pytest.mark.covers("R20.2")
async def test_level_1s_silence_makes_no_unit_late(base: Base) -> None:
    """Handed in on time and reviewed late, the delay is on level 1's list, and the version is not late."""
    proposal = await base.desk.propose(SUBSIDY, HEAT)
    base.now = MORNING + timedelta(days=2)
    (overdue,) = (await base.duties.overdue())["12345"]
    assert (overdue.owed, overdue.id, overdue.due) == (Owed.APPROVAL, proposal.id, date(2026, 11, 25))
    entry = await base.desk.approve(proposal.id, REVIEWER)
    (version,) = await base.store.versions(entry.id)
    assert not version.late
    assert await base.duties.overdue() == {}


@pytest.mark.covers("R20.2")
async def test_what_is_refused_is_owed_again(base: Base) -> None:
    """A refused entry leaves its task open: the unit has not brought it in."""
    task = await base.duties.note_publication("供热办", "条例", "7号", TODAY)
    proposal = await base.desk.propose(SUBSIDY, HEAT, task_id=task.id)
    assert (await open_task(base, task.id)).submitted_at == MORNING
    await base.desk.refuse(proposal.id, REVIEWER, "缺少办理地点")
    assert (await open_task(base, task.id)).submitted_at is None
    with pytest.raises(NotAllowedError, match="任务"):
        await base.desk.propose(SUBSIDY, HEAT, task_id="unknown")


@pytest.mark.covers("R20.2")
async def test_entries_are_looked_over_regularly(base: Base) -> None:
    """After half a year an entry is on its owner's list until the owner, or level 1, says that it still holds."""
    entry_id = await base.published(SUBSIDY)
    base.now = MORNING + timedelta(days=181)
    (overdue,) = (await base.duties.overdue())["供热办"]
    assert (overdue.owed, overdue.id) == (Owed.REVIEW, entry_id)
    await base.desk.confirm(entry_id, HEAT)
    assert await base.duties.overdue() == {}


@pytest.mark.covers("A19")
async def test_an_answer_without_an_entry_makes_a_task(base: Base) -> None:
    """Once per ticket; without the caller's number; due on the next working day; done when the entry is published."""
    task = await base.duties.answered_without_entry("水务局", "水费怎么缴？回电13854301001", "ticket-1")
    assert (task.kind, task.unit, task.due) == (TaskKind.CONSULTATION, "水务局", date(2026, 11, 25))
    assert task.title == "水费怎么缴？回电"
    assert (await base.duties.answered_without_entry("水务局", "又问", "ticket-1")).id == task.id
    base.now = MORNING + timedelta(days=2)
    (overdue,) = (await base.duties.overdue())["水务局"]
    assert overdue.id == task.id
    content = replace(SUBSIDY, title="水费怎么缴", entry_class=EntryClass.QUESTION)
    await base.published(content, WATER, task_id=task.id)
    assert await base.duties.overdue() == {}


async def test_announcements_stand_until_they_expire(base: Base) -> None:
    """The newest first, and gone the day after; one without an end is refused."""
    stop = Content("黄河五路今晚停水", "22时至次日6时", EntryClass.ANNOUNCEMENT, "水务局通知", TODAY, TODAY)
    with pytest.raises(IncompleteError, match="公告须写明失效日期"):
        await base.desk.propose(replace(stop, expires_on=None), WATER)
    first = await base.published(stop, WATER)
    base.now = MORNING + timedelta(minutes=1)
    second = await base.published(replace(stop, title="渤海七路今晚停水"), WATER)
    assert [entry.id for entry in await base.desk.announcements()] == [second, first]
    base.now = MORNING + timedelta(days=1)
    assert await base.desk.announcements() == []


@pytest.mark.covers("R22.1")
async def test_what_has_expired_is_not_answered_from(base: Base) -> None:
    """On its last day it is found; the day after it is not, whether or not the daily retiring has run."""
    await base.published(replace(SUBSIDY, expires_on=TODAY))
    await base.published(replace(SUBSIDY, title="供暖补贴明细"))
    assert set(await base.found("供暖补贴")) == {"供暖补贴怎么申领", "供暖补贴明细"}
    base.now = MORNING + timedelta(days=1)
    assert await base.found("供暖补贴") == ["供暖补贴明细"]
    assert await base.store.retire(TODAY + timedelta(days=1)) == 1
    assert await base.store.retire(TODAY + timedelta(days=1)) == 0
    assert await base.found("供暖补贴") == ["供暖补贴明细"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "缺少标题"),
        ({"body": "", "source": ""}, "缺少内容；缺少来源"),
        ({"title": "长" * 201}, "标题超过200字"),
        ({"body": "a\x00b"}, "不能保存"),
        ({"expires_on": TODAY - timedelta(days=1)}, "失效日期早于"),
    ],
)
async def test_incomplete_content_is_refused_with_all_that_is_wrong(
    base: Base, changed: dict[str, object], said: str
) -> None:
    """Nothing is written; the message names every fault."""
    with pytest.raises(IncompleteError, match=said):
        await base.desk.propose(replace(SUBSIDY, **changed), HEAT)  # type: ignore[arg-type]  # tests name the fields
    assert await base.store.proposals() == []


async def test_nothing_is_found_under_an_unknown_id(base: Base) -> None:
    """Unknown proposals, entries and tasks are said to be unknown, or None."""
    for act in (base.desk.consent("x", HEAT), base.desk.approve("x", REVIEWER), base.desk.confirm("x", HEAT)):
        with pytest.raises(NotAllowedError, match="请核对编号"):
            await act
    assert (await base.store.entry("x"), await base.store.proposal("x"), await base.store.task("x")) == (None,) * 3


async def open_task(base: Base, task_id: str) -> Task:
    """A task that is still owed."""
    (task,) = [task for task in await base.store.open_tasks() if task.id == task_id]
    return task
