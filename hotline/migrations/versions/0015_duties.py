"""Disputes go to the body of their kind and level; failed notices and emergencies have indexes of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_failed = sa.text("state = 'failed'")
_emergency = sa.text("urgency = 'emergency'")


def upgrade() -> None:
    op.add_column("units", sa.Column("adjudicates", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("rulings", sa.Column("dispute", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "knowledge_plans",
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("entry_class", sa.String(length=20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("first_by", sa.Date(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "entry_class", name=op.f("pk_knowledge_plans")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_notices_failed", "notices", ["created_at", "id"], sqlite_where=_failed, postgresql_where=_failed
    )
    op.create_index(
        "ix_tickets_emergencies", "tickets", ["opened_at", "id"], sqlite_where=_emergency, postgresql_where=_emergency
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_emergencies", "tickets")
    op.drop_index("ix_notices_failed", "notices")
    op.drop_table("knowledge_plans")
    op.drop_column("rulings", "dispute")
    op.drop_column("units", "adjudicates")
