"""Tickets and their steps as rows, and back."""

from __future__ import annotations

from typing import Any

from tickets.codec import packed, unpacked
from tickets.model import Described, Entry, Opened, Raised, Ticket
from tickets.store.tables import steps, tickets
from tickets.turns import Turn
from tickets.workflow_terms import Actor, Facts, Role, Status

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
#: What stands in the state, left out while it is empty.
_STATE = (
    "case",
    "details",
    "turn",
    "pauses",
    "attempts",
    "callbacks",
    "emergency_at",
    "awaited",
    "reported_at",
    "news",
    "told_accepted",
    #: Only of what could not be opened; what is opened is sealed anew (``tickets.store.sealing``).
    "sealed",
)
#: Nothing more is owed.
ENDED = frozenset({Status.CLOSED, Status.ANSWERED, Status.NOT_ACCEPTED, Status.ARCHIVED})

TICKET_COLUMNS = [tickets.c[name] for name in (*_PLAIN, "kind", "channel", "card", "state")]
STEP_COLUMNS = list(steps.c)
_TOLD: dict[str, type[Opened | Raised | Described]] = {"open": Opened, "raise": Raised, "describe": Described}


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """The whole row of a ticket."""
    case, details, turn = ticket.case, ticket.details, ticket.turn
    row: dict[str, Any] = {name: getattr(ticket, name) for name in _PLAIN}
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
        state=_state(ticket),
    )
    return row


def _state(ticket: Ticket) -> dict[str, Any]:
    state = {name: packed(getattr(ticket, name)) for name in _STATE}
    return {name: value for name, value in state.items() if value}


def ticket_of(row: Any) -> Ticket:
    """The ticket of a row, or of what was opened of one (``Sealing.tickets``)."""
    data = row if isinstance(row, dict) else row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    plain = {name: data[name] for name in (*_PLAIN, "kind", "channel")}
    return unpacked(Ticket, {**plain, "card": data["card"] or None, **data["state"]})


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
        "told": packed(entry.told),
        "status": entry.status.value,
        "accountable": entry.accountable,
        "turn": packed(entry.turn),
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
        told=unpacked(_TOLD.get(data["row"], Facts), data["told"]),  # type: ignore[arg-type]  # each is one that is told
        status=Status.of(data["status"]),
        accountable=data["accountable"],
        turn=unpacked(Turn, data["turn"]) if data["turn"] else None,
    )
