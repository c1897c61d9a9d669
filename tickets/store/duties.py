"""What a person of ours should have done by now, and what a unit has been reminded of (A24, A25, R12.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.paging import Cursor, Page
from tickets.model import Status, Ticket
from tickets.register import Register
from tickets.store.apart import apart_from
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.tables import is_open, tickets
from tickets.store.tables_work import notices, timers
from tickets.timer_rules import TimerKind, wanted

#: The limits on ourselves: level 1's teams, the upper units that decide, the adjudicators.
OURS = (
    TimerKind.REVIEW,
    TimerKind.REVIEW_TARGET,
    TimerKind.DECIDE,
    TimerKind.UPPER_DECIDE,
    TimerKind.ADJUDICATE,
    TimerKind.CALLBACK,
    TimerKind.REPORT_LATE,
    TimerKind.EMERGENCY_DISPATCH,
)
#: In these states something of ours is awaited: few of all that is open.
_AWAITED = (
    Status.AWAITING_REVIEW,
    Status.RETURN_REQUESTED,
    Status.EXTENSION_REQUESTED,
    Status.TERMINATION_REQUESTED,
    Status.ADJUDICATION,
    Status.AWAITING_CALLBACK,
    Status.NO_FURTHER_HANDLING,
)
_shown = tickets.c.confidential.is_(sa.false())


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is owed, and since when it has been overdue; ``unit`` owes it.

    ``warning``: only a target was missed, the limit still runs (A24).
    """

    ticket: Ticket
    kind: TimerKind
    overdue_since: datetime
    unit: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message to a unit, with the ticket it is about."""

    ticket: Ticket
    id: str
    kind: str
    unit: str
    roles: tuple[str, ...]
    text: str
    at: datetime


def overdue_duties(connection: Connection, register: Register, *, most: int) -> list[Duty]:
    """What is overdue with us, the longest first: its timer has fired, and what it was for is still awaited (A24)."""
    c = timers.c
    query = (
        sa.select(*TICKET_COLUMNS, c.kind.label("its_kind"), c.subject.label("its_subject"), c.at.label("its_at"))
        .join_from(tickets, timers, c.ticket_id == tickets.c.id)
        .where(is_open, tickets.c.status.in_([one.value for one in _AWAITED]), _shown)
        .where(c.kind.in_([one.value for one in OURS]), c.outcome == "fired")
        .order_by(c.at, c.ticket_id, c.kind)
    )
    found: list[Duty] = []
    for row in connection.execute(query):
        ticket = ticket_of(row)
        still = any((one.kind, one.subject) == (row.its_kind, row.its_subject) for one in wanted(ticket, register))
        if still:
            kind = TimerKind.of(row.its_kind)
            owed_by = _owed_by(ticket, kind) or register.tree.root
            warning = kind is TimerKind.REVIEW_TARGET
            found.append(Duty(ticket, kind, row.its_at, owed_by, warning))
        if len(found) == most:
            break
    late = {one.ticket.id for one in found if one.kind is TimerKind.REVIEW}
    # Once the limit is over nobody needs to hear of the target.
    return [one for one in found if not (one.warning and one.ticket.id in late)]


def _owed_by(ticket: Ticket, kind: TimerKind) -> str:
    """The unit whose duty it is; empty for level 1."""
    if kind is TimerKind.UPPER_DECIDE:
        return ticket.case.upper
    return ticket.case.adjudicator if kind is TimerKind.ADJUDICATE else ""


def reminders(
    connection: Connection,
    units: Collection[str] | None,
    *,
    limit: int,
    after: Cursor | None = None,
    apart: Collection[str] = (),
) -> Page[Reminder]:
    """What these units were told, the latest first; None stands for all. Nothing of confidential tickets (R25.1).

    Nor of complaints about the units of ``apart`` (A16).
    """
    query = reminders_query(units, limit=limit, after=after, apart=apart)
    rows = connection.execute(query).all()
    found = [
        Reminder(
            ticket=ticket_of(row),
            id=row.its_id,
            kind=row.its_kind,
            unit=row.its_recipient,
            roles=tuple(row.its_roles),
            text=row.its_text,
            at=row.its_created_at,
        )
        for row in rows[:limit]
    ]
    return Page(found, Cursor(found[-1].at, found[-1].id) if len(rows) > limit else None)


def reminders_query(
    units: Collection[str] | None, *, limit: int, after: Cursor | None = None, apart: Collection[str] = ()
) -> sa.Select[*tuple[Any, ...]]:
    """The same, one more than the page has."""
    c = notices.c
    query = sa.select(*TICKET_COLUMNS, *(c[name].label(f"its_{name}") for name in _REMINDER))
    query = query.join_from(notices, tickets, tickets.c.id == c.ticket_id).where(to_unit, _shown, *apart_from(apart))
    if units is not None:
        query = query.where(c.recipient.in_(sorted(units)))
    if after:
        query = query.where(sa.tuple_(c.created_at, c.id) < sa.tuple_(after.at, after.id))
    return query.order_by(c.created_at.desc(), c.id.desc()).limit(limit + 1)


_REMINDER = ("id", "kind", "recipient", "roles", "text", "created_at")
#: SQLite looks into the partial index only where the query says its condition in the very same words.
to_unit = notices.c.audience == sa.literal_column("'unit'")
