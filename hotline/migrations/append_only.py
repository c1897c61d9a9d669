"""Tables that only ever grow: the database itself refuses to change or delete their rows, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


_SEAL_ONLY = """
CREATE OR REPLACE FUNCTION {table}_seal_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF {same} AND ({sealing} OR {destroyed}) THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
#: How JSON that holds nothing but a sealed text begins (``tickets.store.sealing``).
_SEALED = '{"sealed":"sealed:'
_DESTROYED = '{"destroyed":true}'


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


def allow_sealing(table: str, content: str, beside: str, others: tuple[str, ...], owner: str) -> None:
    """From this revision on, a row of an append-only table may change in exactly two ways (R25.1, A15).

    Its ``content``, in the clear before, becomes a sealed one, and what stood ``beside`` it (now within it) NULL.
    Or its content goes, once the books say that the data key of its ``owner`` was destroyed: what was sealed could not
    be read any more anyway. All ``others`` stay as they are.
    """
    old, new = f"OLD.{content}", f"NEW.{content}"
    sealing = f"substr({old}, 1, 11) <> '{_SEALED[:11]}' AND substr({new}, 1, {len(_SEALED)}) = '{_SEALED}'"
    gone = f"SELECT 1 FROM data_keys WHERE subject = OLD.{owner} AND destroyed_at IS NOT NULL"  # noqa: S608 - names of ours
    destroyed = f"({new} = '{_DESTROYED}' AND EXISTS ({gone}))"
    # As the driver takes it: a colon within a text is no parameter.
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in others)
        kept = f"(NEW.{beside} IS NULL OR NEW.{beside} IS OLD.{beside})"
        run(f"DROP TRIGGER {table}_no_update")
        run(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({same} AND {kept} AND (({sealing}) OR {destroyed})) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in others)
    same += f" AND (NEW.{beside} IS NULL OR NEW.{beside} IS NOT DISTINCT FROM OLD.{beside})"
    run(_SEAL_ONLY.format(table=table, same=same, sealing=f"({sealing})", destroyed=destroyed))
    run(f"DROP TRIGGER {table}_no_update ON {table}")
    for verb, function in (("UPDATE", f"{table}_seal_only"), ("DELETE", "refuse_change")):
        run(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
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
