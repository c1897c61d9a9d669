"""Searching in Chinese, on both databases alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from common.bigrams import Query
from common.paging import Cursor
from common.search import CANDIDATES, Search
from common.search_sql import Wanted
from common.search_store import Document
from tests.books import MORNING, Books, books
from tests.postgres import Postgres
from tickets.store.finding import ticket_index

HEATING = Document("a", MORNING, "滨城区供暖不热", "黄河五路小区室内只有14度", "open", {"unit": {"heat"}})
LAMPS = Document(
    "b", MORNING + timedelta(hours=1), "路灯不亮", "渤海七路路灯坏了三盏，来电要求维修", "open", {"unit": {"lamp"}}
)
BUS = Document(
    "c", MORNING + timedelta(hours=2), "公交改线", "23路BUS不停供暖公司站", "closed", {"unit": {"bus", "heat"}}
)


@pytest.fixture
async def at(database_url: str) -> AsyncIterator[Books]:
    """Books with three documents."""
    async with books(database_url) as opened:
        await put(opened, HEATING, LAMPS, BUS)
        yield opened


async def put(at: Books, *documents: Document) -> None:
    """Index these."""
    await at.database.write(lambda connection: ticket_index.index(connection, documents))


async def found(at: Books, typed: str, **conditions: object) -> list[str]:
    """The ids of what is found, newest first."""
    wanted = Wanted(Query.parse(typed), **conditions)  # type: ignore[arg-type]  # tests name the fields
    return [hit.id for hit in (await Search(at.database.reads, ticket_index).newest(wanted, limit=10)).rows]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("供暖", ["c", "a"]),
        ("路灯", ["b"]),
        ("灯", ["b"]),
        ("供暖不热", ["a"]),
        ("暖热", []),
        ("路灯 维修", ["b"]),
        ("路灯 供暖", []),
        ("bus", ["c"]),
        ("ＢＵＳ", ["c"]),
        ("bu", []),
        ("14度", ["a"]),
        ("4度", []),
        ("不热黄河", []),
        ("23路", ["c"]),
    ],
)
async def test_words_of_any_length_are_found_and_nothing_else(at: Books, typed: str, ids: list[str]) -> None:
    """Two characters, one, a phrase, several words, letters of any width and case, newest first; no half numbers."""
    assert await found(at, typed) == ids


HOSTILE = [
    "",
    " ",
    "'",
    '"',
    '"" OR 1',
    "供暖' OR '1'='1",
    "NEAR(供暖 路灯)",
    "words:供暖",
    "-供暖*",
    "供暖 & | ! <-> :* \\",
    "%_",
    "\x00",
    "供暖\x00",
    "\ud800",
    "，。！",
    "🔥" * 50,
    "供" * 100_000,
    "a" * 100_000,
    "( ) [ ] { } ^ $ ; --",
    "_6a5b",
]


async def test_no_text_that_is_typed_is_an_error(at: Books) -> None:
    """Quotes, operators, control characters, halves of characters, endless texts: an answer, both ways of sorting."""
    for typed in HOSTILE:
        assert set(await found(at, typed)) <= {"a", "c"}
        best = await Search(at.database.reads, ticket_index).best(Wanted(Query.parse(typed)), limit=5)
        assert len(best.page.rows) <= 2


async def test_no_text_that_is_indexed_is_an_error(at: Books) -> None:
    """The same texts as a document, indexed, changed and forgotten; the others are found as before."""
    for text in HOSTILE:
        await put(at, Document("x", MORNING, text, text))
        await put(at, Document("x", MORNING, f"噪音 {text}", text, facets={text[:40]: {text}}))
        assert await found(at, "噪音") == ["x"]
        await at.database.write(lambda connection: ticket_index.forget(connection, ["x"]))
        assert await found(at, "噪音") == []
        assert await found(at, "路灯") == ["b"]


async def test_a_search_is_narrowed(at: Books) -> None:
    """State, facets and time; of one facet any value does, several facets must all hold."""
    assert await found(at, "供暖", statuses={"open"}) == ["a"]
    assert await found(at, "供暖", facets={"unit": {"heat"}}) == ["c", "a"]
    assert await found(at, "供暖", facets={"unit": {"bus", "lamp"}}) == ["c"]
    assert await found(at, "供暖", facets={"unit": {"heat"}, "category": {"x"}}) == []
    assert await found(at, "供暖", facets={"unit": set()}) == []
    half = MORNING + timedelta(minutes=30)
    assert await found(at, "供暖", since=half) == ["c"]
    assert await found(at, "供暖", until=half) == ["a"]
    assert await found(at, "供暖", since=MORNING, until=MORNING) == []
    assert await found(at, "供暖", since=MORNING, until=MORNING + timedelta(microseconds=1)) == ["a"]


async def test_what_changes_is_found_as_it_is_now(at: Books) -> None:
    """Another text, another unit, another state: the old words find nothing any more."""
    await put(at, Document("a", MORNING, "供水不足", "", "closed", {"unit": {"water"}}))
    assert await found(at, "供暖") == ["c"]
    assert await found(at, "供水", statuses={"closed"}, facets={"unit": {"water"}}) == ["a"]
    assert await found(at, "供水", facets={"unit": {"heat"}}) == []
    await put(at, Document("a", MORNING, "供水不足", "", "open", {"unit": {"water"}}))
    assert await found(at, "供水", statuses={"closed"}) == []


@pytest.mark.covers("R25.1")
async def test_what_is_forgotten_leaves_nothing(at: Books) -> None:
    """Forgotten, neither text nor words of it are in the tables; what was never there is no error."""
    await at.database.write(lambda connection: ticket_index.forget(connection, ["a", "a", "never"]))
    assert await found(at, "不热") == []

    def left(connection: Connection) -> int:
        query = "SELECT count(*) FROM ticket_search WHERE text LIKE '%不热%'"
        return int(connection.exec_driver_sql(query).scalar_one())

    assert await at.database.write(left) == 0


@pytest.mark.covers("R25.2")
async def test_telephone_numbers_are_not_kept(at: Books) -> None:
    """However it is written, a number is neither in the tables nor found; a search by one finds nothing at all."""
    numbers = [
        "13854301001",
        "138 5430 1001",
        "０５４３－３１２３４５６",
        "一三八五四三零一零零一",
        "37230119900101123X",
    ]
    await put(at, *(Document(f"n{n}", MORNING, f"噪音扰民{text}请回电", text) for n, text in enumerate(numbers)))
    assert len(await found(at, "噪音")) == 5
    for text in numbers:
        assert await found(at, text) == []
        assert await found(at, f"噪音 {text}") == []

    def texts(connection: Connection) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("SELECT text FROM ticket_search WHERE id LIKE 'n%'")]

    assert set(await at.database.write(texts)) == {" 噪音扰民 请回电   "}


async def test_pages_hold_still_while_documents_come_in(at: Books) -> None:
    """Page by page, newest first, each is seen once, though twenty came in one second and more come between pages."""
    await put(at, *(Document(f"p{n:02}", MORNING, "井盖", "") for n in range(20)))
    seen: list[str] = []
    after: Cursor | None = None
    search = Search(at.database.reads, ticket_index)
    while True:
        page = await search.newest(Wanted(Query.parse("井盖")), limit=6, after=after)
        seen += [hit.id for hit in page.rows]
        await put(at, Document(f"new{len(seen)}", MORNING + timedelta(hours=3), "井盖", ""))
        if page.next is None:
            break
        after = Cursor.parse(str(page.next))
    assert seen == [f"p{n:02}" for n in reversed(range(20))]


async def test_more_of_one_second_than_it_has_keys(at: Books) -> None:
    """Three thousand with the same instant (an import by day) are all found, in some order, none lost."""
    many = [Document(f"m{n}", MORNING, "井盖", "") for n in range(3000)]
    await put(at, *many[:1500])
    await put(at, *many[1500:])
    wanted, seen = Wanted(Query.parse("井盖")), set()
    after: Cursor | None = None
    while True:
        page = await Search(at.database.reads, ticket_index).newest(wanted, limit=500, after=after)
        seen |= {hit.id for hit in page.rows}
        if page.next is None:
            break
        after = page.next
    assert len(seen) == 3000


async def test_two_services_index_in_the_same_second(at: Books, database_url: str) -> None:
    """Two processes that index at once take no key twice and lose nothing, in many small transactions."""

    def index(connection: Connection, documents: Sequence[Document]) -> Sequence[None]:
        ticket_index.index(connection, documents)
        return [None] * len(documents)

    async with books(database_url) as other:
        made = (
            service.ledger.write(index, Document(f"{name}{n}", MORNING, "井盖", ""))
            for n in range(40)
            for name, service in (("one", at), ("two", other))
        )
        await asyncio.gather(*made)
    page = await Search(at.database.reads, ticket_index).newest(Wanted(Query.parse("井盖")), limit=100)
    assert len({hit.id for hit in page.rows}) == 80


async def test_the_second_to_take_a_key_takes_the_next(postgres: Postgres, migrated: str) -> None:
    """While one process has not committed, another that wants the same key waits for it, and then takes the next."""
    with postgres.database(migrated) as where:
        async with books(where) as one, books(where) as two:
            writer = one.database._writer
            assert isinstance(writer, AsyncEngine)
            async with writer.begin() as connection:
                await connection.run_sync(ticket_index.index, [HEATING])
                waiting = asyncio.create_task(put(two, Document("z", MORNING, "供暖", "")))
                blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                while await asyncio.to_thread(postgres.sql, blocked) == "0":  # noqa: ASYNC110 - only the server knows
                    await asyncio.sleep(0.01)
            await waiting
            assert await found(one, "供暖") == ["z", "a"]


async def test_the_best_come_first(at: Books) -> None:
    """A word in the title and again in the text goes before one in passing, whichever is newer; pages go on there."""
    search = Search(at.database.reads, ticket_index)
    wanted = Wanted(Query.parse("供暖"))
    first = await search.best(wanted, limit=1)
    assert [hit.id for hit in first.page.rows] == ["a"]
    assert first.page.rows[0].excerpt.startswith("滨城区供暖不热")
    assert first.page.next is not None
    await put(at, Document("later", MORNING + timedelta(days=1), "供暖供暖", "供暖"))
    second = await search.best(wanted, limit=1, after=Cursor.parse(str(first.page.next)))
    assert [hit.id for hit in second.page.rows] == ["c"]
    assert (second.page.next, second.capped) == (None, False)
    with pytest.raises(ValueError, match="cursor"):
        await search.best(wanted, limit=1, after=Cursor(MORNING, "a"))


async def test_of_very_many_the_newest_are_compared_and_it_is_said(at: Books) -> None:
    """With more matches than are compared the answer says so, and the best of the newest are there."""
    count = CANDIDATES + 5
    await put(at, *(Document(f"q{n}", MORNING + timedelta(seconds=n), "井盖", "") for n in range(count)))
    best = await Search(at.database.reads, ticket_index).best(Wanted(Query.parse("井盖")), limit=3)
    assert best.capped
    assert [hit.id for hit in best.page.rows] == [f"q{count - 1}", f"q{count - 2}", f"q{count - 3}"]


async def test_a_transaction_that_fails_leaves_the_index_as_it_was(at: Books) -> None:
    """What is indexed in a transaction that is rolled back is not found: index and ticket never differ."""

    def fail(connection: Connection) -> None:
        ticket_index.index(connection, [Document("a", MORNING, "井盖", "")])
        ticket_index.forget(connection, ["b"])
        raise LookupError

    with pytest.raises(LookupError):
        await at.database.write(fail)
    assert await found(at, "井盖") == []
    assert await found(at, "路灯") == ["b"]
    assert await found(at, "供暖") == ["c", "a"]


async def test_many_that_change_at_once_cost_no_more_statements_than_one(at: Books) -> None:
    """Each is found by its new words, none by its old; what stayed as it was is not written."""
    told: list[str] = []

    def work(connection: Connection, documents: Sequence[Document]) -> int:
        told.clear()
        event.listen(connection, "before_cursor_execute", lambda _, __, statement, *___: told.append(statement))
        ticket_index.index(connection, documents)
        return len(told)

    changed = [replace(one, body="井盖丢失", facets={"unit": {"roads"}}) for one in (HEATING, LAMPS, BUS)]
    alone = await at.database.write(lambda connection: work(connection, changed[:1]))
    assert alone > 1
    assert await at.database.write(lambda connection: work(connection, changed)) == alone
    assert await found(at, "井盖") == ["c", "b", "a"]
    assert await found(at, "黄河五路") == await found(at, "维修") == await found(at, "bus") == []
    moved = [replace(one, status="moved") for one in changed]
    assert await at.database.write(lambda connection: work(connection, moved)) == 2
    assert await at.database.write(lambda connection: work(connection, moved)) == 1
    assert await found(at, "井盖", statuses={"moved"}) == ["c", "b", "a"]
