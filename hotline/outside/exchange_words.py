"""What two houses tell each other of a ticket (R16): the bodies of the exchange, in and out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from common.api.fields import Line, Text, Told
from common.clock import civil
from tickets.details import Details, Nature, Urgency
from tickets.model import Ticket
from tickets.protecting import for_units, protected, redacted
from tickets.public_words import ENDED, WORDS
from tickets.register import Register

Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}$")]
Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Sent(Told):
    """A ticket that one house hands to another. ``ref`` is the sender's name for it; sent again it is the same."""

    ref: Ref
    matter: Text
    reason: Line
    nature: Annotated[str, Field(max_length=20)] = ""
    category: Short = ""
    address: Short = ""
    caller_name: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    contact: Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    urgent: bool = False
    opened_at: Annotated[str, Field(max_length=40)] = ""


class Stand(Told):
    """Where a ticket stands with the house that has it now."""

    number: Ref
    status: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    words: Line
    ended: bool


def sent(ticket: Ticket, register: Register, reason: str) -> dict[str, Any]:
    """Our ticket as a partner gets it; whose identity is to be hidden, of them nothing is told (A16)."""
    details = ticket.details
    category = register.categories.get(details.category)
    hidden = protected(details)
    return {
        "ref": ticket.number,
        "matter": for_units(details)[:4000] or "（无文字内容）",
        "reason": redacted(reason, ticket) if hidden else reason,
        "nature": details.nature.value if details.nature else "",
        "category": category.name if category else "",
        "address": "" if hidden else details.address[:200],
        "caller_name": "" if hidden else details.caller_name[:40],
        "contact": "" if hidden else (details.contact or ticket.caller_number)[:120],
        "urgent": details.urgency is not Urgency.NORMAL,
        "opened_at": civil(ticket.opened_at).isoformat(timespec="seconds"),
    }


def details_of(told: Sent, title: str) -> Details:
    """A partner's ticket in our words; what their category is called stays readable for whoever reviews it."""
    nature = Nature.of(told.nature) if told.nature in list(Nature) else None
    more = [("来源", title), ("转来理由", told.reason), ("对方类别", told.category), ("对方受理时间", told.opened_at)]
    return Details(
        matter=told.matter,
        nature=nature,
        address=told.address,
        caller_name=told.caller_name,
        contact=told.contact,
        urgency=Urgency.URGENT if told.urgent else Urgency.NORMAL,
        fields=tuple((name, value) for name, value in more if value),
    )


def stand(ticket: Ticket) -> dict[str, Any]:
    """Where our ticket stands, for the house that sent it."""
    return {
        "number": ticket.number,
        "status": ticket.status.value,
        "words": WORDS[ticket.status],
        "ended": ticket.status in ENDED,
    }
