"""What of the tickets may be public, and how Open311 shows it: matter of what kind, where it stands, whose it is.

Never the caller's words, never an address or a name: a township is the closest that is told. Nothing confidential,
nothing about a person or a unit's conduct, nothing that nobody has reviewed yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tickets.catalogue import Category
from tickets.desk.readiness import OWN_FIELDS
from tickets.details import Nature
from tickets.model import Status, Ticket
from tickets.public_words import ENDED, WORDS
from tickets.register import Register
from tickets.store.rows import TICKET_COLUMNS
from tickets.store.tables import tickets

#: Requests about the city's services; 举报 and 表扬 are about people.
NATURES = (Nature.HELP, Nature.COMPLAINT, Nature.SUGGESTION, Nature.CONSULTATION)
_UNREVIEWED = (Status.DRAFT, Status.AWAITING_REVIEW, Status.NOT_ACCEPTED)
MOST = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for. ``numbers`` goes before everything else, as the specification has it."""

    since: datetime
    until: datetime
    numbers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset({"open", "closed"})

    def query(self) -> sa.Select[*tuple[Any, ...]]:
        """What can be public among them, newest first; ``is_public`` looks at the rest."""
        c = tickets.c
        found = (
            sa.select(*TICKET_COLUMNS)
            .where(c.confidential.is_(sa.false()), c.category != "")
            .where(c.nature.in_([nature.value for nature in NATURES]))
            .where(c.status.not_in([status.value for status in _UNREVIEWED]))
            .order_by(c.opened_at.desc(), c.id.desc())
            .limit(MOST)
        )
        if self.numbers:
            return found.where(c.number.in_(self.numbers))
        found = found.where(c.opened_at >= self.since, c.opened_at <= self.until)
        if self.services:
            found = found.where(c.category.in_(self.services))
        ended = [status.value for status in ENDED]
        if self.statuses == {"open"}:
            found = found.where(c.status.not_in(ended))
        elif self.statuses == {"closed"}:
            found = found.where(c.status.in_(ended))
        return found


def is_public(ticket: Ticket) -> bool:
    """Whether anybody may know that there is such a ticket."""
    details = ticket.details
    return (
        not ticket.confidential
        and ticket.status not in _UNREVIEWED
        and details.nature in NATURES
        and bool(details.category)
        and not details.about
        and not details.hide_identity
    )


def leaves(register: Register) -> list[Category]:
    """The categories that can be asked for: those in use with none below them."""
    parents = {category.parent for category in register.categories.values()}
    found = [one for one in register.categories.values() if one.active and one.code not in parents]
    return sorted(found, key=lambda one: one.code)


def service(category: Category, register: Register) -> dict[str, Any]:
    """A service of the list."""
    above = _above(category, register)
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": " / ".join([*reversed(above), category.name]),
        "metadata": bool(attributes(category.code, register)),
        # The number is given once somebody has looked at it: until then nobody knows whether it may be public.
        "type": "batch",
        "keywords": ",".join(above),
        "group": above[0] if above else category.name,
    }


def attributes(code: str, register: Register) -> list[dict[str, Any]]:
    """What a category asks for beside description, place and contact."""
    names = [name for name in register.required(code) if name not in OWN_FIELDS]
    return [
        {
            "variable": True,
            "code": name,
            "datatype": "string",
            "required": True,
            "datatype_description": None,
            "order": place,
            "description": name,
            "values": [],
        }
        for place, name in enumerate(names, 1)
    ]


def request(ticket: Ticket, register: Register) -> dict[str, Any]:
    """A request as everybody may read it."""
    closed = ticket.status in ENDED
    category = register.categories.get(ticket.details.category)
    name = category.name if category else ticket.details.category
    place = register.units.get(ticket.details.place)
    return {
        "service_request_id": ticket.number,
        "status": "closed" if closed else "open",
        "status_notes": WORDS[ticket.status],
        "service_name": name,
        "service_code": ticket.details.category,
        "description": name,
        "agency_responsible": register.name(ticket.unit) if ticket.case.transferred else None,
        "service_notice": None,
        "requested_datetime": _w3(ticket.opened_at),
        "updated_datetime": _w3(ticket.since),
        "expected_datetime": _w3(ticket.turn.due.at) if ticket.turn and not closed else None,
        "address": place.name if place else None,
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }


def missing(code: str, told: Mapping[str, str], register: Register) -> Iterable[str]:
    """The attributes that a category needs and that were not told."""
    return [one["code"] for one in attributes(code, register) if not told.get(one["code"], "").strip()]


def _above(category: Category, register: Register) -> list[str]:
    path = register.category_path(category.code)[1:]
    return [register.categories[code].name for code in path]


def _w3(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
