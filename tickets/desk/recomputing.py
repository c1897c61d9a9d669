"""Deadlines under another calendar: what changes is shown before it is done, what was promised is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from tickets.desk.acting import Acting, make
from tickets.model import Status, Ticket
from tickets.register import Register
from tickets.store.rows import TICKET_COLUMNS, ticket_of
from tickets.store.sealing import Sealing
from tickets.store.tables import is_open, tickets
from tickets.store.work import Work
from tickets.ticket_deadlines import TITLES
from tickets.turns import Dated, Turn, shifted
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

#: A clock that stands gets its dates when it runs again; one that has run out keeps them.
_NOT_RUNNING = frozenset(
    {Status.WAITING_FOR_MATERIAL, Status.ADJUDICATION, Status.AWAITING_CALLBACK, Status.NO_FURTHER_HANDLING}
)
_NAMES = {
    "return_by": "return_by",
    "due": "due",
    "apply_by": "last_day_to_apply_for_extension",
    "latest": "latest_extended_due",
}


@dataclass(frozen=True, slots=True)
class DateChange:
    """One date of a ticket that another calendar moves or settles."""

    ticket_id: str
    number: str
    name: str
    before: Dated
    after: Dated

    def words(self) -> str:
        """What changes, in Chinese."""
        title = TITLES[_NAMES[self.name]]
        if self.before.on == self.after.on:
            return f"{self.number} {title}:{self.after.on}不变,{'转为暂定' if self.after.provisional else '不再是暂定'}"
        return f"{self.number} {title}:由{self.before.on}改为{self.after.on};原告知日期{self.after.promised}保留"


def open_turns(connection: Connection, sealing: Sealing) -> list[Ticket]:
    """Every open ticket that a unit's clock runs for, by its number; what cannot be opened is left out."""
    query = sa.select(*TICKET_COLUMNS).where(is_open, tickets.c.due.is_not(None)).order_by(tickets.c.number)
    found = sealing.opened(connection, [ticket_of(row) for row in connection.execute(query).all()])
    found = [ticket for ticket in found if not ticket.sealed]
    return [ticket for ticket in found if not ticket.paused and ticket.status not in _NOT_RUNNING]


def changes_of(ticket: Ticket, register: Register) -> tuple[Turn, tuple[DateChange, ...]]:
    """The ticket's turn under the calendar of now, and what that changes."""
    turn = ticket.turn
    if turn is None:
        raise ValueError(f"ticket {ticket.id} has no turn")
    rules = register.rules(turn, civil(ticket.since).date())
    new = shifted(turn, register.calendar, rules, ticket.pauses)
    found = []
    for name in _NAMES:
        before, after = getattr(turn, name), getattr(new, name)
        if before and after and (before.on, before.at, before.provisional) != (after.on, after.at, after.provisional):
            found.append(DateChange(ticket.id, ticket.number, name, before, after))
    return new, tuple(found)


def apply_changes(work: Work, ticket_ids: Sequence[str], now: datetime) -> list[DateChange]:
    """Write the new dates down, each as a step of its ticket."""
    work.prefetch(ticket_ids)
    clock = Acting(Actor("system", work.register.tree.root, Role.SYSTEM), now)
    done: list[DateChange] = []
    for ticket_id in ticket_ids:
        ticket = work.ticket(ticket_id)
        if ticket.turn is None or ticket.sealed or ticket.paused or ticket.status in _NOT_RUNNING:
            continue
        turn, changed = changes_of(ticket, work.register)
        if changed:
            said = "；".join(change.words() for change in changed)
            facts = replace(turn.limits(Facts()), reason=f"按新的日历重算期限:{said}")
            make(work, ticket, Move.SHIFT_LIMITS, clock, facts, turn=turn)
            done += changed
    return done
