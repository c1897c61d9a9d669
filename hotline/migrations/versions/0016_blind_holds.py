"""A hold on a number covers the confidential tickets of that number too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holds", sa.Column("blind", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("holds", "blind")
