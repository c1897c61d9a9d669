"""Whose data is whose: from a number, a ticket, a call or a recording to everything that shows its reporter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from ivr.store import calls, recordings
from tickets.store.tables import attachments, tickets
from tickets.store.tables_sealing import blind_numbers

#: Fewer than either database takes parameters in one statement.
_AT_ONCE = 5000


@dataclass(slots=True)
class Subject:
    """What belongs together. Tickets stand under their ids with their numbers; the audit knows them by either."""

    tickets: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    recordings: set[str] = field(default_factory=set)
    attachments: set[str] = field(default_factory=set)

    @property
    def objects(self) -> frozenset[str]:
        """All ids under which the audit may know it."""
        return frozenset(self.tickets) | set(self.tickets.values()) | self.calls | self.recordings | self.attachments

    def __bool__(self) -> bool:
        return bool(self.objects)


def subject_of(connection: Connection, asked: str, *, blind: str = "") -> Subject:
    """Everything that shows the reporter behind a number, a ticket (its number or id), a call or a recording.

    A ticket shows its call, a call its tickets; a recording stands for itself. ``blind`` is what was asked as the blind
    index has it: confidential tickets, whose numbers cannot be read here, are found by that alone (R25.1).
    """
    found = Subject()
    one = connection.execute(sa.select(recordings.c.id).where(recordings.c.id == asked)).scalar()
    if one:
        found.recordings.add(one)
        return found
    of_number = sa.select(calls.c.id).where(sa.or_(calls.c.id == asked, calls.c.number == asked))
    found.calls.update(connection.execute(of_number).scalars())
    columns = (tickets.c.id, tickets.c.number, tickets.c.call_id)
    named = sa.or_(tickets.c.id == asked, tickets.c.number == asked, tickets.c.caller_number == asked)
    rows = list(connection.execute(sa.select(*columns).where(named)))
    if blind:
        sealed = sa.select(blind_numbers.c.ticket_id).where(blind_numbers.c.blind == blind)
        rows += connection.execute(sa.select(*columns).where(tickets.c.id.in_(sealed)))
    for some in _some(sorted(found.calls)):
        rows += connection.execute(sa.select(*columns).where(tickets.c.call_id.in_(some)))
    for row in rows:
        found.tickets[row.id] = row.number
        found.calls.update([row.call_id] if row.call_id else [])
    for some in _some(sorted(found.calls)):
        found.recordings.update(
            connection.execute(sa.select(recordings.c.id).where(recordings.c.call_id.in_(some))).scalars()
        )
    for some in _some(sorted(found.tickets)):
        found.attachments.update(
            connection.execute(sa.select(attachments.c.id).where(attachments.c.ticket_id.in_(some))).scalars()
        )
    return found


def _some(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
