"""One transaction of the desk: what its use cases read, and all that they write, at once at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Delete, Insert, Table, Update
from sqlalchemy.sql.dml import ReturningInsert

from common.store import execute_many, insert
from tickets.errors import NoSuchTicketError
from tickets.model import Entry, Status, Ticket
from tickets.register import Register
from tickets.store.finding import keep_found
from tickets.store.rows import FIXED, STEP_COLUMNS, TICKET_COLUMNS, entry_of, step_row, ticket_of, ticket_row
from tickets.store.tables import is_linked, steps, ticket_numbers, tickets
from tickets.store.tables_work import timers
from tickets.timer_rules import Timer, wanted

Statement = Insert | Update | Delete
_add_step = steps.insert()
_open = tickets.insert()
_save = (
    tickets.update()
    .where(tickets.c.id == sa.bindparam("its_id"))
    .values({one.name: sa.bindparam(f"new_{one.name}") for one in tickets.c if one.name not in {"id", *FIXED}})
)
_by_ids = (
    sa.select(*TICKET_COLUMNS)
    .where(tickets.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(tickets.c.id)
    # Two services that change one ticket go one after the other; SQLite has but one writer anyway.
    .with_for_update()
)
_waiting = (
    sa.select(tickets.c.id, tickets.c.handling_ticket)
    .where(is_linked, tickets.c.handling_ticket.in_(sa.bindparam("ids", expanding=True)))
    .where(tickets.c.status == Status.LINKED.value)
    .order_by(tickets.c.id)
)
_steps_since = (
    sa.select(*STEP_COLUMNS)
    .where(steps.c.ticket_id == sa.bindparam("ticket"), steps.c.seq > sa.bindparam("seen"))
    .order_by(steps.c.seq)
)
_latest = (
    sa.select(*STEP_COLUMNS)
    .where(steps.c.ticket_id == sa.bindparam("ticket"), steps.c.row == sa.bindparam("its_row"))
    .order_by(steps.c.seq.desc())
    .limit(1)
)
_counted = ticket_numbers.update().where(ticket_numbers.c.day == sa.bindparam("of")).values(last=sa.bindparam("to"))
_unset = timers.delete().where(
    timers.c.ticket_id == sa.bindparam("b_ticket"),
    timers.c.kind == sa.bindparam("b_kind"),
    timers.c.subject == sa.bindparam("b_subject"),
    timers.c.done_at.is_(None),
)


@dataclass
class _Staged:
    """What one use case wants written."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    rows: list[tuple[Table, dict[str, Any]]] = field(default_factory=list)
    changes: list[tuple[Statement, dict[str, Any]]] = field(default_factory=list)


class Work:
    """The work of one transaction. Each use case begins with ``begin``; what one that fails has staged is dropped."""

    def __init__(self, connection: Connection, register: Register, public_url: str = "") -> None:
        #: Where citizens reach the public pages; empty where a city has not said.
        self.public_url = public_url
        self.connection = connection
        self.register = register
        #: Another register is in force from the next transaction on.
        self._before: dict[str, Ticket] = {}
        self._now: dict[str, Ticket] = {}
        self._all = _Staged()
        self._staged = _Staged()
        #: Civil day → how many tickets it has.
        self._counts: dict[str, int] = {}
        #: Ticket → the tickets that wait for it (A13): as the database has them, and linked since.
        self._linked: dict[str, set[str]] = {}

    def begin(self) -> None:
        """A use case begins; what the last one staged is dropped unless it was kept."""
        self._staged = _Staged()

    def keep(self) -> None:
        """The use case has succeeded."""
        self._now.update(self._staged.tickets)
        for ticket in self._staged.tickets.values():
            if ticket.handling_ticket in self._linked:
                self._linked[ticket.handling_ticket].add(ticket.id)
        self._all.entries += self._staged.entries
        self._all.rows += self._staged.rows
        self._all.changes += self._staged.changes
        self._staged = _Staged()

    def prefetch(self, ids: Iterable[str]) -> None:
        """Read (and lock) several tickets in one go, always in the same order."""
        missing = sorted({one for one in ids if one} - self._before.keys())
        if missing:
            for row in self.connection.execute(_by_ids, {"ids": missing}).all():
                found = ticket_of(row)
                self._before[found.id] = self._now[found.id] = found

    def ticket(self, ticket_id: str) -> Ticket:
        """A ticket as it stands within this transaction.

        Raises:
            NoSuchTicketError: there is none.
        """
        if found := self._staged.tickets.get(ticket_id):
            return found
        if ticket_id not in self._now:
            self.prefetch([ticket_id])
        if ticket_id not in self._now:
            raise NoSuchTicketError(ticket_id)
        return self._now[ticket_id]

    def steps_since(self, ticket_id: str, seen: int) -> list[Entry]:
        """The steps of a ticket after the one that somebody has seen, those of this transaction included."""
        known = self.connection.execute(_steps_since, {"ticket": ticket_id, "seen": seen})
        fresh = [*self._all.entries, *self._staged.entries]
        return [*map(entry_of, known), *(one for one in fresh if one.ticket_id == ticket_id and one.seq > seen)]

    def latest(self, ticket_id: str, row: str) -> Entry | None:
        """The latest step of a ticket that carried out this row, one of this transaction included."""
        staged = (*self._all.entries, *self._staged.entries)
        fresh = next((one for one in reversed(staged) if (one.ticket_id, one.row) == (ticket_id, row)), None)
        if fresh:
            return fresh
        found = self.connection.execute(_latest, {"ticket": ticket_id, "its_row": row}).first()
        return entry_of(found) if found else None

    def linked_to(self, ticket_id: str) -> list[str]:
        """The tickets of other callers that wait for this one (A13)."""
        if ticket_id not in self._linked:
            # For all tickets of this transaction in one go: most of them will be asked for too.
            asked = sorted({*self._now, ticket_id} - self._linked.keys())
            self._linked.update({one: set() for one in asked})
            for row in self.connection.execute(_waiting, {"ids": asked}):
                self._linked[row.handling_ticket].add(row.id)
            for one in self._now.values():
                if one.handling_ticket in self._linked:
                    self._linked[one.handling_ticket].add(one.id)
        found = sorted(self._linked[ticket_id])
        states = {one: self._staged.tickets.get(one) or self._now.get(one) for one in found}
        return [one for one in found if (state := states[one]) is None or state.status is Status.LINKED]

    def count_on(self, day: str) -> int:
        """One more ticket of this civil day; what is counted and not used is never used again."""
        # Once it has counted, no other transaction can count on this day before this one has ended.
        counting = _count_one(self.connection.dialect.name)
        known = self._counts.get(day)
        self._counts[day] = known + 1 if known else self.connection.execute(counting, {"day": day}).scalar_one()
        return self._counts[day]

    def changed(self) -> dict[str, Ticket]:
        """The tickets that this transaction has changed so far and that no query shows yet."""
        known = {entry.ticket_id for entry in self._all.entries}
        return {**{one: self._now[one] for one in known}, **self._staged.tickets}

    def add(self, ticket: Ticket, entry: Entry) -> None:
        """One more step, and the ticket after it."""
        self._staged.tickets[ticket.id] = ticket
        self._staged.entries.append(entry)

    def insert(self, table: Table, **row: Any) -> None:
        """A row that is written before any of ``change``."""
        self._staged.rows.append((table, row))

    def change(self, statement: Statement, **values: Any) -> None:
        """A change, in the order in which they were asked for."""
        self._staged.changes.append((statement, values))

    def flush(self) -> None:
        """Write everything that was kept."""
        if entries := self._all.entries:
            changed = {entry.ticket_id: self._now[entry.ticket_id] for entry in entries}
            self._save_tickets(changed.values())
            # Two processes that change one ticket write the same step of its history: the second is refused.
            execute_many(self.connection, _add_step, [step_row(entry) for entry in entries])
            self._set_timers(changed.values())
            keep_found(self.connection, self.register, changed.values(), self._before)
        counts = [{"of": day, "to": last} for day, last in sorted(self._counts.items())]
        execute_many(self.connection, _counted, counts)
        for table, rows in _grouped(self._all.rows):
            execute_many(self.connection, _adding(table, self.connection.dialect.name), rows)
        for statement, values in _grouped(self._all.changes):
            execute_many(self.connection, statement, values)

    def _save_tickets(self, changed: Iterable[Ticket]) -> None:
        fresh: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        for ticket in changed:
            row = ticket_row(ticket)
            if ticket.id in self._before:
                new = {f"new_{name}": value for name, value in row.items() if name not in FIXED}
                known.append({**new, "its_id": new.pop("new_id")})
            else:
                fresh.append(row)
        execute_many(self.connection, _open, fresh)
        execute_many(self.connection, _save, known)

    def _set_timers(self, changed: Iterable[Ticket]) -> None:
        gone: list[dict[str, Any]] = []
        new: list[dict[str, Any]] = []
        for ticket in changed:
            before = self._before.get(ticket.id)
            had = wanted(before, self.register) if before else frozenset()
            has = wanted(ticket, self.register)
            gone += [
                {"b_ticket": ticket.id, "b_kind": one.kind.value, "b_subject": one.subject}
                for one in sorted_(had - has)
            ]
            new += [timer_row(ticket.id, one) for one in sorted_(has - had)]
        execute_many(self.connection, _unset, gone)
        execute_many(self.connection, _adding(timers, self.connection.dialect.name), new)


def sorted_(found: Iterable[Timer]) -> list[Timer]:
    """In a steady order, so that two transactions never lock each other out."""
    return sorted(found, key=lambda one: (one.kind, one.subject))


def timer_row(ticket_id: str, timer: Timer) -> dict[str, Any]:
    """The row of a timer that waits."""
    return {
        "ticket_id": ticket_id,
        "kind": timer.kind.value,
        "subject": timer.subject,
        "at": timer.at,
        "done_at": None,
        "outcome": "",
        "failures": 0,
    }


@cache
def _count_one(dialect: str) -> ReturningInsert[int]:
    first = insert(ticket_numbers, dialect).values(last=1)
    onward = {"last": ticket_numbers.c.last + 1}
    return first.on_conflict_do_update(index_elements=["day"], set_=onward).returning(ticket_numbers.c.last)


@cache
def _adding(table: Table, dialect: str) -> Insert:
    # What is there already stays: a timer that has fired must not come back, a task must not begin anew.
    return insert(table, dialect).on_conflict_do_nothing()


def _grouped(items: Sequence[tuple[Any, dict[str, Any]]]) -> Iterable[tuple[Any, list[dict[str, Any]]]]:
    """Neighbours of one statement together, the order kept."""
    group: list[dict[str, Any]] = []
    last: Any = None
    for statement, values in items:
        if group and statement is not last:
            yield last, group
            group = []
        last = statement
        group.append(values)
    if group:
        yield last, group
