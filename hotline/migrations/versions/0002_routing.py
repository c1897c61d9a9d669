"""The routing of tickets: their history as steps of the workflow, units and rules as data, timers, notices."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline.migrations.append_only import make_append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_OLD_INDEXES = (
    "ix_tickets_caller_number_opened_at_id",
    "ix_tickets_further_call",
    "ix_tickets_opened_at_id",
    "uq_tickets_automatic_call",
)
_CHUNK = 1000


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in _OLD_INDEXES:
        op.drop_index(name, "tickets")
    op.rename_table("tickets", "old_tickets")
    if not sqlite:
        for name in ("pk_tickets", "uq_tickets_number"):
            op.execute(f"ALTER TABLE old_tickets RENAME CONSTRAINT {name} TO old_{name}")
    _make_tickets()
    _make_others()
    _copy()
    op.drop_table("status_changes")
    op.drop_table("old_tickets")
    make_append_only("steps")


def _copy() -> None:
    """Each ticket as it stands, and each step of its old history as a step of the new one."""
    bind = op.get_bind()
    old = sa.table("old_tickets", *map(sa.column, _OLD), sa.column("opened_at", INSTANT))
    changes = sa.table("status_changes", *map(sa.column, _CHANGES), sa.column("at", INSTANT))
    tickets = sa.table(
        "tickets", *map(sa.column, (*_OLD, *_NEW)), *(sa.column(n, INSTANT) for n in ("opened_at", "since"))
    )
    steps = sa.table("steps", *map(sa.column, _STEPS), sa.column("at", INSTANT))
    last = ""
    while True:
        found = bind.execute(sa.select(old).where(old.c.id > last).order_by(old.c.id).limit(_CHUNK)).mappings().all()
        if not found:
            return
        bind.execute(tickets.insert(), [_ticket(row) for row in found])
        ids = [row["id"] for row in found]
        query = sa.select(changes).where(changes.c.ticket_id.in_(ids)).order_by(changes.c.ticket_id, changes.c.seq)
        by_id = {row["id"]: row for row in found}
        rows = [_step(change, by_id[change["ticket_id"]]) for change in bind.execute(query).mappings()]
        bind.execute(steps.insert(), rows)
        last = ids[-1]


_OLD = (
    "id",
    "number",
    "kind",
    "channel",
    "status",
    "call_id",
    "automatic",
    "caller_number",
    "recording_id",
    "confidential",
    "steps",
)
_NEW = (
    "open",
    "unit",
    "upper",
    "offered_to",
    "provisional",
    "card",
    "query_code",
    "nature",
    "category",
    "place",
    "urgency",
    "handling_ticket",
    "state",
)
_CHANGES = ("ticket_id", "seq", "who", "unit", "status", "kind", "why")
_STEPS = ("ticket_id", "seq", "who", "unit", "role", "row", "told", "status", "accountable")


def _ticket(row: Any) -> dict[str, Any]:
    """Whatever was opened awaits its review by level 1."""
    state = {"case": {"status": row["status"], "unit": "12345"}}
    empty = dict.fromkeys(("upper", "offered_to", "card", "query_code", "nature", "category", "place"), "")
    return {
        **row,
        **empty,
        "since": row["opened_at"],
        "open": True,
        "unit": "12345",
        "provisional": False,
        "urgency": "normal",
        "handling_ticket": "",
        "state": json.dumps(state),
    }


def _step(change: Any, ticket: Any) -> dict[str, Any]:
    """The first step tells all that the ticket began with; a later one that it was raised."""
    told: dict[str, Any] = {"kind": change["kind"]}
    if change["seq"] == 1:
        names = ("number", "channel", "status", "call_id", "automatic", "caller_number", "confidential")
        told.update((name, ticket[name]) for name in names)
        told["automatic"] = bool(told["automatic"])
        told["confidential"] = bool(told["confidential"])
        if ticket["steps"] == 1:
            told["recording_id"] = ticket["recording_id"]
    else:
        told["recording_id"] = ticket["recording_id"]
        told["noted"] = change["why"] == "已关联录音"
    return {
        "ticket_id": change["ticket_id"],
        "seq": change["seq"],
        "at": change["at"],
        "who": change["who"],
        "unit": change["unit"],
        "role": "system" if change["who"] == "system" else "agent",
        "row": "open" if change["seq"] == 1 else "raise",
        "told": json.dumps(told, ensure_ascii=False),
        "status": change["status"],
        "accountable": "12345",
    }


def _make_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("upper", sa.String(length=80), nullable=False),
        sa.Column("offered_to", sa.String(length=80), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("due", INSTANT, nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("card", sa.String(length=10), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("caller_number", sa.String(length=40), nullable=False),
        sa.Column("recording_id", sa.String(length=160), nullable=False),
        sa.Column("query_code", sa.String(length=20), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("nature", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("urgency", sa.String(length=20), nullable=False),
        sa.Column("handling_ticket", sa.String(length=32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index(
        "ix_tickets_board",
        "tickets",
        ["unit", "status", "opened_at", "id"],
        unique=False,
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.create_index(
        op.f("ix_tickets_caller_number_opened_at_id"), "tickets", ["caller_number", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_tickets_due",
        "tickets",
        ["due", "id"],
        unique=False,
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.create_index(
        "ix_tickets_further_call",
        "tickets",
        ["call_id"],
        unique=False,
        sqlite_where=sa.text("automatic IS 0"),
        postgresql_where=sa.text("automatic IS false"),
    )
    op.create_index(
        "ix_tickets_linked",
        "tickets",
        ["handling_ticket"],
        unique=False,
        sqlite_where=sa.text("handling_ticket <> ''"),
        postgresql_where=sa.text("handling_ticket <> ''"),
    )
    op.create_index(
        "ix_tickets_matter",
        "tickets",
        ["category", "opened_at", "id"],
        unique=False,
        sqlite_where=sa.text("category <> ''"),
        postgresql_where=sa.text("category <> ''"),
    )
    op.create_index(op.f("ix_tickets_opened_at_id"), "tickets", ["opened_at", "id"], unique=False)
    op.create_index(
        "ix_tickets_queue",
        "tickets",
        ["status", "opened_at", "id"],
        unique=False,
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.create_index(
        "uq_tickets_automatic_call",
        "tickets",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("automatic IS 1"),
        postgresql_where=sa.text("automatic IS true"),
    )


def _make_others() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("holidays", sa.Text(), nullable=False),
        sa.Column("workdays", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_calendar_years")),
    )
    op.create_table(
        "catalogue",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("lead", sa.String(length=80), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("co_handlers", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
    )
    op.create_table(
        "categories",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent", sa.String(length=80), nullable=False),
        sa.Column("required", sa.Text(), nullable=False),
        sa.Column("statutory", sa.String(length=80), nullable=False),
        sa.Column("archive_class", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_categories")),
    )
    op.create_table(
        "local_days",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_local_days")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "register_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_version")),
    )
    op.create_table(
        "rule_sets",
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_sets")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("parent", sa.String(length=80), nullable=False),
        sa.Column("duty_phones", sa.Text(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_acknowledgements_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "seq", "unit", name=op.f("pk_acknowledgements")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("scan", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_attachments_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_sha256"), "attachments", ["sha256"], unique=False)
    op.create_index(op.f("ix_attachments_ticket_id"), "attachments", ["ticket_id"], unique=False)
    op.create_table(
        "delegations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("right", sa.String(length=20), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_delegations_unit_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_table(
        "hot_topics",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("callers", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_hot_topics_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_hot_topics")),
    )
    op.create_table(
        "memberships",
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_memberships_person_people")),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_memberships_unit_units")),
        sa.PrimaryKeyConstraint("person", "unit", "role", name=op.f("pk_memberships")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_notices_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_ticket_id"), "notices", ["ticket_id"], unique=False)
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["next_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "returns",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_returns_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name=op.f("pk_returns")),
    )
    op.create_index(op.f("ix_returns_category_at"), "returns", ["category", "at"], unique=False)
    op.create_table(
        "rulings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_rulings_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulings")),
    )
    op.create_index(op.f("ix_rulings_category"), "rulings", ["category"], unique=False)
    op.create_index(op.f("ix_rulings_ticket_id"), "rulings", ["ticket_id"], unique=False)
    op.create_table(
        "steps",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("row", sa.String(length=60), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("accountable", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_steps_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name=op.f("pk_steps")),
    )
    op.create_table(
        "tasks",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("named_at", INSTANT, nullable=False),
        sa.Column("due", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_tasks_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "seq", "unit", name=op.f("pk_tasks")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["unit", "due"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "timers",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_timers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "kind", "subject", name=op.f("pk_timers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_timers_waiting",
        "timers",
        ["at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("a history of the workflow does not fit into the tables of 0001; restore a backup")
