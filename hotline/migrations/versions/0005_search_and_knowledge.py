"""What tickets are found by; what is known, in versions, who proposes it, who owes it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from common.search_ddl import words_ddl
from hotline.migrations.append_only import make_append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
INDEXES = ("ticket", "knowledge")


def upgrade() -> None:
    for name in INDEXES:
        op.create_table(
            f"{name}_search",
            sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
            sa.Column("id", sa.String(length=80), nullable=False),
            sa.Column("at", INSTANT, nullable=False),
            sa.Column("status", sa.String(length=40), nullable=False),
            sa.Column("facets", sa.Text(), nullable=False),
            sa.Column("title", sa.Integer(), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{name}_search")),
            sa.UniqueConstraint("id", name=op.f(f"uq_{name}_search_id")),
        )
        for statement in words_ddl(name, op.get_bind().dialect.name):
            op.execute(statement)
    _entries()
    _proposals()
    _history()
    _tasks()
    make_append_only("knowledge_versions", "knowledge_steps")


def _content() -> list[sa.Column[Any]]:
    return [
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("entry_class", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
    ]


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _entries() -> None:
    op.create_table(
        "knowledge_entries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_content(),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_entries")),
    )
    op.create_index(op.f("ix_knowledge_entries_owner_id"), "knowledge_entries", ["owner", "id"])
    by_class = ["entry_class", "published_at", "id"]
    op.create_index(op.f("ix_knowledge_entries_entry_class_published_at_id"), "knowledge_entries", by_class)
    _partial_index("ix_knowledge_entries_review", "knowledge_entries", ["review_by"], "withdrawn IS false")


def _proposals() -> None:
    op.create_table(
        "knowledge_proposals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        *_content(),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("consent_of", sa.Text(), nullable=False),
        sa.Column("reuses", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_proposals")),
    )
    op.create_index(op.f("ix_knowledge_proposals_entry_id"), "knowledge_proposals", ["entry_id"])
    waiting = "stage IN ('awaiting_consent', 'awaiting_review')"
    _partial_index("ix_knowledge_proposals_open", "knowledge_proposals", ["at", "id"], waiting)


def _history() -> None:
    op.create_table(
        "knowledge_versions",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *_content(),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", "seq", name=op.f("pk_knowledge_versions")),
    )
    op.create_table(
        "knowledge_steps",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "seq", name=op.f("pk_knowledge_steps")),
    )


def _tasks() -> None:
    op.create_table(
        "knowledge_tasks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("about", sa.String(length=500), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_tasks")),
    )
    op.create_index("uq_knowledge_tasks_about", "knowledge_tasks", ["kind", "unit", "about"], unique=True)
    _partial_index("ix_knowledge_tasks_open", "knowledge_tasks", ["due", "id"], "done_at IS NULL")


def downgrade() -> None:
    for name in ("tasks", "steps", "versions", "proposals", "entries"):
        op.drop_table(f"knowledge_{name}")
    for name in INDEXES:
        op.drop_table(f"{name}_words")
        op.drop_table(f"{name}_search")
