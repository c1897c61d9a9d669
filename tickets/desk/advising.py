"""What a clerk sees before a ticket is sent: the catalogue first, what became of the like second (R21.0, A13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from tickets.catalogue import CatalogueLine, Ruling
from tickets.desk.readiness import missing_fields
from tickets.model import Ticket
from tickets.register import Register
from tickets.store.columns import columns_of, record_of
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import has_category, is_open, tickets
from tickets.store.tables_register import rulings
from tickets.store.tables_work import returns

_MOST = 5


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
    """A ticket of the like that was handled, and by whom."""

    number: str
    unit: str
    opened_at: datetime
    same_place: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that speaks for or against a unit, the weightiest first.

    ``missing`` must be recorded before a dispatch. ``lines`` are the dispatch catalogue's, the closest first: the first
    names the lead. ``repeats`` are open tickets of the same caller or matter, to which this one may be linked.
    """

    missing: tuple[str, ...]
    lines: tuple[CatalogueLine, ...]
    rulings: tuple[Ruling, ...]
    returns: tuple[EarlierReturn, ...]
    similar: tuple[Similar, ...]
    repeats: tuple[Ticket, ...]


def advise(connection: Connection, register: Register, ticket: Ticket, now: datetime) -> Advice:
    """The advice on one ticket. Nothing of a confidential ticket is in it (R25.1)."""
    details, day = ticket.details, civil(now).date()
    categories = register.category_path(details.category)
    return Advice(
        missing=missing_fields(ticket, register),
        lines=register.lines(details.category, details.place, day),
        rulings=tuple(_rulings(connection, categories)),
        returns=tuple(_returns(connection, categories)),
        similar=tuple(_similar(connection, ticket)),
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


def _similar(connection: Connection, ticket: Ticket) -> list[Similar]:
    """Handled tickets of the same category, those of the same place first."""
    if not ticket.details.category:
        return []
    c = tickets.c
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(c.number, c.unit, c.opened_at, c.place)
        .where(has_category, c.category == ticket.details.category, c.open.is_(sa.false()), c.upper != "")
        .where(c.confidential.is_(sa.false()), c.id != ticket.id)
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(10 * _MOST)
    )
    place = ticket.details.place
    found = [Similar(row.number, row.unit, row.opened_at, row.place == place) for row in connection.execute(query)]
    return sorted(found, key=lambda one: not one.same_place)[:_MOST]


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
