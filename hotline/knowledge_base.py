"""The knowledge base put together with the city's calendar, which ``knowledge`` itself knows nothing of."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from common.api.operation import Operation, operations
from common.search import Search
from common.store import Ledger
from knowledge.api import KnowledgePages
from knowledge.api_writing import ProposalPages
from knowledge.rules import WorkingDay
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tickets.register import ROOT
from tickets.store import TicketStore


def knowledge_operations(reads: AsyncEngine, ledger: Ledger, tickets: TicketStore) -> list[Operation]:
    """The knowledge base's part of the interface; its working days are those of the register as it is then."""
    store, search = KnowledgeStore(reads, ledger), Search(reads, knowledge_index)

    async def working_days() -> WorkingDay:
        return (await tickets.register()).calendar.add

    return [
        *operations(KnowledgePages(store, search, working_days, ROOT.id)),
        *operations(ProposalPages(store, search, working_days, ROOT.id)),
    ]
