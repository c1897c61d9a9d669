"""The audit is one chain: whoever changes, deletes, inserts or cuts off by hand is found, and where."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from common.audit import AuditEntry
from common.store import Instant
from hotline.audit import audit, audit_objects
from hotline.audit_chain import GENESIS, Link
from hotline.database import Database, migrate
from tests.audit_kit import anchor, by_hand, end_of, rehash, run, said, upgraded, verified, write
from tests.books import MORNING, books, call, url
from tests.integration.test_store_ledger import writer
from tests.postgres import Postgres

pytestmark = pytest.mark.covers("R25.2")

WRITER = """
import asyncio, sys
from tests.audit_kit import write
from tests.books import books

async def main():
    async with books(sys.argv[1], window=0.001) as at:
        for _ in range(10):
            await write(at, 20, who=sys.argv[2])

asyncio.run(main())
"""


async def test_an_untouched_chain_is_whole(database_url: str) -> None:
    """Places have no gaps, the first names no one before it, each names the one before; the end is what anchors say."""
    async with books(database_url) as at:
        assert (await verified(at)).end == Link(0, GENESIS)
        await write(at)
        await write(at, 3)
        report = await verified(at, anchor(await end_of(at)))
        assert (report.first, report.end.place, report.breaks) == (1, 13, ())
        async with at.database.reads.connect() as connection:
            rows = (await connection.execute(sa.select(audit).order_by(audit.c.id))).all()
        assert [row.id for row in rows] == list(range(1, 14))
        assert [row.before for row in rows] == [GENESIS, *(row.hash for row in rows[:-1])]


async def test_services_that_write_at_once_make_one_chain(database_url: str) -> None:
    """Three processes with 200 entries each, in transactions of many: one chain of 600, whole, nothing refused."""
    command = [sys.executable, "-c", WRITER, database_url]
    root = Path(__file__).parents[2]
    writers = [await asyncio.create_subprocess_exec(*command, f"service-{n}", cwd=root) for n in range(3)]
    assert [await writer.wait() for writer in writers] == [0, 0, 0]
    async with books(database_url) as at:
        report = await verified(at)
        assert (report.end.place, report.breaks) == (600, ())


async def test_the_audit_comes_last_in_its_transaction(database_url: str) -> None:
    """Whoever holds the end of the chain waits for no row any more: two services cannot block each other."""
    async with books(database_url, window=0.05) as at:
        written: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT"):
                written.append(statement.split()[2])

        event.listen(writer(at.database), "before_cursor_execute", note)
        entry = AuditEntry(MORNING, "web", "calls.read", ("n.1",))
        await asyncio.gather(at.audit.add(entry), at.calls.save(call("n.1")), at.audit.add(entry))
        assert written == ["calls", "audit", "audit_objects"]


async def test_a_refused_change_takes_no_place(database_url: str) -> None:
    """An entry whose transaction is rolled back leaves no gap: the next one stands in its place."""
    async with books(database_url, window=0.02) as at:
        entry = AuditEntry(MORNING, "web", "calls.read", ("n.1",))
        outcomes = await asyncio.gather(
            at.audit.add(entry), at.calls.save(call(trunk=None)), at.audit.add(entry), return_exceptions=True
        )
        assert [outcome is None for outcome in outcomes] == [True, False, True]
        report = await verified(at)
        assert (report.end.place, report.breaks) == (2, ())


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE audit SET reason = '' WHERE id = 4"], [("changed", 4)]),
        (["UPDATE audit SET who = 'x' WHERE id = 1"], [("changed", 1)]),
        (["UPDATE audit SET objects = ' ' WHERE id = 10"], [("changed", 10)]),
        (["DELETE FROM audit WHERE id = 4"], [("deleted", 4)]),
        (["DELETE FROM audit WHERE id IN (1, 2)"], [("deleted", 1)]),
        (["DELETE FROM audit WHERE id IN (3, 7)"], [("deleted", 3), ("deleted", 7)]),
        (
            [
                "UPDATE audit SET id = -id WHERE id > 4",
                "UPDATE audit SET id = 1 - id WHERE id < 0",
                "INSERT INTO audit SELECT 5, at, 'forged', action, objects, reason, before, hash FROM audit WHERE id=4",
            ],
            [("inserted", 5)],
        ),
        (
            ["INSERT INTO audit SELECT 11, at, 'forged', action, objects, reason, hash, hash FROM audit WHERE id = 10"],
            [("changed", 11)],
        ),
        (["DELETE FROM audit_objects WHERE audit_id = 4"], [("index", 0)]),
        (["INSERT INTO audit_objects VALUES ('call-1', 9)"], [("index", 0)]),
    ],
)
async def test_what_is_done_by_hand_is_found(
    database_url: str, statements: list[str], found: list[tuple[str, int]]
) -> None:
    """With the triggers removed a row is changed, deleted or inserted: verifying names the place, without an anchor."""
    async with books(database_url) as at:
        await write(at)
        if any("audit_objects" in statement for statement in statements):
            statements = [*_free_objects(database_url), *statements]
        await by_hand(at, *statements)
        assert await said(at) == found


def _free_objects(where: str) -> list[str]:
    if where.startswith("sqlite"):
        return ["DROP TRIGGER audit_objects_no_delete"]
    return ["ALTER TABLE audit_objects DISABLE TRIGGER USER"]


async def test_one_hash_made_anew_is_found(database_url: str) -> None:
    """Whoever changes a row and gives it the right hash is given away by the row behind it."""
    async with books(database_url) as at:
        await write(at)
        await by_hand(at, "UPDATE audit SET who = 'x' WHERE id = 4")
        await rehash(at, 4, 4)
        assert await said(at) == [("changed", 4)]


async def test_a_tail_cut_off_is_found_by_an_anchor(database_url: str) -> None:
    """A chain that was cut off is whole in itself; an anchor or a head that is kept outside says what is missing."""
    async with books(database_url) as at:
        await write(at)
        end = await end_of(at)
        await by_hand(at, "DELETE FROM audit WHERE id > 7", *_free_objects(database_url))
        await at.database.write(partial(run, "DELETE FROM audit_objects WHERE audit_id > 7"))
        assert await said(at) == []
        report = await verified(at, anchor(end, "head.json"))
        assert [(one.flaw, one.place) for one in report.breaks] == [("cut-off", 8)]
        assert "第8至第10条不在（锚点 head.json" in report.breaks[0].said


async def test_a_chain_made_anew_is_found_by_an_anchor(database_url: str) -> None:
    """Whoever makes all hashes anew from a changed row on has a whole chain, and not the one that was anchored."""
    async with books(database_url) as at:
        await write(at)
        end = await end_of(at)
        await by_hand(at, "UPDATE audit SET who = 'x' WHERE id = 4")
        await rehash(at, 4, 10)
        assert await said(at) == []
        assert await said(at, anchor(end)) == [("rewritten", 10)]


async def test_what_was_written_before_is_chained(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Entries of the time before, with gaps in their ids, are chained in their order by the revision, on both."""
    server: Postgres = request.getfixturevalue("postgres")
    with contextlib.ExitStack() as stack:
        for where in (url(tmp_path), stack.enter_context(server.database())):
            await asyncio.to_thread(upgraded, where, "0007")
            database = Database(where)
            await database.write(_before)
            await database.close()
            await migrate(where)
            async with books(where) as at:
                await write(at, 2)
                report = await verified(at)
                assert (report.end.place, report.breaks) == (1503, ())
                async with at.database.reads.connect() as connection:
                    of_one = sa.select(audit_objects.c.audit_id).where(audit_objects.c.object == "old-7")
                    assert (await connection.execute(of_one)).scalars().all() == [8]
                with pytest.raises(sa.exc.IntegrityError, match="append-only"):
                    await at.database.write(partial(run, "DELETE FROM audit"))


def _before(connection: sa.Connection) -> None:
    names = ("id", "who", "action", "objects", "reason")
    table = sa.table("audit", *map(sa.column, names), sa.column("at", Instant))
    row = {"at": MORNING, "who": "web", "action": "calls.read", "reason": "核实"}
    connection.execute(table.insert(), [{**row, "id": 2 * n + 1, "objects": f" old-{n} 表 "} for n in range(1501)])
