"""The tables of sample inspection: samples drawn, what was found in each, and the corrections demanded (R18)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from common.store import Instant
from tickets.store.columns import Json
from tickets.store.tables import tables

#: A sample. With seed, period and units anybody can draw it again.
inspections = Table(
    "inspections",
    tables,
    Column("id", String(32), primary_key=True),
    #: Who inspects.
    Column("unit", String(80), nullable=False),
    #: The one unit below that is inspected; empty for all below.
    Column("of_unit", String(80), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    #: One of the two was asked for; the other is 0.
    Column("percent", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("seed", String(80), nullable=False),
    #: How many tickets the sample was drawn from.
    Column("population", Integer, nullable=False),
    Column("drawn_by", String(80), nullable=False),
    Column("drawn_at", Instant, nullable=False),
    Index(None, "unit", "drawn_at", "id"),
)

#: The tickets of a sample, and what was found.
inspected = Table(
    "inspected",
    tables,
    Column("inspection_id", String(32), ForeignKey("inspections.id"), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    #: Who had handled it.
    Column("unit", String(80), nullable=False),
    #: ok or deficient; empty until somebody has looked.
    Column("result", String(10), nullable=False),
    Column("points", Json, nullable=False),
    Column("remark", Text, nullable=False),
    Column("found_by", String(80), nullable=False),
    Column("found_at", Instant),
    Index(None, "unit", "inspection_id"),
    Index(None, "ticket_id"),
    sqlite_with_rowid=False,
)

#: What the unit below must put right. One that was not enough is followed by another; none is overwritten.
corrections = Table(
    "corrections",
    tables,
    Column("inspection_id", String(32), ForeignKey("inspections.id"), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("unit", String(80), nullable=False),
    Column("demand", Text, nullable=False),
    Column("demanded_by", String(80), nullable=False),
    Column("demanded_at", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    #: When the unit was warned that the day is over.
    Column("warned_at", Instant),
    Column("answer", Text, nullable=False),
    Column("answered_by", String(80), nullable=False),
    Column("answered_at", Instant),
    #: accepted or insufficient; empty until the unit above has looked at the answer.
    Column("verdict", String(20), nullable=False),
    Column("judged_by", String(80), nullable=False),
    Column("judged_at", Instant),
    sqlite_with_rowid=False,
)
open_correction = corrections.c.judged_at.is_(None)
Index(
    "ix_corrections_open",
    corrections.c.unit,
    corrections.c.due,
    sqlite_where=open_correction,
    postgresql_where=open_correction,
)
overdue_unwarned = sa.and_(corrections.c.answered_at.is_(None), corrections.c.warned_at.is_(None))
Index("ix_corrections_due", corrections.c.due, sqlite_where=overdue_unwarned, postgresql_where=overdue_unwarned)
