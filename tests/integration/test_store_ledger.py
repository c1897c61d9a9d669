"""Group commit: shared transactions, each caller's own outcome."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.store import NotWritten
from hotline.database import Database, migrate
from hotline.group_commit import GroupCommit
from ivr.model import Outcome
from ivr.store import CallStore
from tests.books import MORNING, books, call


def writer(database: Database) -> Engine:
    """The engine that writes, to listen at."""
    found = database._writer
    return found.sync_engine if isinstance(found, AsyncEngine) else found


async def test_changes_that_wait_together_are_one_transaction(database_url: str) -> None:
    """Fifty calls saved at once cost one commit, and each of them is in the books."""
    async with books(database_url, window=0.05) as at:
        commits: list[Connection] = []
        event.listen(writer(at.database), "commit", commits.append)
        await asyncio.gather(*(at.calls.save(call(f"node-1.{n}")) for n in range(50)))
        assert len(commits) == 1
        assert len(await at.calls.open_calls()) == 50


async def test_fifty_changes_wait_for_no_others(database_url: str) -> None:
    """However long the window is, a rush is written at once; and what comes alone after it waits its time."""
    async with books(database_url, window=3600) as at:
        await asyncio.gather(*(at.calls.save(call(f"node-1.{n}")) for n in range(60)))
        alone = asyncio.create_task(at.calls.save(call("node-2.1")))
        assert len(await at.calls.open_calls()) == 60
        assert not alone.done()
    await alone


async def test_the_later_state_of_a_call_wins(database_url: str) -> None:
    """Two states of one call that wait together leave the later one, written once."""
    async with books(database_url, window=0.05) as at:
        rows: list[int] = []

        def count(_connection: object, _cursor: object, _sql: object, parameters: list[object], *_: object) -> None:
            rows.append(len(parameters))

        event.listen(writer(at.database), "before_cursor_execute", count)
        later = call(outcome=Outcome.ANSWERED, seat="8001", answered_at=MORNING)
        await asyncio.gather(at.calls.save(call()), at.calls.save(call("node-1.2")), at.calls.save(later))
        assert await at.calls.get("node-1.1") == later
        assert [count for count in rows if count] == [2]  # one row for each call; BEGIN IMMEDIATE has none


async def test_a_change_that_fails_harms_no_other(database_url: str) -> None:
    """Of three changes in one transaction the middle one is refused: its caller is told, the others are on disk."""
    async with books(database_url, window=0.05) as at:
        broken = call("node-1.2", trunk=None)
        outcomes = await asyncio.gather(
            at.calls.save(call("node-1.1")),
            at.calls.save(broken),
            at.calls.save(call("node-1.3")),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [type(None), NotWritten, type(None)]
        assert [kept.id for kept in await at.calls.open_calls()] == ["node-1.1", "node-1.3"]


async def test_two_processes_with_the_same_calls_in_another_order_both_get_through(database_url: str) -> None:
    """With a change in each batch that is refused, the others of both are written: no deadlock."""
    async with books(database_url, window=0.01) as one, books(database_url, window=0.01) as two:
        for _ in range(10):
            names = [f"n.{n}" for n in range(20)]
            acts = [
                at.calls.save(saved)
                for at, order in ((one, names), (two, names[::-1]))
                for saved in (call("broken", trunk=None), *map(call, order))
            ]
            outcomes = await asyncio.gather(*acts, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes if outcome] == [NotWritten] * 2


async def test_what_a_refused_change_says_holds_no_number(database_url: str) -> None:
    """The message of a refused change names no telephone number, since it ends in the log."""
    async with books(database_url) as at:
        with pytest.raises(NotWritten) as refused:
            await at.calls.save(call(trunk=None))
        assert "13854301001" not in str(refused.value)


async def test_an_error_of_the_change_itself_reaches_its_caller_as_it_is(database_url: str) -> None:
    """A kind of change that raises gives its caller that very error."""

    def picky(_connection: Connection, items: Sequence[str]) -> Sequence[None]:
        raise LookupError(items[0])

    async with books(database_url) as at:
        with pytest.raises(LookupError, match="nothing like it"):
            await at.ledger.write(picky, "nothing like it")


async def test_when_nothing_can_be_written_everyone_is_told(tmp_path: Path) -> None:
    """With the file locked by another process beyond the busy timeout, every caller gets NotWritten, none waits on."""
    async with books(tmp_path) as at:
        event.listen(at.database._writer, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        other = sqlite3.connect(tmp_path / "hotline.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(at.calls.save(call(f"n.{n}")) for n in range(3)), return_exceptions=True)
        other.execute("ROLLBACK")
        other.close()
        assert [type(outcome) for outcome in outcomes] == [NotWritten] * 3
        await at.calls.save(call())
        assert len(await at.calls.open_calls()) == 1


async def test_closing_writes_what_waits_and_refuses_what_comes_later(database_url: str) -> None:
    """A change that waits when the books close is on disk; one after that is refused, not lost in silence."""
    await migrate(database_url)
    database = Database(database_url)
    async with GroupCommit(database, window=60).running() as ledger:
        calls = CallStore(database.reads, ledger)
        waiting = asyncio.create_task(calls.save(call()))
        await asyncio.sleep(0)
    await waiting
    assert await calls.get("node-1.1") == call()
    with pytest.raises(NotWritten):
        await calls.save(call("node-1.2"))
    await database.close()


async def test_cancelling_the_caller_does_not_take_the_change_back(database_url: str) -> None:
    """Whoever gives up waiting has still written: the row is there after closing."""
    async with books(database_url, window=0.05) as at:
        waiting = asyncio.create_task(at.calls.save(call()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
    async with books(database_url) as again:
        assert await again.calls.get("node-1.1") == call()


async def test_readers_cannot_write(database_url: str) -> None:
    """The connections of readers refuse to write: every change goes through the ledger."""
    async with books(database_url) as at, at.database.reads.connect() as connection:
        with pytest.raises(Exception, match=r"read-?only"):
            await connection.execute(text("DELETE FROM calls"))
        await connection.rollback()
        assert (await connection.execute(select(1))).scalar_one() == 1
