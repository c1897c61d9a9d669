"""Tickets that are like a text, and what became of them (R21.0): who dispatches learns from those that were handled.

They are found through the index of words, which holds nothing of confidential tickets (R25.1) and no numbers of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tickets.feedback_phrases import COMMON_PAIRS
from tickets.model import Ticket
from tickets.protecting import protected
from tickets.search import CATEGORY, OPEN, UNIT
from tickets.store import TicketStore
from tickets.store.fates import Fate, fates

#: Some of those found are not the reader's to see, or were never with a unit: so many times more are looked at.
_MORE = 4


@dataclass(frozen=True, slots=True)
class Alike:
    """A ticket that is like a text, by these words."""

    fate: Fate
    words: tuple[str, ...]


async def alike(
    store: TicketStore,
    text: str,
    *,
    limit: int,
    is_open: bool | None = None,
    category: str = "",
    units: tuple[str, ...] | None = None,
) -> list[Alike]:
    """The tickets that are most like a text, as they are now; more than ``limit``, since some may not be shown."""
    facets: dict[str, tuple[str, ...]] = {}
    if is_open is not None:
        facets[OPEN] = ("yes" if is_open else "no",)
    if category:
        facets[CATEGORY] = (category,)
    if units is not None:
        facets[UNIT] = units
    found = await store.search.alike(text, common=COMMON_PAIRS, facets=facets, limit=limit * _MORE)
    known = await store.read(partial(fates, ids=[one.id for one in found]))
    return [Alike(known[one.id], one.words) for one in found if one.id in known]


def text_of(ticket: Ticket) -> str:
    """By which the like of a ticket are sought: its matter, and its address unless the caller is to stay unknown."""
    details = ticket.details
    return details.matter if protected(details) else f"{details.matter}\n{details.address}"
