"""Expired entries leave the search once a day, whoever else is at work."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from common.search import Search
from common.store import NotWritten
from hotline.database import async_engine
from hotline.knowledge_base import Retiring
from knowledge.desk import KnowledgeDesk
from knowledge.finding import keep_found
from knowledge.model import Clerk, Content, Entry, EntryClass
from knowledge.store import KnowledgeStore
from knowledge.tables import entries, knowledge_index
from tests.books import MORNING, Books, books

HEAT = Clerk("wang", "供热办")
REVIEWER = Clerk("li", "12345", level_one=True)
TODAY = date(2026, 11, 24)
ENTRY = Content("供暖补贴怎么申领", "到社区登记。", EntryClass.POLICY, "滨政字〔2026〕1号", TODAY, TODAY)


def desk(at: Books) -> KnowledgeDesk:
    """The desk of these books."""
    store = KnowledgeStore(at.database.reads, at.ledger)
    return KnowledgeDesk(
        store, Search(at.database.reads, knowledge_index), after=lambda day, _: day, now=lambda: MORNING
    )


async def published(at: Books, content: Content = ENTRY) -> str:
    """A new entry's id."""
    return (await desk(at).approve((await desk(at).propose(content, HEAT)).id, REVIEWER)).id


async def indexed(at: Books) -> list[str]:
    """The ids that stand in the index."""
    async with at.database.reads.connect() as connection:
        return list((await connection.execute(sa.select(knowledge_index.documents.c.id))).scalars())


class Refusing(KnowledgeStore):
    """Books that do not answer at first."""

    asked: list[date]

    async def retire(self, today: date) -> int:
        """Refuse once."""
        self.asked.append(today)
        if len(self.asked) == 1:
            raise NotWritten("the disk is full")
        return await super().retire(today)


async def test_it_is_done_at_the_start_and_after_each_midnight(database_url: str) -> None:
    """Refused it is tried again; done once a day however often it looks; midnight is that of the city."""
    async with books(database_url) as at:
        await published(at)
        lasting = await published(at, replace(ENTRY, expires_on=None))
        looks = [MORNING, MORNING, MORNING, MORNING.replace(hour=15, minute=59), MORNING.replace(hour=16)]
        now: list[datetime] = [looks[0]]
        store = Refusing(at.database.reads, at.ledger)
        store.asked = []

        async def sleep(_seconds: float) -> None:
            looks.pop(0)
            if not looks:
                raise asyncio.CancelledError
            now[0] = looks[0]

        with pytest.raises(asyncio.CancelledError):
            await Retiring(store, now=lambda: now[0], sleep=sleep).run()
        assert store.asked == [TODAY, TODAY, TODAY + timedelta(days=1)]
        assert await indexed(at) == [lasting]


async def test_several_services_retire_at_once(database_url: str) -> None:
    """Each entry leaves once, and the services do not get in each other's way."""
    async with books(database_url) as one, books(database_url) as two:
        for _ in range(20):
            await published(one)
        stores = [KnowledgeStore(at.database.reads, at.ledger) for at in (one, two)]
        counts = await asyncio.gather(*(store.retire(TODAY + timedelta(days=1)) for store in stores * 3))
        assert await indexed(one) == []
        assert max(counts) == 20


async def test_a_version_published_meanwhile_stays_in_the_search(database_url: str) -> None:
    """An entry has expired, and another service is about to commit its new version: the retiring waits for that."""
    async with books(database_url) as at:
        entry = await desk(at).approve((await desk(at).propose(ENTRY, HEAT)).id, REVIEWER)
        engine = async_engine(database_url, read_only=False)
        async with engine.begin() as publishing:
            await publishing.run_sync(_publish, replace(entry, content=replace(ENTRY, expires_on=None)))
            store = KnowledgeStore(at.database.reads, at.ledger)
            retiring = asyncio.create_task(store.retire(TODAY + timedelta(days=1)))
            await _waits(at)
        assert await retiring == 0
        assert await indexed(at) == [entry.id]
        await engine.dispose()


def _publish(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(sa.select(entries).where(entries.c.id == entry.id).with_for_update())
    connection.execute(entries.update().where(entries.c.id == entry.id).values(expires_on=entry.content.expires_on))
    keep_found(connection, entry)


async def _waits(at: Books) -> None:
    """Until somebody waits for a lock; on SQLite nobody can say, and whoever comes second waits anyway."""
    if at.database.reads.dialect.name == "sqlite":
        await asyncio.sleep(0)
        return
    locked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        async with at.database.reads.connect() as connection:
            if await connection.scalar(locked):
                return
