"""Boards and overdue lists read tickets in the order in which they are shown, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_is_open = sa.column("open").is_(sa.true())
#: Revision 0008 says ``IS true``, which SQLite does not find in a query that says ``IS 1``.
_has_news = sa.column("has_news").is_(sa.true())


def upgrade() -> None:
    _exchange("ix_tickets_board", ["unit", "opened_at", "id", "status", "due"], _is_open)
    _exchange("ix_tickets_due", ["opened_at", "id", "due"], _is_open)
    _exchange("ix_tickets_news", ["unit", "opened_at", "id"], _has_news)
    op.create_index("ix_tickets_unit_opened_at_id", "tickets", ["unit", "opened_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_tickets_unit_opened_at_id", "tickets")
    _exchange("ix_tickets_news", ["unit", "opened_at", "id"], sa.text("has_news IS true"))
    _exchange("ix_tickets_board", ["unit", "status", "opened_at", "id"], _is_open)
    _exchange("ix_tickets_due", ["due", "id"], _is_open)


def _exchange(name: str, columns: Sequence[str], where: sa.ColumnElement[bool] | sa.TextClause) -> None:
    op.drop_index(name, "tickets")
    op.create_index(name, "tickets", columns, sqlite_where=where, postgresql_where=where)
