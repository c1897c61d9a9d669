"""The knowledge base over HTTP: looked up, read, and what is overdue in it (R20.1, R20.2, R22.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from common import clock
from common.api.ask import Ask
from common.api.fields import Asked, Id, Line, Paged
from common.api.operation import operation
from common.api.problem import BAD_PARAMETER, missing
from common.bigrams import QUERY_CHARACTERS
from common.search import Search
from knowledge.api_shown import (
    Announcements,
    EntryList,
    EntryWhole,
    OverdueList,
    entry_shown,
    entry_whole,
    overdue_shown,
)
from knowledge.desk import KnowledgeDesk
from knowledge.duties import Duties
from knowledge.model import EntryClass
from knowledge.rules import WorkingDay
from knowledge.store import KnowledgeStore

_TAG = "知识库"
_Typed = Annotated[str, StringConstraints(min_length=1, max_length=QUERY_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]*$")]


class OfEntry(Asked):
    """An entry's id in an address."""

    id: Id


class LookUp(Paged):
    """What is looked for."""

    query: Annotated[_Typed, Field(description="要找的词，1 到 100 个字，用空格分开，须全部出现。")]
    entry_class: Annotated[EntryClass | None, Field(description="条目类别。")] = None
    unit: Annotated[Line | None, Field(description="条目所属单位的编号。")] = None


class OverdueQuery(Asked):
    """Whose duties are listed."""

    unit: Annotated[Line | None, Field(description="单位的编号；一级机构不写即为全部，其他单位只看得到自己的。")] = None


@dataclass(frozen=True, slots=True)
class KnowledgePages:
    """The knowledge base's part of ``/api/v1``. Entries are for everybody who has a token; duties are each unit's own.

    ``working_days`` gives the calendar as it is now, ``level_one`` is the unit that reviews.
    """

    store: KnowledgeStore
    search: Search
    working_days: Callable[[], Awaitable[WorkingDay]]
    level_one: str
    now: Callable[[], datetime] = clock.now

    @operation("GET", "/api/v1/knowledge/entries", summary="检索知识库，最相关的在前", tag=_TAG)
    async def look_up_entries(self, query: LookUp) -> EntryList:
        """What may be answered from today (R22.1): reviewed, not withdrawn, not expired."""
        desk = KnowledgeDesk(self.store, self.search, after=await self.working_days(), now=self.now)
        classes = [query.entry_class] if query.entry_class else []
        units = [query.unit] if query.unit else []
        try:
            found = await desk.look_up(query.query, limit=query.limit, classes=classes, units=units, after=query.cursor)
        except ValueError as error:
            words = "请原样使用同一检索上一页返回的 next，或去掉它从头读起。"
            raise BAD_PARAMETER.problem(
                f"参数 cursor：{words}", errors=[{"parameter": "cursor", "detail": words}]
            ) from error
        today = self._today()
        rows = [entry_shown(entry, today) for entry in found.entries]
        return EntryList(entries=rows, next=str(found.next) if found.next else None, capped=found.capped)

    @operation("GET", "/api/v1/knowledge/entries/{id}", summary="知识条目及其各版本", tag=_TAG)
    async def read_entry(self, ids: OfEntry) -> EntryWhole:
        """One entry, in use or not; ``valid`` says whether it may be answered from today."""
        entry = await self.store.entry(ids.id)
        if entry is None:
            raise missing("知识条目")
        return entry_whole(entry, await self.store.versions(entry.id), self._today())

    @operation("GET", "/api/v1/knowledge/announcements", summary="有效的公告，新的在前", tag=_TAG)
    async def list_announcements(self) -> Announcements:
        """What every seat must know now."""
        today = self._today()
        return Announcements(
            announcements=[entry_whole(one, [], today) for one in await self.store.announcements(today)]
        )

    @operation("GET", "/api/v1/knowledge/overdue", summary="各单位知识库逾期事项", tag=_TAG)
    async def list_overdue(self, ask: Ask, query: OverdueQuery) -> OverdueList:
        """What should have been handed in, looked over or decided by now (R20.2); a unit is shown its own."""
        duties = Duties(self.store, after=await self.working_days(), now=self.now, level_one=self.level_one)
        own = None if ask.caller.unit == self.level_one else ask.caller.unit
        late = await duties.overdue()
        shown = {
            unit: items for unit, items in sorted(late.items()) if own in {None, unit} and query.unit in {None, unit}
        }
        return overdue_shown(shown)

    def _today(self) -> date:
        return clock.civil(self.now()).date()
