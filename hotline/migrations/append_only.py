"""Tables that only ever grow: the database itself refuses to change or delete their rows, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def make_append_only(*tables: str) -> None:
    """From this revision on, rows of ``tables`` are only added; on both databases an IntegrityError says so."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(_REFUSE)
    for table in tables:
        for verbs, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verbs.split()[0].lower()} BEFORE {verbs} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )


def allow_deleting(table: str, may_go: str) -> None:
    """From this revision on, rows of an append-only table may be deleted where ``may_go`` holds (A23); not changed.

    ``may_go`` is SQL that both databases know and that speaks of the row as ``OLD``. It names what must have been
    written down before, in a table that is append-only itself: nothing goes without leaving a trace. What a revision
    has said about changing rows stays as it is.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {may_go} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    if not _has_trigger(f"{table}_no_delete"):
        # So far one trigger guarded against both.
        op.execute(f"DROP TRIGGER {table}_no_update ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}")
    op.execute(
        f"CREATE OR REPLACE FUNCTION refuse_to_lose_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {may_go} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_to_lose_{table}()"
    )


def _has_trigger(name: str) -> bool:
    found = sa.text("SELECT 1 FROM pg_trigger WHERE tgname = :name AND NOT tgisinternal")
    return op.get_bind().execute(found, {"name": name}).first() is not None
