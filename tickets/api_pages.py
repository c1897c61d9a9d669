"""All of the desk's interface, in the order in which the document shows it."""

from __future__ import annotations

from common.api.operation import Operation, operations
from tickets.api import TicketPages
from tickets.api_advice import AdvicePages
from tickets.api_decided import DecidedPages
from tickets.api_destroying import DestructionPages
from tickets.api_disputes import DisputePages
from tickets.api_duties import DutyPages
from tickets.api_emergencies import EmergencyPages
from tickets.api_export import ExportPages
from tickets.api_inspections import InspectionPages
from tickets.api_protecting import ProtectingPages
from tickets.api_register import RegisterPages
from tickets.api_search import SearchPages
from tickets.api_work import WorkPages
from tickets.desk import TicketDesk
from tickets.store import TicketStore


def case_operations(store: TicketStore, desk: TicketDesk) -> list[Operation]:
    """The operations; ``store`` and ``desk`` write through a ledger that knows idempotency keys."""
    return [
        *operations(TicketPages(store, desk)),
        *operations(ProtectingPages(store, desk)),
        *operations(AdvicePages(store, desk)),
        *operations(SearchPages(store)),
        *operations(WorkPages(store)),
        *operations(EmergencyPages(store)),
        *operations(RegisterPages(store)),
        *operations(DecidedPages(store)),
        *operations(DisputePages(store)),
        *operations(InspectionPages(store)),
        *operations(DutyPages(store)),
        *operations(ExportPages(store)),
        *operations(DestructionPages(store)),
    ]
