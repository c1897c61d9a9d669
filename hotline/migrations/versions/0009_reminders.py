"""Units find what they were reminded of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_units = sa.text("audience = 'unit'")
    op.create_index(
        "ix_notices_of_unit",
        "notices",
        ["recipient", "created_at", "id"],
        sqlite_where=of_units,
        postgresql_where=of_units,
    )


def downgrade() -> None:
    op.drop_index("ix_notices_of_unit", "notices")
