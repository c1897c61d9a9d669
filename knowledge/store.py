"""The books of knowledge: changes in one transaction with their step and with what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from common.store import Ledger, insert, upserting
from knowledge.finding import CLASS, UNIT, Refilling, keep_found, refill, retire
from knowledge.model import BY_ITSELF, OPEN_STAGES, Entry, EntryClass, Proposal, Stage, Step, Task, Version
from knowledge.plans import Plan, put, standing_of, standing_query
from knowledge.plans import Standing as Planned
from knowledge.rows import entry_of, proposal_of, row_of, step_of, task_of, version_of
from knowledge.rules import NotAllowedError
from knowledge.tables import entries, proposals, steps, tables, tasks, versions

__all__ = ["CLASS", "UNIT", "Change", "KnowledgeStore", "Standing", "Written", "tables"]

_save_entry = upserting(entries)
_save_proposal = upserting(proposals)
_save_task = upserting(tasks)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a change is decided on; ``reused`` is the entry whose text is taken. None where there is none."""

    entry: Entry | None
    proposal: Proposal | None
    reused: Entry | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a change comes to; ``step`` is counted by the store."""

    step: Step
    entry: Entry | None = None
    proposal: Proposal | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A change of one entry: ``decide`` is pure, since it is asked again when two changes meet."""

    entry_id: str
    decide: Callable[[Standing], Written]
    proposal_id: str = ""
    reuses: str = ""


class KnowledgeStore:
    """Writes go through the ledger, reads straight to the database."""

    def __init__(self, reads: AsyncEngine, ledger: Ledger) -> None:
        self._reads = reads
        self._ledger = ledger

    async def change(self, change: Change) -> Written:
        """Decide on what stands, and write what comes of it; on disk when this returns.

        Raises:
            NotAllowedError: the decision was that it may not be.
            NotWritten: the database refused.
        """
        answer = await self._ledger.write(_apply, change)
        if isinstance(answer, NotAllowedError):
            raise answer
        return answer

    async def owe(self, task: Task) -> Task:
        """Write a task down, or find the one that stands for the same matter.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(_owe, task)

    async def retire(self, today: date) -> int:
        """Take what has expired out of the index; gives how many were taken out.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(retire, today)

    async def refill(self, after: str, today: date, *, at_once: int = 200) -> str:
        """Index the entries whose ids come after this one anew, some at once; gives the last, empty at the end.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(refill, Refilling(after, today, at_once))

    async def count(self) -> int:
        """How many entries there are, in use or not."""
        return int((await self._rows(sa.select(sa.func.count()).select_from(entries)))[0][0])

    async def entry(self, entry_id: str) -> Entry | None:
        """One entry; None where there is none of that id (or its proposal is not accepted yet)."""
        found = await self.entries([entry_id])
        return found.get(entry_id)

    async def entries(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Those of these ids that there are."""
        rows = await self._rows(sa.select(entries).where(entries.c.id.in_(ids)))
        return {row.id: entry_of(row) for row in rows}

    async def proposal(self, proposal_id: str) -> Proposal | None:
        """One proposal."""
        rows = await self._rows(sa.select(proposals).where(proposals.c.id == proposal_id))
        return proposal_of(rows[0]) if rows else None

    async def proposals(self) -> list[Proposal]:
        """Those that wait for consent or review, the oldest first."""
        open_ones = proposals.c.stage.in_([stage.value for stage in OPEN_STAGES])
        query = sa.select(proposals).where(open_ones).order_by(proposals.c.at, proposals.c.id)
        return [proposal_of(row) for row in await self._rows(query)]

    async def versions(self, entry_id: str) -> list[Version]:
        """The versions of an entry, the first one first."""
        query = sa.select(versions).where(versions.c.entry_id == entry_id).order_by(versions.c.seq)
        return [version_of(row) for row in await self._rows(query)]

    async def steps(self, entry_id: str) -> list[Step]:
        """Who did what with an entry, the first first."""
        query = sa.select(steps).where(steps.c.entry_id == entry_id).order_by(steps.c.seq)
        return [step_of(row) for row in await self._rows(query)]

    async def task(self, task_id: str) -> Task | None:
        """One task."""
        rows = await self._rows(sa.select(tasks).where(tasks.c.id == task_id))
        return task_of(rows[0]) if rows else None

    async def open_tasks(self) -> list[Task]:
        """What is owed and not yet published, the earliest due first."""
        query = sa.select(tasks).where(tasks.c.done_at.is_(None)).order_by(tasks.c.due, tasks.c.id)
        return [task_of(row) for row in await self._rows(query)]

    async def to_be_reviewed(self, before: date) -> list[Entry]:
        """Entries in use that somebody should have looked at before this day, the earliest first."""
        due = entries.c.withdrawn.is_(sa.false()), entries.c.review_by < before
        return [
            entry_of(row)
            for row in await self._rows(sa.select(entries).where(*due).order_by(entries.c.review_by, entries.c.id))
        ]

    async def put_plan(self, plan: Plan) -> Plan:
        """Write one line of level 1's plan down (R20.1).

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(put, plan)

    async def plans(self, today: date) -> list[Planned]:
        """The plan in force and how each line of it stands, by unit and class."""
        return [standing_of(row) for row in await self._rows(standing_query(today))]

    async def announcements(self, today: date) -> list[Entry]:
        """The announcements in force, the newest first."""
        query = sa.select(entries).where(
            entries.c.entry_class == EntryClass.ANNOUNCEMENT.value,
            entries.c.withdrawn.is_(sa.false()),
            entries.c.expires_on >= today,
        )
        rows = await self._rows(query.order_by(entries.c.published_at.desc(), entries.c.id.desc()))
        return [entry_of(row) for row in rows]

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
        async with self._reads.connect() as connection:
            return (await connection.execute(query)).all()


def _apply(connection: Connection, changes: Sequence[Change]) -> Sequence[Written | NotAllowedError]:
    """One after the other: each stands on what the one before it left. What may not be is an answer, no failure."""
    # Two processes that change the same wait for each other, and do not lock up: first the proposals, then the entries,
    # each in the order of their ids.
    _lock(connection, proposals, (change.proposal_id for change in changes))
    _lock(connection, entries, (name for change in changes for name in (change.entry_id, change.reuses)))
    answers: list[Written | NotAllowedError] = []
    for change in changes:
        try:
            answers.append(_apply_one(connection, change))
        except NotAllowedError as error:
            answers.append(error)
    return answers


def _apply_one(connection: Connection, change: Change) -> Written:
    proposal = _row(connection, proposals, change.proposal_id)
    entry = _row(connection, entries, change.entry_id)
    reused = _row(connection, entries, change.reuses)
    written = change.decide(
        Standing(
            entry_of(entry) if entry else None,
            proposal_of(proposal) if proposal else None,
            entry_of(reused) if reused else None,
        )
    )
    # Whatever is not allowed is found before anything is written.
    task = _task_after(connection, written)
    last = sa.select(sa.func.max(steps.c.seq)).where(steps.c.entry_id == written.step.entry_id)
    # Two that count the same are refused by the key, and the second is tried anew.
    step = replace(written.step, seq=(connection.execute(last).scalar() or 0) + 1)
    connection.execute(steps.insert(), row_of(step))
    if written.proposal:
        _save_proposal(connection, [row_of(written.proposal)])
    if task:
        _save_task(connection, [row_of(task)])
    if written.version:
        connection.execute(versions.insert(), row_of(written.version))
    if written.entry:
        _save_entry(connection, [row_of(written.entry)])
        keep_found(connection, written.entry)
    return replace(written, step=step)


def _lock(connection: Connection, table: sa.Table, ids: Iterable[str]) -> None:
    wanted = sorted({one for one in ids if one})
    if wanted:
        query = sa.select(table.c.id).where(table.c.id.in_(wanted)).order_by(table.c.id)
        connection.execute(query.with_for_update()).all()


def _row(connection: Connection, table: sa.Table, record_id: str) -> sa.Row[Any] | None:
    if not record_id:
        return None
    return connection.execute(sa.select(table).where(table.c.id == record_id)).first()


def _task_after(connection: Connection, written: Written) -> Task | None:
    proposal = written.proposal
    if proposal is None or not proposal.task_id:
        return None
    row = _row(connection, tasks, proposal.task_id)
    if row is None:
        raise NotAllowedError("没有这项待编任务，请核对编号。")
    task = task_of(row)
    if task.unit not in {proposal.unit, proposal.owner}:
        raise NotAllowedError(f"该待编任务是{task.unit}的，须由该单位完成。")
    if proposal.stage is Stage.ACCEPTED:
        return replace(task, done_at=written.step.at)
    if proposal.stage is Stage.REFUSED:
        return replace(task, submitted_at=None)
    return replace(task, submitted_at=task.submitted_at or proposal.at)


def _owe(connection: Connection, owed: Sequence[Task]) -> Sequence[Task]:
    found = []
    for task in owed:
        plain = insert(tasks, connection.dialect.name)
        # Whoever words the question puts it in the place of the mere category; nothing else of a task changes.
        statement = plain.on_conflict_do_update(
            index_elements=["kind", "unit", "about"],
            set_={"title": plain.excluded.title},
            where=tasks.c.title.startswith(BY_ITSELF),
        )
        connection.execute(statement, row_of(task))
        same = (tasks.c.kind == task.kind.value, tasks.c.unit == task.unit, tasks.c.about == task.about)
        found.append(task_of(connection.execute(sa.select(tasks).where(*same)).one()))
    return found
