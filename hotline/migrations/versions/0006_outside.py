"""The public side: tokens and nonces seen once, tries that are counted, tickets exchanged with partners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UNSCANNED = sa.text("scan = 'waiting'")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "seen_once",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("nonce", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("scope", "nonce", name=op.f("pk_seen_once")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_seen_once_at"), "seen_once", ["at"])
    op.create_table(
        "tries",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_tries")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tries_since"), "tries", ["since"])
    op.create_table(
        "exchanges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
    )
    op.create_index("uq_exchanges_ref", "exchanges", ["partner", "direction", "ref"], unique=True)
    op.create_index(op.f("ix_exchanges_ticket_id"), "exchanges", ["ticket_id"])
    op.create_index(
        "ix_exchanges_waiting", "exchanges", ["next_at", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_index(
        "ix_attachments_unscanned", "attachments", ["id"], sqlite_where=_UNSCANNED, postgresql_where=_UNSCANNED
    )


def downgrade() -> None:
    op.drop_index("ix_attachments_unscanned", "attachments")
    op.drop_table("exchanges")
    op.drop_table("tries")
    op.drop_table("seen_once")
