"""What is listed beside tickets: links, tasks, acknowledgements, rulings. Never of confidential tickets (R25.1)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tickets.store.tables import is_linked, tickets
from tickets.store.tables_register import rulings
from tickets.store.tables_work import acknowledgements, tasks

_shown = tickets.c.confidential.is_(sa.false())


def linked_to(ticket_id: str) -> sa.Select[*tuple[Any, ...]]:
    """The numbers of the tickets that wait for this one, the first first (A13)."""
    query = sa.select(tickets.c.number).where(is_linked, tickets.c.handling_ticket == ticket_id, _shown)
    return query.order_by(tickets.c.number).limit(1000)


def open_tasks(units: tuple[str, ...], *, limit: int) -> sa.Select[*tuple[Any, ...]]:
    """The open tasks of co-handlers, the most pressing first (A10); of all units where none is named."""
    columns = (tickets.c.number, tasks.c.unit, tasks.c.named_at, tasks.c.due)
    query = sa.select(*columns).join(tickets, tickets.c.id == tasks.c.ticket_id)
    query = query.where(tasks.c.ended_at.is_(None), _shown)
    if units:
        query = query.where(tasks.c.unit.in_(units))
    return query.order_by(tasks.c.due, tickets.c.number, tasks.c.unit).limit(limit)


def awaited_acknowledgements(units: tuple[str, ...], *, limit: int) -> sa.Select[*tuple[Any, ...]]:
    """Who has not yet said that they have an emergency ticket, the longest wait first (R7.2)."""
    columns = (tickets.c.number, acknowledgements.c.unit, acknowledgements.c.asked_at, acknowledgements.c.rank)
    query = sa.select(*columns).join(tickets, tickets.c.id == acknowledgements.c.ticket_id)
    query = query.where(acknowledgements.c.acknowledged_at.is_(None), _shown)
    if units:
        query = query.where(acknowledgements.c.unit.in_(units))
    return query.order_by(acknowledgements.c.asked_at, tickets.c.number, acknowledgements.c.unit).limit(limit)


def rulings_on(category: str, *, limit: int) -> sa.Select[*tuple[Any, ...]]:
    """The rulings on a category, or on all, the latest first (R21.3)."""
    columns = (rulings.c[name] for name in ("category", "place", "unit", "ruling", "basis", "by", "on"))
    query = sa.select(tickets.c.number, *columns).join(tickets, tickets.c.id == rulings.c.ticket_id).where(_shown)
    if category:
        query = query.where(rulings.c.category == category)
    return query.order_by(rulings.c.on.desc(), rulings.c.id.desc()).limit(limit)
