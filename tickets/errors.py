"""Why the desk does not do what it was asked: each says in Chinese what is the matter and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from tickets.model import Entry, Ticket


class DeskError(Exception):
    """The desk did not do it; nothing has changed."""


class NoSuchTicketError(DeskError):
    """There is no ticket of that id."""

    def __init__(self, ticket_id: str) -> None:
        super().__init__("没有这件工单")
        self.ticket_id = ticket_id


class SealedTicketError(DeskError):
    """A confidential ticket cannot be opened: its key is missing or destroyed, or its content was tampered with.

    ``name`` is the ticket's number where it is known, else its id.
    """

    def __init__(self, name: str, why: Exception) -> None:
        super().__init__(f"保密工单{name}打不开：{why}")
        self.name = name


class NotReadyError(DeskError):
    """Something must be done first, or told with it; the message says what."""


class NotForUnitsError(NotReadyError):
    """Nobody has confirmed what units get of a matter whose reporter is protected (A16).

    ``proposal`` is the machine's, for level 1 alone, and ``marked`` what it has taken out.
    """

    def __init__(self, words: str, proposal: str = "", marked: Sequence[str] = ()) -> None:
        super().__init__(words)
        self.proposal, self.marked = proposal, tuple(marked)


class Conflict(DeskError):  # noqa: N818 - says what happened
    """Somebody else acted on the ticket meanwhile; ``meanwhile`` are their steps."""

    def __init__(self, ticket: Ticket, meanwhile: Sequence[Entry], words: str) -> None:
        super().__init__(f"工单已由他人办理:{words}。请刷新后再试")
        self.ticket, self.meanwhile = ticket, tuple(meanwhile)
