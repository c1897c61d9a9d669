"""The recent answers of a unit, for the check that finds one answer given to many matters (R14.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from tickets.model import Status
from tickets.store.apart import apart_from
from tickets.store.rows import STEP_COLUMNS, entry_of
from tickets.store.tables import is_open, steps, tickets
from tickets.store.tables_archive import filings
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

#: So many of the unit's tickets are looked at among those that are answered and open, and among those that ended.
_MOST = 50
_ANSWERED = (Status.AWAITING_CALLBACK, Status.AWAITING_UPPER_REVIEW, Status.HANDLED_AGAIN)

_c = tickets.c
_open = (
    sa.select(_c.id)
    .where(is_open, _c.unit == sa.bindparam("unit"), _c.status.in_([one.value for one in _ANSWERED]))
    .order_by(_c.opened_at.desc(), _c.id.desc())
    .limit(_MOST)
)
# By the index of the archive alone, which holds all that this needs.
_ended = (
    sa.select(filings.c.ticket_id.label("id"))
    .where(filings.c.unit == sa.bindparam("unit"))
    .order_by(filings.c.filed_at.desc(), filings.c.ticket_id.desc())
    .limit(_MOST)
)
_answers = (
    sa.select(_c.number, *STEP_COLUMNS)
    .join_from(steps, tickets, _c.id == steps.c.ticket_id)
    .where(steps.c.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .where(steps.c.unit == sa.bindparam("unit"), steps.c.row.startswith(Move.SUBMIT_ANSWER.value, autoescape=True))
    .where(_c.confidential.is_(sa.false()))
    .order_by(steps.c.at.desc(), steps.c.ticket_id, steps.c.seq)
)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that a unit has given, and to which ticket."""

    number: str
    facts: Facts


def recent_answers(connection: Connection, unit: str, beside: str, apart: Collection[str] = ()) -> list[Given]:
    """What a unit has lately answered to other tickets than ``beside`` (an id), the latest first.

    Nothing of confidential tickets is among it (R25.1), nor of complaints about the units of ``apart`` (A16).
    """
    ids = {row.id for query in (_open, _ended) for row in connection.execute(query, {"unit": unit})} - {beside}
    if not ids:
        return []
    rows = connection.execute(_answers.where(*apart_from(apart)), {"ids": sorted(ids), "unit": unit})
    return [Given(row.number, entry_of(row).facts) for row in rows]
