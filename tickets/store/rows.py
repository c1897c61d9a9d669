"""Tickets and their steps as rows, and back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from threading import Lock
from typing import Any

from tickets.cards import Card
from tickets.codec import from_text, text_of, unpacked
from tickets.deadlines import Pause
from tickets.details import NO_DETAILS, Details
from tickets.model import Channel, Described, Entry, ForUnits, Kind, Opened, Raised, Readers, Ticket
from tickets.store.columns import Json, Ready, as_text
from tickets.store.tables import steps, tickets
from tickets.turns import Turn
from tickets.workflow_terms import Actor, Case, Facts, Role, Status


@dataclass(frozen=True, slots=True)
class _State:
    """What of a ticket stands in the column ``state``, each as in ``Ticket``."""

    case: Case
    details: Details = NO_DETAILS
    turn: Turn | None = None
    pauses: tuple[Pause, ...] = ()
    attempts: tuple[datetime, ...] = ()
    callbacks: int = 0
    emergency_at: datetime | None = None
    awaited: tuple[tuple[str, datetime], ...] = ()
    reported_at: datetime | None = None
    news: tuple[str, ...] = ()
    told_accepted: bool = False
    #: Only of what could not be opened; what is opened is sealed anew (``tickets.store.sealing``).
    sealed: str = ""
    readers: tuple[str, ...] = ()


_IN_STATE = tuple(one.name for one in fields(_State))
_STATE = attrgetter(*_IN_STATE)
_PLAIN = (
    "id",
    "number",
    "opened_at",
    "since",
    "call_id",
    "automatic",
    "caller_number",
    "recording_id",
    "query_code",
    "confidential",
    "steps",
    "handling_ticket",
)
_PLAIN_OF = attrgetter(*_PLAIN)
#: Nothing more is owed.
ENDED = frozenset({Status.CLOSED, Status.ANSWERED, Status.NOT_ACCEPTED, Status.ARCHIVED})
#: What a ticket is opened with and keeps; to leave them alone spares their indexes.
FIXED = frozenset(
    {"number", "channel", "opened_at", "call_id", "automatic", "caller_number", "query_code"},
)

_KEY = (*_PLAIN, "kind", "channel", "card", "state")
TICKET_COLUMNS = [as_text(one) if isinstance(one.type, Json) else one for one in (tickets.c[name] for name in _KEY)]
STEP_COLUMNS = [as_text(one) if isinstance(one.type, Json) else one for one in steps.c]
_TOLD: dict[str, type[Facts | Opened | Raised | Described | Readers | ForUnits]] = {
    "open": Opened,
    "raise": Raised,
    "describe": Described,
    "readers": Readers,
    "for_units": ForUnits,
}


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """The whole row of a ticket."""
    case, details, turn = ticket.case, ticket.details, ticket.turn
    row: dict[str, Any] = dict(zip(_PLAIN, _PLAIN_OF(ticket), strict=True))
    row.update(
        kind=ticket.kind.value,
        channel=ticket.channel.value,
        status=case.status.value,
        open=case.status not in ENDED,
        unit=case.unit,
        upper=case.upper if case.givers else "",
        offered_to=case.offered_to,
        due=turn.due.at if turn else None,
        provisional=bool(turn and turn.provisional),
        card=ticket.card.value if ticket.card else "",
        nature=details.nature.value if details.nature else "",
        category=details.category,
        place=details.place,
        urgency=details.urgency.value,
        has_news=bool(ticket.news),
        state=Ready(text_of(_State(*_STATE(ticket)))),
    )
    if not ticket.confidential:
        # Another row of it is written, and what it tells is kept in memory no longer than need be.
        _remember(tuple(row[name] for name in _KEY), ticket)
    return row


def ticket_of(row: Any) -> Ticket:
    """The ticket of a row that begins with ``TICKET_COLUMNS``."""
    key = tuple(row[: len(_KEY)])
    found = _known.get(key)
    if found is None:
        found = _read(key)
        _remember(key, found)
    return found


#: Tickets by all that their rows hold, so that none can be stale: most that are read were written or read just before.
_known: dict[tuple[Any, ...], Ticket] = {}
_knowing = Lock()
_MOST_KNOWN = 4096


def _remember(row: tuple[Any, ...], ticket: Ticket) -> None:
    with _knowing:
        while len(_known) >= _MOST_KNOWN:
            del _known[next(iter(_known))]
        _known[row] = ticket


def forget() -> None:
    """Read the next ones from their rows, all of them."""
    with _knowing:
        _known.clear()


def _read(row: tuple[Any, ...]) -> Ticket:
    *plain, kind, channel, card, text = row
    state = from_text(_State, text)
    return Ticket(
        **dict(zip(_PLAIN, plain, strict=True)),
        kind=Kind(kind),
        channel=Channel(channel),
        card=Card(card) if card else None,
        **dict(zip(_IN_STATE, _STATE(state), strict=True)),
    )


def step_row(entry: Entry) -> dict[str, Any]:
    """The row of a step."""
    return {
        "ticket_id": entry.ticket_id,
        "seq": entry.seq,
        "at": entry.at,
        "who": entry.actor.who,
        "unit": entry.actor.unit,
        "role": entry.actor.role.value,
        "row": entry.row,
        "told": entry.told,
        "status": entry.status.value,
        "accountable": entry.accountable,
        "turn": entry.turn,
    }


def entry_of(row: Any) -> Entry:
    """The step of a row, or of what was opened of one (``Sealing.entries``)."""
    data = row if isinstance(row, dict) else row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    return Entry(
        ticket_id=data["ticket_id"],
        seq=data["seq"],
        at=data["at"],
        actor=Actor(data["who"], data["unit"], Role.of(data["role"])),
        row=data["row"],
        told=_record(_TOLD.get(data["row"], Facts), data["told"]),
        status=Status.of(data["status"]),
        accountable=data["accountable"],
        turn=_record(Turn, data["turn"]) if data["turn"] else None,
    )


def _record(kind: type[Any], told: Any) -> Any:
    return from_text(kind, told) if isinstance(told, str) else unpacked(kind, told)
