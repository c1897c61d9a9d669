"""``hotline rebuild-search``: everything is found again, whatever had become of the index, while others write."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from common import clock
from common.bigrams import Query
from common.search import Search
from common.search_sql import Wanted
from common.search_store import SearchIndex
from hotline.cli import rebuild_search
from knowledge.desk import KnowledgeDesk
from knowledge.model import Clerk, Content, EntryClass
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tests.books import Books, books
from tests.city import AGENT, City, city, heating
from tests.vault_kit import vault_for_tests
from tickets.store import finding
from tickets.store.finding import ticket_index

HEAT = Clerk("wang", "供热办")
REVIEWER = Clerk("li", "12345", level_one=True)
ENTRY = Content("供暖补贴怎么申领", "到社区登记。", EntryClass.POLICY, "滨政字〔2026〕1号", date(2020, 1, 6))


def rebuild(*argv: str) -> int:
    """The verb as the command line calls it."""
    parser = argparse.ArgumentParser(prog="hotline")
    rebuild_search.add(parser.add_subparsers())
    args = parser.parse_args(["rebuild-search", *argv])
    status: int = args.run(args)
    return status


async def found(at: Books, index: SearchIndex, typed: str) -> list[str]:
    """The ids of what is found."""
    page = await Search(at.database.reads, index).newest(Wanted(Query.parse(typed)), limit=50)
    return sorted(hit.id for hit in page.rows)


async def made(address: str) -> tuple[list[str], list[str]]:
    """Tickets and entries: the ids of those that may be found. Confidential, withdrawn and expired ones beside them."""
    async with city(address) as at:
        tickets = sorted([(await at.drafted(heating())).id for _ in range(5)])
        await at.drafted(heating(), confidential=True)
        store = KnowledgeStore(at.books.database.reads, at.books.ledger)
        desk = KnowledgeDesk(
            store, Search(at.books.database.reads, knowledge_index), after=lambda day, _: day, now=clock.now
        )
        today = clock.civil(clock.now()).date()
        contents = (ENTRY, replace(ENTRY, expires_on=today - timedelta(days=1)), ENTRY)
        entries = [(await desk.approve((await desk.propose(content, HEAT)).id, REVIEWER)).id for content in contents]
        await desk.withdraw(entries[-1], HEAT, "已失效")
        return tickets, entries[:1]


async def after(address: str) -> tuple[list[str], list[str]]:
    """What is found now."""
    async with books(address) as at:
        return await found(at, ticket_index, "暖气"), await found(at, knowledge_index, "供暖")


async def damaged(address: str) -> None:
    """The words are gone, and nothing else: who looks for a word finds nothing."""
    async with books(address) as at:

        def lose(connection: Any) -> None:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("INSERT INTO ticket_words (ticket_words) VALUES ('delete-all')")
                connection.exec_driver_sql("INSERT INTO knowledge_words (knowledge_words) VALUES ('delete-all')")
            else:
                connection.exec_driver_sql("TRUNCATE ticket_words, knowledge_words")

        await at.database.write(lose)


async def emptied(address: str) -> None:
    """Both tables of both indexes are empty, as a revision leaves them."""
    async with books(address) as at:
        for index in (ticket_index, knowledge_index):
            await at.database.write(index.empty)


@pytest.mark.covers("R25.1")
@pytest.mark.parametrize(("harm", "option"), [(emptied, ()), (damaged, ("--empty",))])
def test_everything_is_found_again_and_nothing_else(
    harm: Any,
    option: tuple[str, ...],
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Emptied or damaged, it is rebuilt with its progress said; confidential, withdrawn and expired stay out."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setattr(rebuild_search, "_AT_ONCE", 2)
    wanted = asyncio.run(made(database_url))
    asyncio.run(harm(database_url))
    assert asyncio.run(after(database_url)) == ([], [])
    assert rebuild(*option) == 0
    assert asyncio.run(after(database_url)) == wanted
    said = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in said if line.startswith("工单")] == [
        "工单:共6",
        *(f"工单:{n}/6" for n in (2, 4, 6)),
    ]
    assert said[-1] == "检索已重建。"
    # Once more changes nothing.
    assert rebuild() == 0
    assert asyncio.run(after(database_url)) == wanted


def test_what_was_interrupted_goes_on_where_it_stopped(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lots that were written count; the rest is done from the id that was said."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setattr(rebuild_search, "_AT_ONCE", 2)
    wanted = asyncio.run(made(database_url))
    asyncio.run(emptied(database_url))
    whole, lots = finding.refill, 0

    def failing(*args: Any, **options: Any) -> str:
        nonlocal lots
        lots += 1
        if lots > 1:
            raise OperationalError("insert", {}, Exception("the disk is full"))
        return whole(*args, **options)

    monkeypatch.setattr(rebuild_search, "refill", failing)
    assert rebuild() == 1
    said = capsys.readouterr().err
    last = said.strip().rsplit(" ", 1)[1]
    assert said.startswith("数据库未接受写入")
    part, _ = asyncio.run(after(database_url))
    assert 0 < len(part) < len(wanted[0])
    assert all(one <= last for one in part)
    monkeypatch.setattr(rebuild_search, "refill", whole)
    assert rebuild("--after", last, "--empty") == 2
    assert rebuild("--after", last) == 0
    assert asyncio.run(after(database_url)) == wanted


@pytest.mark.covers("R25.1")
async def test_others_write_meanwhile(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tickets opened, changed and made confidential by a service while it is rebuilt are found as they are then."""
    monkeypatch.setattr(rebuild_search, "_AT_ONCE", 3)
    async with city(database_url) as at:
        old = [await at.drafted(heating()) for _ in range(12)]

        async def work(at: City) -> list[str]:
            fresh = []
            for ticket in old[::2]:
                await at.books.desk.describe(ticket.id, at.acting(AGENT), ticket.details, confidential=True)
                fresh.append((await at.drafted(heating())).id)
            return fresh

        _, fresh, _ = await asyncio.gather(
            rebuild_search._rebuild(database_url, vault_for_tests(), rebuild_search._Place(""), empty=False),
            work(at),
            rebuild_search._rebuild(database_url, vault_for_tests(), rebuild_search._Place(""), empty=False),
        )
        assert await found(at.books, ticket_index, "暖气") == sorted([*(one.id for one in old[1::2]), *fresh])


def test_a_database_that_cannot_be_used_is_said_so(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error and status 1."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").write_bytes(b"no database at all, only some text that is long enough" * 40)
    assert rebuild() == 1
    assert "cannot be used" in capsys.readouterr().err
