"""Legal hold: what must not be deleted, whatever its age, by whose word and until when (A23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from common.ids import new_id
from hotline.keeping.subjects import subject_of
from hotline.keeping.tables import holds

#: Ours among the advisory locks of a PostgreSQL database: whoever holds something, and whoever deletes, take turns.
_LOCK = sa.text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'hold')})")
KINDS = ("ticket", "number", "call")


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold, as it was set."""

    id: str
    kind: str
    object: str
    who: str
    why: str
    since: datetime
    until: datetime | None
    blind: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held: ids of tickets, of calls, and everything under which the audit knows them."""

    tickets: frozenset[str]
    calls: frozenset[str]
    objects: frozenset[str]


def take_turns(connection: Connection) -> None:
    """From here to the end of the transaction nobody sets a hold, or deletes while we set one."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)


def set_hold(
    connection: Connection,
    kind: str,
    about: str,
    *,
    who: str,
    why: str,
    at: datetime,
    until: datetime | None = None,
    blind: str = "",
) -> tuple[Hold, frozenset[str]]:
    """Hold a ticket, a call, or everything of a number; gives the hold, and the ids that it covers now.

    A number is held even if nothing of it is here yet: what comes later is held too. ``blind`` is the number as the
    blind index has it.

    Raises:
        LookupError: there is no such ticket or call.
    """
    take_turns(connection)
    blind = blind if kind == "number" else ""
    subject = subject_of(connection, about, blind=blind)
    if kind not in KINDS or (kind == "ticket" and not subject.tickets) or (kind == "call" and not subject.calls):
        raise LookupError(about)
    hold = Hold(new_id(), kind, about, who, why, at, until, blind)
    row = {**asdict(hold), "lifted_at": None, "lifted_by": "", "lifted_why": ""}
    connection.execute(holds.insert(), [row])
    return hold, subject.objects


def lift_hold(connection: Connection, hold_id: str, *, who: str, why: str, at: datetime) -> bool:
    """End a hold; whether it stood. It stays in the books with who lifted it and why."""
    take_turns(connection)
    standing_one = holds.update().where(holds.c.id == hold_id, holds.c.lifted_at.is_(None))
    return connection.execute(standing_one.values(lifted_at=at, lifted_by=who, lifted_why=why)).rowcount > 0


def standing(connection: Connection, at: datetime) -> Sequence[Hold]:
    """The holds that stand, oldest first."""
    query = sa.select(*(holds.c[name] for name in ("id", "kind", "object", "who", "why", "since", "until", "blind")))
    query = query.where(holds.c.lifted_at.is_(None), sa.or_(holds.c.until.is_(None), holds.c.until > at))
    return [Hold(*row) for row in connection.execute(query.order_by(holds.c.since, holds.c.id))]


def held(connection: Connection, at: datetime) -> Held:
    """Everything that a hold covers: with a ticket its call and recordings, with a number all of both."""
    tickets: set[str] = set()
    calls: set[str] = set()
    objects: set[str] = set()
    for hold in standing(connection, at):
        subject = subject_of(connection, hold.object, blind=hold.blind)
        tickets |= set(subject.tickets)
        calls |= subject.calls
        objects |= subject.objects
    return Held(frozenset(tickets), frozenset(calls), frozenset(objects))
