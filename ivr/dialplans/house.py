"""What the scripts need beside the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ivr.model import CallerId, CallRecord, Verdict
from tickets.desk import TicketDesk


class Book(Protocol):
    """The calls of now, as a script writes them; ``ivr.book.Book``, and a plain dict behind it in the tests."""

    def change(self, call_id: str, **changes: object) -> CallRecord:
        """Put what has become known of a call into the books."""


@dataclass(frozen=True, slots=True)
class House:
    """The desk, the books and the house's numbers."""

    desk: TicketDesk
    book: Book
    screen: Callable[[CallerId], Verdict]
    message_max_seconds: float
    message_silence_seconds: int
    #: Menu key → queue, where the city has a voice menu.
    menu_queues: Mapping[str, str]
