"""The knowledge base put together with the city's calendar, which ``knowledge`` itself knows nothing of."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from common.search import Search
from common.store import Ledger
from knowledge.api import KnowledgePages
from knowledge.rules import WorkingDay
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tickets.register import ROOT
from tickets.store import TicketStore


def knowledge_pages(reads: AsyncEngine, ledger: Ledger, tickets: TicketStore) -> KnowledgePages:
    """The knowledge base's part of the interface; its working days are those of the register as it is then."""

    async def working_days() -> WorkingDay:
        return (await tickets.register()).calendar.add

    return KnowledgePages(KnowledgeStore(reads, ledger), Search(reads, knowledge_index), working_days, ROOT.id)
