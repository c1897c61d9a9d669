"""The archive by class and year; what has already ended is filed under its category's class."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_ENDED = ("closed", "answered", "not_accepted", "archived")
_CIVIL = timedelta(hours=8)
_CHUNK = 1000


def upgrade() -> None:
    op.create_table(
        "filings",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("archive_class", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("filed_at", INSTANT, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_filings_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_filings")),
        sqlite_with_rowid=False,
    )
    place = ["archive_class", "year", "filed_at", "ticket_id"]
    op.create_index("ix_filings_unit_archive_class_year_filed_at_ticket_id", "filings", ["unit", *place])
    op.create_index("ix_filings_archive_class_year_filed_at_ticket_id", "filings", place)
    unsettled = sa.text("archived_at IS NULL")
    op.create_index("ix_filings_unsettled", "filings", ["filed_at"], sqlite_where=unsettled, postgresql_where=unsettled)
    _file_what_has_ended()


def _file_what_has_ended() -> None:
    bind = op.get_bind()
    names = ("id", "unit", "category", "status")
    tickets = sa.table("tickets", *map(sa.column, names), sa.column("since", INSTANT))
    filings = sa.table("filings", *map(sa.column, ("ticket_id", "unit", "archive_class", "year")))
    for name in ("filed_at", "archived_at"):
        filings.append_column(sa.column(name, INSTANT))
    classes = _classes()
    last = ""
    while True:
        query = sa.select(tickets).where(tickets.c.status.in_(_ENDED), tickets.c.id > last)
        found = bind.execute(query.order_by(tickets.c.id).limit(_CHUNK)).mappings().all()
        if not found:
            return
        settled = _archived_under([row["id"] for row in found if row["status"] == "archived"])
        rows = [
            {
                "ticket_id": row["id"],
                "unit": row["unit"],
                "archive_class": settled.get(row["id"]) or classes.get(row["category"]) or row["category"] or "未分类",
                "year": (row["since"] + _CIVIL).year,
                "filed_at": row["since"],
                "archived_at": row["since"] if row["status"] == "archived" else None,
            }
            for row in found
        ]
        bind.execute(filings.insert(), rows)
        last = found[-1]["id"]


def _archived_under(ids: list[str]) -> dict[str, str]:
    """What was said when they were archived."""
    steps = sa.table("steps", *map(sa.column, ("ticket_id", "row", "told")))
    query = sa.select(steps.c.ticket_id, steps.c.told).where(steps.c.row == "archive", steps.c.ticket_id.in_(ids))
    return {row.ticket_id: json.loads(row.told).get("archive_class", "") for row in op.get_bind().execute(query)}


def _classes() -> dict[str, str]:
    """The class of each category: its own, else the nearest above."""
    table = sa.table("categories", *map(sa.column, ("code", "parent", "archive_class")))
    known = {row.code: row for row in op.get_bind().execute(sa.select(table))}

    def of(code: str) -> str:
        seen: set[str] = set()
        while code in known and code not in seen:
            seen.add(code)
            if known[code].archive_class:
                return str(known[code].archive_class)
            code = known[code].parent
        return ""

    return {code: of(code) for code in known}


def downgrade() -> None:
    op.drop_table("filings")
