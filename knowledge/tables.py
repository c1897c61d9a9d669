"""The tables of knowledge, and the index that entries are found by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from common.search_store import SearchIndex
from common.store import Instant, metadata

tables = metadata()
knowledge_index = SearchIndex("knowledge", tables)


def _content() -> list[Column[Any]]:
    return [
        Column("title", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("entry_class", String(20), nullable=False),
        Column("source", Text, nullable=False),
        Column("published_on", Date, nullable=False),
        Column("expires_on", Date),
    ]


entries = Table(
    "knowledge_entries",
    tables,
    Column("id", String(32), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    *_content(),
    Column("published_at", Instant, nullable=False),
    Column("review_by", Date, nullable=False),
    Column("withdrawn", sa.Boolean, nullable=False),
    Index(None, "owner", "id"),
    Index(None, "entry_class", "published_at", "id"),
)
_in_use = entries.c.withdrawn.is_(sa.false())
Index("ix_knowledge_entries_review", entries.c.review_by, sqlite_where=_in_use, postgresql_where=_in_use)

proposals = Table(
    "knowledge_proposals",
    tables,
    Column("id", String(32), primary_key=True),
    #: No foreign key: a new entry is there only once its proposal is accepted.
    Column("entry_id", String(32), nullable=False, index=True),
    Column("owner", String(80), nullable=False),
    *_content(),
    Column("who", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("base", Integer, nullable=False),
    #: Ids of units, one a line.
    Column("consent_of", Text, nullable=False),
    Column("reuses", String(32), nullable=False),
    Column("task_id", String(32), nullable=False),
)
_open = proposals.c.stage.in_(("awaiting_consent", "awaiting_review"))
Index("ix_knowledge_proposals_open", proposals.c.at, proposals.c.id, sqlite_where=_open, postgresql_where=_open)

#: Append-only, by a trigger of the database.
versions = Table(
    "knowledge_versions",
    tables,
    Column("entry_id", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    *_content(),
    Column("who", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("approved_by", String(80), nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("due", Date),
)

#: Likewise.
steps = Table(
    "knowledge_steps",
    tables,
    Column("entry_id", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("act", String(20), nullable=False),
    Column("why", Text, nullable=False),
)

tasks = Table(
    "knowledge_tasks",
    tables,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("about", String(500), nullable=False),
    Column("began_on", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("submitted_at", Instant),
    Column("done_at", Instant),
    # The same publication or ticket owes a unit one entry, however often it is told.
    Index("uq_knowledge_tasks_about", "kind", "unit", "about", unique=True),
)
_owed = tasks.c.done_at.is_(None)
Index("ix_knowledge_tasks_open", tasks.c.due, tasks.c.id, sqlite_where=_owed, postgresql_where=_owed)

#: What level 1 plans: which classes each unit keeps (R20.1).
plans = Table(
    "knowledge_plans",
    tables,
    Column("unit", String(80), primary_key=True),
    Column("entry_class", String(20), primary_key=True),
    Column("days", Integer, nullable=False),
    Column("first_by", Date, nullable=False),
    Column("who", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("active", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)
