"""Sample inspections, one-time links for material, news of callers, and in which order rights were granted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _inspections()
    op.create_table(
        "upload_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_upload_links_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_upload_links")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_upload_links_ticket_id"), "upload_links", ["ticket_id"])
    op.add_column("tickets", sa.Column("has_news", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_tickets_news",
        "tickets",
        ["unit", "opened_at", "id"],
        sqlite_where=sa.text("has_news IS 1"),
        postgresql_where=sa.text("has_news IS true"),
    )
    op.add_column("delegations", sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))


def _inspections() -> None:
    op.create_table(
        "inspections",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("of_unit", sa.String(length=80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=80), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.String(length=80), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
    )
    op.create_index(op.f("ix_inspections_unit_drawn_at_id"), "inspections", ["unit", "drawn_at", "id"])
    op.create_table(
        "inspected",
        sa.Column("inspection_id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("found_by", sa.String(length=80), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        *_of_inspection("inspected"),
        sa.PrimaryKeyConstraint("inspection_id", "ticket_id", name=op.f("pk_inspected")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_inspected_unit_inspection_id"), "inspected", ["unit", "inspection_id"])
    op.create_index(op.f("ix_inspected_ticket_id"), "inspected", ["ticket_id"])
    op.create_table(
        "corrections",
        sa.Column("inspection_id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("demanded_by", sa.String(length=80), nullable=False),
        sa.Column("demanded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=80), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("judged_by", sa.String(length=80), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        *_of_inspection("corrections"),
        sa.PrimaryKeyConstraint("inspection_id", "ticket_id", "round", name=op.f("pk_corrections")),
        sqlite_with_rowid=False,
    )
    unjudged = sa.text("judged_at IS NULL")
    op.create_index(
        "ix_corrections_open", "corrections", ["unit", "due"], sqlite_where=unjudged, postgresql_where=unjudged
    )
    unwarned = sa.text("answered_at IS NULL AND warned_at IS NULL")
    op.create_index("ix_corrections_due", "corrections", ["due"], sqlite_where=unwarned, postgresql_where=unwarned)


def _of_inspection(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f(f"fk_{table}_inspection_id_inspections")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f(f"fk_{table}_ticket_id_tickets")),
    )


def downgrade() -> None:
    op.drop_table("corrections")
    op.drop_table("inspected")
    op.drop_table("inspections")
    op.drop_table("upload_links")
    op.drop_column("delegations", "added_at")
    op.drop_index("ix_tickets_news", "tickets")
    op.drop_column("tickets", "has_news")
