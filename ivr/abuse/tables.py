"""The tables of abuse: marks, their evidence, what was done about them. The database refuses to change a row (R8.1)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from common.store import Instant, metadata

tables = metadata()

marks = Table(
    "abuse_marks",
    tables,
    Column("id", String(32), primary_key=True),
    Column("call_id", String(80), nullable=False, index=True),
    #: As the call has it: normalised, empty where none could be read.
    Column("number", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("role", String(40), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "at", "id"),
    Index(None, "number", "at", "id"),
    Index(None, "by", "at", "id"),
)

evidence = Table(
    "abuse_evidence",
    tables,
    Column("mark_id", String(32), ForeignKey("abuse_marks.id"), primary_key=True),
    Column("recording_id", String(160), primary_key=True),
    #: Whose call it is stands in each table, so that rows may go with their call (A23).
    Column("call_id", String(80), nullable=False, index=True),
    #: As it stood in the recording's row, and in its signed manifest, when it was named.
    Column("sha256", String(64), nullable=False),
    Column("track", String(20), nullable=False),
    Column("seconds", sa.Float, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False),
)

steps = Table(
    "abuse_steps",
    tables,
    Column("mark_id", String(32), ForeignKey("abuse_marks.id"), primary_key=True),
    #: From 1 on: of two who act at once, one finds the place taken.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("call_id", String(80), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("role", String(40), nullable=False),
    Column("words", Text, nullable=False),
    Column("hours", Integer),
    Column("until", Instant, index=True),
    Column("done_at", Instant),
    Column("station", String(200), nullable=False),
    Column("receipt", String(200), nullable=False),
    #: Ids of recordings with a space between.
    Column("handed", Text, nullable=False),
)

#: Those whose rows go before the marks they hang on.
IN_ORDER_OF_GOING = (steps, evidence, marks)
