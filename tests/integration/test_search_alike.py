"""What is like a text, on both databases alike: by its telling words, the rare ones first, however old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import search
from common.search import Search
from common.search_store import Document
from tests.books import MORNING, Books, books
from tickets.store.finding import ticket_index

COMMON = frozenset({"小区", "反映"})


def document(name: str, text: str, minutes: int, *, ended: bool = True) -> Document:
    """A ticket of so many minutes after ten o'clock."""
    title, _, body = text.partition("，")
    state = "closed" if ended else "open"
    return Document(
        name, MORNING + timedelta(minutes=minutes), title, body, state, {"open": {"no" if ended else "yes"}}
    )


async def put(at: Books, *documents: Document) -> None:
    """Index these."""
    await at.database.write(lambda connection: ticket_index.index(connection, documents))


async def alike(at: Books, text: str, limit: int = 10, **facets: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The ids of what is like a text, the most like first, with the words that both have."""
    found = await Search(at.database.reads, ticket_index).alike(text, common=COMMON, facets=facets, limit=limit)
    return [(one.id, one.words) for one in found]


async def test_the_most_like_comes_first_with_the_words_that_both_have(database_url: str) -> None:
    """One shared word is chance; of equals the newer comes first; what is open can be left out."""
    async with books(database_url) as at:
        await put(
            at,
            document("old", "供暖管道漏水，室内不热", 0),
            document("new", "供暖管道漏水，室内不热", 1),
            document("less", "路面漏水，有供暖的味道", 2),
            document("open", "供暖管道漏水", 3, ended=False),
            document("one", "小区反映供暖，收费", 4),
            document("none", "路灯不亮", 5),
        )
        found = await alike(at, "小区供暖管道漏水，请回电13854301001", open={"no"})
        assert found == [("new", ("供暖管道漏水",)), ("old", ("供暖管道漏水",)), ("less", ("供暖", "漏水"))]
        assert [name for name, _ in await alike(at, "小区供暖管道漏水", 2)] == ["open", "new"]
        assert await alike(at, "小区 反映") == await alike(at, "13854301001") == await alike(at, "") == []


async def test_what_is_rare_weighs_more_than_what_everybody_says(database_url: str) -> None:
    """Two rare words shared beat two that stand in nearly every text."""
    async with books(database_url) as at:
        await put(
            at,
            *(document(f"t{minute}", "路灯不亮，晚上看不见", minute) for minute in range(20)),
            document("rare", "窨井异味，路口", 30),
        )
        assert next(iter(await alike(at, "窨井旁的路灯不亮，有异味")))[0] == "rare"


async def test_an_old_one_with_rare_words_is_found_among_very_many(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the newest that share anything are too many to compare all, the rare words alone lead further back."""
    monkeypatch.setattr(search, "_SAMPLE", 60)
    async with books(database_url) as at:
        await put(
            at,
            document("old", "窨井盖松动，路灯不亮", 0),
            *(document(f"t{minute}", "路灯不亮，晚上看不见", minute) for minute in range(1, 100)),
        )
        found = await alike(at, "窨井盖旁路灯不亮", 3)
        assert found[0] == ("old", ("窨井盖", "路灯不亮"))
        assert len(found) == 3
