"""Boards and overdue lists read open tickets in the order in which they are shown, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _exchange("ix_tickets_board", ["unit", "opened_at", "id", "status", "due"])
    _exchange("ix_tickets_due", ["opened_at", "id", "due"])


def downgrade() -> None:
    _exchange("ix_tickets_board", ["unit", "status", "opened_at", "id"])
    _exchange("ix_tickets_due", ["due", "id"])


def _exchange(name: str, columns: Sequence[str]) -> None:
    is_open = sa.column("open").is_(sa.true())
    op.drop_index(name, "tickets")
    op.create_index(name, "tickets", columns, sqlite_where=is_open, postgresql_where=is_open)
