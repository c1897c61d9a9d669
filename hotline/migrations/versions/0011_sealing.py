"""Confidential tickets are sealed: data keys, blind numbers, what is to be sealed, what was destroyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hotline.migrations.append_only import allow_sealing

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_OTHERS = ("ticket_id", "seq", "at", "who", "unit", "role", "row", "status", "accountable")


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("key_id", sa.String(length=80), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("destroyed_at", INSTANT),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_data_keys")),
    )
    op.create_index(op.f("ix_data_keys_key_id"), "data_keys", ["key_id"])
    op.create_table(
        "blind_numbers",
        sa.Column("blind", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("blind", "ticket_id", name=op.f("pk_blind_numbers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_blind_numbers_ticket_id"), "blind_numbers", ["ticket_id"])
    op.create_table(
        "sealings",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("scrub", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_sealings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sealings_next_at"), "sealings", ["next_at"])
    _destructions()
    with op.batch_alter_table("attachments") as table:
        table.alter_column("name", type_=sa.Text(), existing_type=sa.String(length=200), existing_nullable=False)
        table.add_column(sa.Column("sealed", sa.Boolean(), nullable=False, server_default=sa.false()))
    allow_sealing("steps", content="told", beside="turn", others=_OTHERS, owner="ticket_id")
    _seal_what_is_marked()


def _destructions() -> None:
    op.create_table(
        "destructions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("approved_at", INSTANT),
        sa.Column("declined_by", sa.String(length=80), nullable=False),
        sa.Column("declined_at", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destructions")),
    )
    standing, unfinished = sa.text("declined_at IS NULL"), sa.text("approved_at IS NOT NULL AND done_at IS NULL")
    op.create_index(
        "uq_destructions_ticket",
        "destructions",
        ["ticket_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index(
        "ix_destructions_unfinished", "destructions", ["id"], sqlite_where=unfinished, postgresql_where=unfinished
    )


def _seal_what_is_marked() -> None:
    """Tickets that were confidential before there was sealing are sealed by the service, which has the key."""
    op.execute(
        "INSERT INTO sealings (ticket_id, next_at, tries, scrub) "
        "SELECT id, opened_at, 0, 3 FROM tickets WHERE confidential"
    )


def downgrade() -> None:
    raise NotImplementedError("sealed content cannot be put back by a revision, which has no key")
