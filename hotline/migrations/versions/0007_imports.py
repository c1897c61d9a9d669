"""The tickets that came from other systems, by their numbers there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_imports_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("system", "number", name=op.f("pk_imports")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("imports")
