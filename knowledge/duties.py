"""What units owe the knowledge base, and what of it is overdue (R20.2, A19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from common.bigrams import without_numbers
from common.clock import civil
from common.ids import new_id
from knowledge.model import CLASS_WORDS, Overdue, Owed, Task, TaskKind
from knowledge.rules import DEFAULTS, Limits, WorkingDay, written_for_another
from knowledge.store import KnowledgeStore

_TITLE = 200


class Duties:
    """Notes what is owed and lists what is late. ``level_one`` is the id of the unit that reviews."""

    def __init__(
        self,
        store: KnowledgeStore,
        *,
        after: WorkingDay,
        now: Callable[[], datetime],
        level_one: str,
        limits: Limits = DEFAULTS,
    ) -> None:
        self._store = store
        self._after = after
        self._now = now
        self._level_one = level_one
        self._limits = limits

    async def note_publication(self, unit: str, title: str, about: str, published_on: date) -> Task:
        """A policy was published: its unit owes the entry by the end of the next working day (R20.2).

        ``about`` tells publications apart: the address or number of the document.

        Raises:
            NotWritten: the database refused.
        """
        due = self._after(published_on, self._limits.entry)
        task = Task(new_id(), TaskKind.PUBLICATION, unit, title[:_TITLE], about, published_on, due)
        return await self._store.owe(task)

    async def answered_without_entry(self, unit: str, question: str, ticket_id: str) -> Task:
        """A consultation was answered although nothing was found: the unit owes an entry (A19); once per ticket.

        Numbers of people are taken out of the question (R25.2).

        Raises:
            NotWritten: the database refused.
        """
        today = civil(self._now()).date()
        due = self._after(today, self._limits.entry)
        title = without_numbers(question).strip()[:_TITLE]
        return await self._store.owe(Task(new_id(), TaskKind.CONSULTATION, unit, title, ticket_id, today, due))

    async def overdue(self) -> Mapping[str, list[Overdue]]:
        """What each unit should have done by now, the earliest due first (R20.2).

        A unit owes entries until it hands them in, looks after those it has, and says whether it agrees; level 1 owes
        its decision, which it can take without the units but where it writes in their name.
        """
        today = civil(self._now()).date()
        found = [
            Overdue(task.unit, Owed.ENTRY, task.id, task.title, task.due)
            for task in await self._store.open_tasks()
            if task.due < today and task.submitted_at is None
        ]
        found += [
            Overdue(entry.owner, Owed.REVIEW, entry.id, entry.content.title, entry.review_by)
            for entry in await self._store.to_be_reviewed(today)
        ]
        for proposal in await self._store.proposals():
            due = self._after(civil(proposal.at).date(), self._limits.approval)
            if due >= today:
                continue
            owed = [(unit, Owed.CONSENT) for unit in proposal.consent_of]
            if not written_for_another(proposal):
                owed.append((self._level_one, Owed.APPROVAL))
            found += [Overdue(unit, what, proposal.id, proposal.content.title, due) for unit, what in owed]
        found += [
            Overdue(one.plan.unit, Owed.PLANNED, one.plan.entry_class.value, CLASS_WORDS[one.plan.entry_class], one.due)
            for one in await self._store.plans(today)
            if one.due < today
        ]
        by_unit: dict[str, list[Overdue]] = {}
        for one in sorted(found, key=lambda one: (one.due, one.id)):
            by_unit.setdefault(one.unit, []).append(one)
        return by_unit
