"""The desk where tickets are opened and moved: the use cases, one transaction each."""

from __future__ import annotations

from tickets.desk.acting import Acting
from tickets.desk.ticket_desk import TicketDesk

__all__ = ["Acting", "TicketDesk"]
