"""Finding what a search index holds (``common.search_store``): newest first, or the best first.

On SQLite the words' own lists come newest first, and a search reads them until its page is full. PostgreSQL's lists
come in no order, so a search looks through the newest documents themselves first, which fills the page when the words
are common, and asks the index of words only when they are not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from common.bigrams import Query
from common.likeness import shared, telling, weights
from common.paging import Cursor, Page
from common.relevance import score
from common.search_sql import Wanted, by_walking, by_words, on_sqlite
from common.search_store import SearchIndex, instant_of, key_of

#: The best are sought among this many of the newest that match.
CANDIDATES = 2000
#: PostgreSQL looks through this many of the newest documents before it asks the index of words.
_WALK = 4000
_WALK_BEST = 20_000
_EXCERPT_BEFORE, _EXCERPT = 15, 60
#: The like of a text are sought among this many.
_SAMPLE = 1000
#: A word that fewer than this share of the sample have is rare.
_RARE = 0.02
#: By so many rare words older ones are looked for; each costs PostgreSQL a list that comes in no order.
_MOST_RARE = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One that was found; ``excerpt`` is the text around the first word, without telephone numbers."""

    id: str
    at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class Best:
    """The best; ``capped`` says that more matched than the newest ``CANDIDATES``, which alone were compared."""

    page: Page[Hit]
    capped: bool


@dataclass(frozen=True, slots=True)
class Like:
    """One that is like a text; ``words`` are the longest pieces that both have."""

    id: str
    at: datetime
    words: tuple[str, ...]


class Search:
    """Searches of one index, on the connections of readers."""

    def __init__(self, reads: AsyncEngine, index: SearchIndex) -> None:
        self._reads = reads
        self._index = index

    async def newest(self, wanted: Wanted, *, limit: int, after: Cursor | None = None) -> Page[Hit]:
        """Some of what matches, newest first, from behind the cursor on."""
        before = key_of(after.at) if after else None
        rows = await self._rows(wanted, before, limit + 1, _WALK)
        hits = [_hit(wanted, row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(hits)
        return Page(hits, Cursor(instant_of(rows[limit - 1].key), hits[-1].id))

    async def best(self, wanted: Wanted, *, limit: int, after: Cursor | None = None) -> Best:
        """Some of what matches, the best first and of equals the newest; further pages leave out what has come since.

        Raises:
            ValueError: the cursor is not from here.
        """
        before, place = _place(after) if after else (None, None)
        rows = await self._rows(wanted, before, CANDIDATES + 1, _WALK_BEST)
        capped, rows = len(rows) > CANDIDATES, rows[:CANDIDATES]
        literals = [word.literal for word in wanted.query.words]
        scored = {row.key: (score(literals, row.text[: row.title], row.text), row.key) for row in rows}
        ordered = sorted(rows, key=lambda row: scored[row.key], reverse=True)
        shown = [row for row in ordered if place is None or scored[row.key] < place][: limit + 1]
        hits = [_hit(wanted, row) for row in shown[:limit]]
        if len(shown) <= limit:
            return Best(Page(hits), capped)
        points, key = scored[shown[limit - 1].key]
        newest = before if before is not None else rows[0].key + 1
        return Best(Page(hits, Cursor(instant_of(newest), f"{points}.{key}")), capped)

    async def alike(
        self,
        text: str,
        *,
        common: Collection[str] = (),
        facets: Mapping[str, Collection[str]] | None = None,
        limit: int,
    ) -> list[Like]:
        """What is most like a text and meets the conditions of ``facets``; of equals the newest first.

        It must share two telling words with it; ``common`` are pairs of characters that tell nothing. Compared are the
        newest that share any, and where those are too many to know all, also older ones that share a rare one.
        """
        words = telling(text, common)
        if not words:
            return []
        wanted = Wanted(Query((), hopeless=False), facets=facets or {}, any_of=words)
        rows = list(await self._rows(wanted, None, _SAMPLE, _WALK_BEST))
        weight = weights(words, [row.text for row in rows])
        if len(rows) == _SAMPLE:
            most = 1 + math.log((_SAMPLE + 1) / (_SAMPLE * _RARE + 1))
            rare = sorted((word for word in words if weight[word] > most), key=lambda word: -weight[word])[:_MOST_RARE]
            if rare:
                older = replace(wanted, any_of=rare)
                rows += await self._rows(older, rows[-1].key, _SAMPLE, 0)
        least = min(2, len(words))
        points = {}
        for row in rows:
            has = [weight[word] for word in words if word.literal in row.text]
            if len(has) >= least:
                points[row.key] = sum(has)
        best = sorted((row for row in rows if row.key in points), key=lambda row: points[row.key], reverse=True)
        return [Like(row.id, row.at, shared(text, row.text, common)) for row in best[:limit]]

    async def _rows(self, wanted: Wanted, before: int | None, limit: int, walk: int) -> Sequence[sa.Row[Any]]:
        if wanted.hopeless:
            return []

        def read(connection: Connection) -> Sequence[sa.Row[Any]]:
            if connection.dialect.name == "sqlite":
                return connection.execute(on_sqlite(self._index, wanted, before).limit(limit)).all()
            if walk:
                found = connection.execute(by_walking(self._index, wanted, before, walk).limit(limit)).all()
                if len(found) == limit:
                    return found
            # To read the words of all documents is never right, whatever the statistics say so far.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
            return connection.execute(by_words(self._index, wanted, before).limit(limit)).all()

        async with self._reads.connect() as connection:
            return await connection.run_sync(read)


def _place(after: Cursor) -> tuple[int, tuple[int, int]]:
    points, dot, key = after.id.partition(".")
    if not (dot and points.isdecimal() and key.isdecimal()):
        raise ValueError("not a cursor of this search")
    return key_of(after.at), (int(points), int(key))


def _hit(wanted: Wanted, row: sa.Row[Any]) -> Hit:
    found = row.text.find(wanted.query.words[0].literal)
    start = max(0, found - _EXCERPT_BEFORE)
    return Hit(row.id, row.at, row.text[start : start + _EXCERPT].strip())
