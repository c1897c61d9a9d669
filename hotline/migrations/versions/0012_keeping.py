"""The audit becomes a chain; what may go when its time is over, what it leaves, and what is held (A23)."""

from __future__ import annotations

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from hotline.audit_chain import GENESIS, entry_hash
from hotline.migrations.append_only import allow_deleting, make_append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 1000
_FIELDS = ("who", "action", "objects", "reason")


def upgrade() -> None:
    _chain()
    _keeping()


def _chain() -> None:
    op.drop_index("ix_audit_at", "audit")
    op.rename_table("audit", "old_audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE old_audit RENAME CONSTRAINT pk_audit TO old_pk_audit")
    op.create_table(
        "audit",
        sa.Column("id", _PLACE, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_objects",
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("audit_id", _PLACE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("object", "audit_id", name=op.f("pk_audit_objects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_cuts",
        sa.Column("upto", _PLACE, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("upto", name=op.f("pk_audit_cuts")),
    )
    _copy()
    op.drop_table("old_audit")
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    make_append_only("audit", "audit_objects", "audit_cuts")
    for table, place in (("audit", "id"), ("audit_objects", "audit_id")):
        allow_deleting(table, f"EXISTS (SELECT 1 FROM audit_cuts WHERE upto >= OLD.{place})")  # noqa: S608 - names of ours


def _keeping() -> None:
    op.create_table(
        "tombstones",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("object", sa.String(length=160), nullable=False),
        sa.Column("label", sa.String(length=160), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("kind", "object", name=op.f("pk_tombstones")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tombstones_at"), "tombstones", ["at"])
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("object", sa.String(length=160), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT),
        sa.Column("lifted_at", INSTANT),
        sa.Column("lifted_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    make_append_only("tombstones")
    allow_deleting("steps", "EXISTS (SELECT 1 FROM tombstones WHERE kind = 'ticket' AND object = OLD.ticket_id)")
    # A ruling outlives the ticket that it was made for (R21.3).
    with op.batch_alter_table("rulings") as rulings:
        rulings.drop_constraint("fk_rulings_ticket_id_tickets", type_="foreignkey")
    op.create_index(op.f("ix_imports_ticket_id"), "imports", ["ticket_id"])


def _copy() -> None:
    """Chain what there is, in its old order; places have no gaps."""
    bind = op.get_bind()
    # The type of the column makes instants aware on both databases.
    at = sa.column("at", INSTANT)
    old = sa.table("old_audit", sa.column("id"), *map(sa.column, _FIELDS), at)
    new = sa.table("audit", *map(sa.column, ("id", *_FIELDS, "before", "hash")), sa.column("at", INSTANT))
    single = sa.table("audit_objects", *map(sa.column, ("object", "audit_id")))
    last, place, before = 0, 0, GENESIS
    while True:
        found = bind.execute(sa.select(old).where(old.c.id > last).order_by(old.c.id).limit(_CHUNK)).all()
        if not found:
            return
        rows, pairs = [], []
        for row in found:
            place += 1
            told = {name: getattr(row, name) for name in _FIELDS}
            instant = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at
            own = entry_hash(place, before, instant, (row.who, row.action, row.objects, row.reason))
            rows.append({**told, "id": place, "at": row.at, "before": before, "hash": own})
            pairs += [{"object": one[:200], "audit_id": place} for one in dict.fromkeys(row.objects.split())]
            before = own
        bind.execute(new.insert(), rows)
        if pairs:
            bind.execute(single.insert(), pairs)
        last = found[-1].id


def downgrade() -> None:
    raise NotImplementedError("a chained audit is not taken apart; restore a backup of the time before")
