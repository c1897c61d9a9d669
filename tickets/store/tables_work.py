"""The tables of what follows from tickets: tasks, links, acknowledgements, timers, notices, alerts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from common.store import Instant
from tickets.store.columns import Json
from tickets.store.tables import tables

#: Co-handlers' tasks (A10); ``seq`` is the step that named them.
tasks = Table(
    "tasks",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("unit", String(80), primary_key=True),
    Column("named_at", Instant, nullable=False),
    Column("due", Instant),
    Column("ended_at", Instant),
    #: finished, waived or dropped; empty while it is open.
    Column("outcome", String(20), nullable=False),
    Column("result", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "ix_tasks_open",
    tasks.c.unit,
    tasks.c.due,
    sqlite_where=tasks.c.ended_at.is_(None),
    postgresql_where=tasks.c.ended_at.is_(None),
)

#: Who must say that they have an emergency ticket, and have they (R7.2).
acknowledgements = Table(
    "acknowledgements",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("unit", String(80), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    #: How far the alarm has climbed: 0 the duty phone, 1 the deputy, 2 the principal.
    Column("rank", Integer, nullable=False),
    Column("acknowledged_at", Instant),
    Column("who", String(80), nullable=False),
    #: screen or telephone; void where it was no longer the unit's.
    Column("channel", String(20), nullable=False),
    sqlite_with_rowid=False,
)

#: What must happen at an instant, exactly once. The row's key says what it is for, so that it cannot be set twice.
timers = Table(
    "timers",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("kind", String(30), primary_key=True),
    Column("subject", String(120), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("done_at", Instant),
    #: fired or void (what it was for was over by then); empty while it waits.
    Column("outcome", String(20), nullable=False),
    #: How often it failed; it is tried again ever later.
    Column("failures", Integer, nullable=False),
    sqlite_with_rowid=False,
)
waiting = timers.c.done_at.is_(None)
Index("ix_timers_waiting", timers.c.at, sqlite_where=waiting, postgresql_where=waiting)

#: What callers and units are told (A18, R12.2): an outbox; whoever delivers it writes the proof.
notices = Table(
    "notices",
    tables,
    Column("id", String(32), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("kind", String(30), nullable=False),
    #: caller or unit.
    Column("audience", String(10), nullable=False),
    #: A telephone number or other address of the caller; a unit's id.
    Column("recipient", String(200), nullable=False),
    #: The roles of the unit that are told.
    Column("roles", Json, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    #: waiting, sent, shown (nobody was told: no gateway, or a unit that reads it on its screen), failed, or void.
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("sent_at", Instant),
    #: What the gateway answered.
    Column("proof", Json),
    Column("error", Text, nullable=False),
)
Index(
    "ix_notices_waiting",
    notices.c.next_at,
    notices.c.id,
    sqlite_where=sa.text("state = 'waiting'"),
    postgresql_where=sa.text("state = 'waiting'"),
)

Index(
    "ix_notices_failed",
    notices.c.created_at,
    notices.c.id,
    sqlite_where=sa.text("state = 'failed'"),
    postgresql_where=sa.text("state = 'failed'"),
)
#: What a unit was reminded of, on its screen.
Index(
    "ix_notices_of_unit",
    notices.c.recipient,
    notices.c.created_at,
    notices.c.id,
    sqlite_where=sa.text("audience = 'unit'"),
    postgresql_where=sa.text("audience = 'unit'"),
)

#: Many callers with one matter within a short time (A13).
hot_topics = Table(
    "hot_topics",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("raised_at", Instant, nullable=False),
    Column("callers", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)

#: Returns that units have asked for, so that who dispatches the like sees them (R22.6, R21.0).
returns = Table(
    "returns",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("category", String(80), nullable=False),
    Column("place", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    #: accepted or refused; empty while it is not decided.
    Column("outcome", String(20), nullable=False),
    Index(None, "category", "at"),
)
