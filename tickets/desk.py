"""The desk where tickets are opened: the use cases, one transaction each."""

from __future__ import annotations

from datetime import datetime

from tickets.model import Kind, Opening, Ticket
from tickets.store import TicketStore


class TicketDesk:
    """Opens tickets for calls, whoever asks and however often."""

    def __init__(self, store: TicketStore) -> None:
        self._store = store

    async def open_from_call(
        self, call_id: str, number: str, kind: Kind, opened_at: datetime, recording_id: str = ""
    ) -> Ticket:
        """The one automatic ticket of a call (R14.1): opened at the first asking, the same at every other.

        Asked again with a weightier kind (an answered call becomes an emergency) it is raised, with a step in its
        history. ``number`` is the caller's, normalised; it may be empty. On disk when this returns.

        Raises:
            NotWritten: the database refused.
            ValueError: the call has no id.
        """
        return await self._store.open(Opening(_named(call_id), number, kind, opened_at, recording_id))

    async def open_further(self, call_id: str, number: str, opened_at: datetime, *, who: str, unit: str) -> Ticket:
        """Another ticket for a further matter that came up in the same call, opened by ``who`` of ``unit``.

        Raises:
            NotWritten: the database refused.
            ValueError: the call has no id.
        """
        opening = Opening(_named(call_id), number, Kind.MATTER, opened_at, automatic=False, who=who, unit=unit)
        return await self._store.open(opening)


def _named(call_id: str) -> str:
    if not call_id:
        raise ValueError("a ticket from a call needs the call's id")
    return call_id
