"""The knowledge base put together with the city's calendar, which ``knowledge`` itself knows nothing of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from common import clock
from common.api.operation import Operation, operations
from common.search import Search
from common.store import Ledger, NotWritten
from hotline.knowledge_tasks import TaskPages
from knowledge.api import KnowledgePages
from knowledge.api_plans import PlanPages
from knowledge.api_writing import ProposalPages
from knowledge.rules import WorkingDay
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tickets.register import ROOT
from tickets.store import TicketStore

log = structlog.get_logger(__name__)
_LOOKS_EVERY_SECONDS = 600.0


def knowledge_operations(reads: AsyncEngine, ledger: Ledger, tickets: TicketStore) -> list[Operation]:
    """The knowledge base's part of the interface; its working days are those of the register as it is then."""
    store, search = KnowledgeStore(reads, ledger), Search(reads, knowledge_index)

    async def working_days() -> WorkingDay:
        return (await tickets.register()).calendar.add

    async def is_unit(unit: str) -> bool:
        known = (await tickets.register()).units.get(unit)
        return known is not None and known.active(clock.civil(clock.now()).date())

    return [
        *operations(KnowledgePages(store, search, working_days, ROOT.id)),
        *operations(ProposalPages(store, search, working_days, is_unit, ROOT.id)),
        *operations(PlanPages(store, is_unit, ROOT.id)),
        *operations(TaskPages(store, tickets)),
    ]


class Retiring:
    """Takes what has expired out of the search once a civil day; any number of services may do so at once."""

    def __init__(
        self,
        store: KnowledgeStore,
        *,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """At the start and after each midnight, until cancelled. A database that does not answer is asked again."""
        done: date | None = None
        while True:
            today = clock.civil(self._now()).date()
            if today != done:
                try:
                    count = await self._store.retire(today)
                except NotWritten as error:
                    log.warning("expired entries could not be taken out of the search", error=type(error).__name__)
                else:
                    done = today
                    log.info("expired entries were taken out of the search", entries=count)
            await self._sleep(_LOOKS_EVERY_SECONDS)
