"""Abuse of the line: marks, their evidence, what was done about them; all of it append-only (R8.1, A21)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hotline.migrations.append_only import allow_deleting, make_append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_TABLES = ("abuse_marks", "abuse_evidence", "abuse_steps")


def upgrade() -> None:
    op.create_table(
        "abuse_marks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abuse_marks")),
    )
    for columns in (["call_id"], ["at", "id"], ["number", "at", "id"], ["by", "at", "id"]):
        op.create_index(op.f(f"ix_abuse_marks_{'_'.join(columns)}"), "abuse_marks", columns)
    op.create_table(
        "abuse_evidence",
        sa.Column("mark_id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["mark_id"], ["abuse_marks.id"], name=op.f("fk_abuse_evidence_mark_id_abuse_marks")),
        sa.PrimaryKeyConstraint("mark_id", "recording_id", name=op.f("pk_abuse_evidence")),
    )
    op.create_index(op.f("ix_abuse_evidence_call_id"), "abuse_evidence", ["call_id"])
    op.create_table(
        "abuse_steps",
        sa.Column("mark_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer()),
        sa.Column("until", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.Column("station", sa.String(length=200), nullable=False),
        sa.Column("receipt", sa.String(length=200), nullable=False),
        sa.Column("handed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mark_id"], ["abuse_marks.id"], name=op.f("fk_abuse_steps_mark_id_abuse_marks")),
        sa.PrimaryKeyConstraint("mark_id", "seq", name=op.f("pk_abuse_steps")),
    )
    op.create_index(op.f("ix_abuse_steps_call_id"), "abuse_steps", ["call_id"])
    op.create_index(op.f("ix_abuse_steps_until"), "abuse_steps", ["until"])
    make_append_only(*_TABLES)
    for table in _TABLES:
        allow_deleting(table, "EXISTS (SELECT 1 FROM tombstones WHERE kind = 'call' AND object = OLD.call_id)")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
