"""What a clerk sees before a ticket is sent: the catalogue first, what became of the like second (R21.0, A13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from tickets.alike import Alike
from tickets.catalogue import CatalogueLine, Ruling
from tickets.desk.readiness import missing_fields
from tickets.model import Status, Ticket
from tickets.protecting import barred
from tickets.register import Register
from tickets.store.columns import columns_of, record_of
from tickets.store.fates import Fate, Returned, fates
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import has_category, is_open, tickets
from tickets.store.tables_register import rulings
from tickets.store.tables_work import returns

_MOST = 5
#: So many are looked for by their text.
LIKE = _MOST


@dataclass(frozen=True, slots=True)
class EarlierReturn:
    """A return of the like: which unit, why, and what became of it."""

    number: str
    unit: str
    at: datetime
    reason: str
    basis: str
    suggestion: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Similar:
    """A ticket of the like that was handled, by whom, and what became of it.

    ``words`` are what its text has in common with this one's; empty where only category and place are the same.
    """

    number: str
    unit: str
    opened_at: datetime
    same_place: bool
    status: Status
    words: tuple[str, ...]
    returned: tuple[Returned, ...]
    ruled: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that speaks for or against a unit, the weightiest first.

    ``missing`` must be recorded before a dispatch. ``lines`` are the dispatch catalogue's, the closest first: the first
    names the lead. ``similar`` begins with those whose text is alike. ``repeats`` are open tickets of the same caller
    or matter, to which this one may be linked.
    """

    missing: tuple[str, ...]
    lines: tuple[CatalogueLine, ...]
    rulings: tuple[Ruling, ...]
    returns: tuple[EarlierReturn, ...]
    similar: tuple[Similar, ...]
    repeats: tuple[Ticket, ...]


def advise(
    connection: Connection, register: Register, ticket: Ticket, now: datetime, like: Sequence[Alike] = ()
) -> Advice:
    """The advice on one ticket; ``like`` are those whose text is. Nothing of a confidential one is in it (R25.1)."""
    details, day = ticket.details, civil(now).date()
    categories = register.category_path(details.category)
    return Advice(
        missing=missing_fields(ticket, register),
        # None of those complained of, nor of those about them, is suggested (A16).
        lines=tuple(
            replace(line, co_handlers=tuple(u for u in line.co_handlers if not barred(u, details, register.tree)))
            for line in register.lines(details.category, details.place, day)
            if not barred(line.lead, details, register.tree)
        ),
        rulings=tuple(one for one in _rulings(connection, categories) if not barred(one.unit, details, register.tree)),
        returns=tuple(_returns(connection, categories)),
        similar=tuple(
            one for one in _similar(connection, ticket, like) if not barred(one.unit, details, register.tree)
        ),
        repeats=tuple(_repeats(connection, register, ticket, now)),
    )


def _rulings(connection: Connection, categories: tuple[str, ...]) -> list[Ruling]:
    if not categories:
        return []
    query = sa.select(*columns_of(rulings, Ruling)).join(tickets, tickets.c.id == rulings.c.ticket_id)
    query = query.where(rulings.c.category.in_(categories), tickets.c.confidential.is_(sa.false()))
    query = query.order_by(rulings.c.on.desc(), rulings.c.id.desc()).limit(_MOST)
    return [record_of(Ruling, row) for row in connection.execute(query)]


def _returns(connection: Connection, categories: tuple[str, ...]) -> list[EarlierReturn]:
    if not categories:
        return []
    shown = [returns.c[name] for name in ("unit", "at", "reason", "basis", "suggestion", "outcome")]
    query = (
        sa.select(tickets.c.number, *shown)
        .join(tickets, tickets.c.id == returns.c.ticket_id)
        .where(returns.c.category.in_(categories), tickets.c.confidential.is_(sa.false()))
        .order_by(returns.c.at.desc(), returns.c.ticket_id.desc(), returns.c.seq.desc())
        .limit(_MOST)
    )
    return [EarlierReturn(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _similar(connection: Connection, ticket: Ticket, like: Sequence[Alike]) -> list[Similar]:
    """Tickets that a unit has handled: those whose text is like it, then others of the same category and place."""
    handled = [one for one in like if one.fate.ticket.case.givers and one.fate.ticket.id != ticket.id]
    by_text = {one.fate.ticket.id: one for one in handled[:_MOST]}
    others = [one for one in _of_category(connection, ticket) if one not in by_text][:_MOST]
    known = fates(connection, others)
    place = ticket.details.place
    return [
        *(similar(one.fate, one.words, place) for one in by_text.values()),
        *(similar(known[one], (), place) for one in others if one in known),
    ]


def similar(fate: Fate, words: tuple[str, ...], place: str = "") -> Similar:
    """A ticket of the like as a clerk is shown it."""
    one = fate.ticket
    same_place = bool(place) and one.details.place == place
    return Similar(one.number, one.unit, one.opened_at, same_place, one.status, words, fate.returned, fate.ruled)


def _of_category(connection: Connection, ticket: Ticket) -> list[str]:
    """Handled tickets of the same category, those of the same place first."""
    if not ticket.details.category:
        return []
    c = tickets.c
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(c.id, c.place)
        .where(has_category, c.category == ticket.details.category, c.open.is_(sa.false()), c.upper != "")
        .where(c.confidential.is_(sa.false()), c.id != ticket.id)
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(10 * _MOST)
    )
    found = connection.execute(query).all()
    return [row.id for row in sorted(found, key=lambda row: row.place != ticket.details.place)]


def _repeats(connection: Connection, register: Register, ticket: Ticket, now: datetime) -> list[Ticket]:
    """Open tickets of the same caller, or of the same matter and place within the days of a hot topic (A13)."""
    c = tickets.c
    days = register.rules(None, civil(now).date()).hot_topic_days
    same = []
    if ticket.caller_number:
        same.append(c.caller_number == ticket.caller_number)
    if ticket.details.category and ticket.details.place:
        matter = has_category & (c.category == ticket.details.category) & (c.place == ticket.details.place)
        same.append(matter & (c.opened_at >= now - timedelta(days=days)))
    if not same:
        return []
    query = (
        sa.select(*TICKET_COLUMNS)
        .where(sa.or_(*same), is_open, c.confidential.is_(sa.false()), c.id != ticket.id, c.handling_ticket == "")
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(_MOST)
    )
    return [ticket_of(row) for row in connection.execute(query)]
