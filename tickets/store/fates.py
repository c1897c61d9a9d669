"""What became of tickets: who wanted to return them, and what was ruled (R21.0). Never confidential ones (R25.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from tickets.model import Ticket
from tickets.store.finding import of_ids
from tickets.store.tables_register import rulings
from tickets.store.tables_work import returns

_returned = (
    sa.select(returns.c.ticket_id, returns.c.unit, returns.c.outcome)
    .where(returns.c.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(returns.c.at, returns.c.seq)
)
_ruled = (
    sa.select(rulings.c.ticket_id, rulings.c.unit)
    .where(rulings.c.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(rulings.c.on, rulings.c.id)
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A unit asked to return it; ``outcome`` is accepted or refused, empty while it is not decided."""

    unit: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Fate:
    """A ticket as it stands, and what was decided on whose it is; ``ruled`` is empty where nothing was ruled."""

    ticket: Ticket
    returned: tuple[Returned, ...]
    ruled: str


def fates(connection: Connection, ids: Sequence[str]) -> dict[str, Fate]:
    """Those of these tickets that there are and that are not confidential, by their ids."""
    known = {name: one for name, one in of_ids(connection, ids).items() if not one.confidential}
    if not known:
        return {}
    told: dict[str, list[Returned]] = {name: [] for name in known}
    for row in connection.execute(_returned, {"ids": list(known)}):
        told[row.ticket_id].append(Returned(row.unit, row.outcome))
    ruled = {row.ticket_id: row.unit for row in connection.execute(_ruled, {"ids": list(known)})}
    return {name: Fate(one, tuple(told[name]), ruled.get(name, "")) for name, one in known.items()}
