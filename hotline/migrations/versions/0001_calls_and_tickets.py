"""Calls, recordings, alarms, refusals; tickets and their history; the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hotline.migrations.append_only import make_append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
#: Rows of these are only ever added.
APPEND_ONLY = ("status_changes", "audit")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_alarms")),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("trunk", sa.String(length=40), nullable=False),
        sa.Column("dialled", sa.Text(), nullable=False),
        sa.Column("claimed_number", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("shadowed", sa.Boolean(), nullable=False),
        sa.Column("rang_at", INSTANT, nullable=False),
        sa.Column("greeted_at", INSTANT, nullable=True),
        sa.Column("queued_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("seat", sa.String(length=20), nullable=False),
        sa.Column("emergency", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("wait_ms", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_calls_number_rang_at_id"), "calls", ["number", "rang_at", "id"], unique=False)
    op.create_index(
        "ix_calls_open",
        "calls",
        ["rang_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_calls_rang_at_id"), "calls", ["rang_at", "id"], unique=False)
    op.create_index(
        "ix_calls_scarce",
        "calls",
        ["outcome", "rang_at", "id"],
        unique=False,
        sqlite_where=sa.text("(outcome NOT IN ('live', 'answered'))"),
        postgresql_where=sa.text("(outcome NOT IN ('live', 'answered'))"),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_recordings_call_id"), "recordings", ["call_id"], unique=False)
    op.create_index(op.f("ix_recordings_path"), "recordings", ["path"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("trunk", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "trunk", "reason", name=op.f("pk_refusals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ticket_numbers",
        sa.Column("day", sa.String(length=8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ticket_numbers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("caller_number", sa.String(length=40), nullable=False),
        sa.Column("recording_id", sa.String(length=160), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_tickets_caller_number_opened_at_id"), "tickets", ["caller_number", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_tickets_further_call",
        "tickets",
        ["call_id"],
        unique=False,
        sqlite_where=sa.text("automatic IS 0"),
        postgresql_where=sa.text("automatic IS false"),
    )
    op.create_index(op.f("ix_tickets_opened_at_id"), "tickets", ["opened_at", "id"], unique=False)
    op.create_index(
        "uq_tickets_automatic_call",
        "tickets",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("automatic IS 1"),
        postgresql_where=sa.text("automatic IS true"),
    )
    op.create_table(
        "status_changes",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_status_changes_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name=op.f("pk_status_changes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    make_append_only(*APPEND_ONLY)


def downgrade() -> None:
    for table in ("audit", "status_changes", "tickets", "ticket_numbers", "refusals", "recordings", "calls", "alarms"):
        op.drop_table(table)
