"""Searching at ten thousand, a hundred thousand and a million tickets, on both databases, beside plain SQL.

The plain SQL: the same rows inserted without an index of words; LIKE for finding, newest first; on PostgreSQL also its
own full-text search in one statement, by time (plain words) and by ``ts_rank`` (plain rank). Every query is asked for
the page of 20 that a screen shows, through the same driver, round trip included. A million tickets on both databases
take half an hour.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import TSQUERY

from bench.search_corpus import QUERIES, corpus
from common.bigrams import Query
from common.search import Search
from common.search_sql import Wanted
from common.search_store import Document
from hotline.database import Database, opened
from tests.postgres import cluster
from tickets.store.finding import ticket_index

_SIZES = (10_000, 100_000)
_BATCH = 500
_PAGE = 20
_ROUNDS = 20
_PLAIN_ROUNDS = 2
_documents = ticket_index.documents


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all sizes on both databases; gives what was printed, as data."""
    sizes = (2000,) if arguments.quick else (*_SIZES, *([1_000_000] if arguments.million else []))
    report: dict[str, Any] = {"page": _PAGE, "rounds": _ROUNDS, "batch": _BATCH, "results": []}
    for size, kind in itertools.product(sizes, ("sqlite", "postgresql")):
        async with _database(kind) as database:
            report["results"].append({"database": kind, "tickets": size, **await _measure(database, size)})
            _print(report["results"][-1])
    return report


@contextlib.asynccontextmanager
async def _database(kind: str) -> AsyncIterator[Database]:
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-"))
            url = f"sqlite+aiosqlite:///{Path(folder) / 'hotline.db'}"
        else:
            url = stack.enter_context(cluster(shared_buffers="512MB", max_wal_size="4GB")).url("postgres")
        async with opened(url) as database:
            yield database


async def _measure(database: Database, size: int) -> dict[str, Any]:
    """Fill, search, and the same by plain SQL."""
    plain = await _timed_inserts(database, itertools.islice(corpus(size), min(size, 20_000)), _insert_plain)
    await database.write(lambda connection: connection.execute(_documents.delete()))
    indexed = await _timed_inserts(database, corpus(size), _insert_indexed)
    search = Search(database.reads, ticket_index)
    searches: list[dict[str, Any]] = []
    newest: list[float] = []
    best: list[float] = []
    for label, wanted in _questions():
        of_newest = await _samples(partial(search.newest, wanted, limit=_PAGE), _ROUNDS)
        of_best = await _samples(partial(search.best, wanted, limit=_PAGE), _ROUNDS)
        newest += of_newest
        best += of_best
        row: dict[str, Any] = {"query": label, "matches": await _matches(database, wanted)}
        row |= {"newest_ms": _figures(of_newest), "best_ms": _figures(of_best)}
        row["like_ms"] = _figures(await _samples(partial(_like, database, wanted), _PLAIN_ROUNDS))
        if database.reads.dialect.name == "postgresql":
            row["words_ms"] = _figures(await _samples(partial(_plain_words, database, wanted), _PLAIN_ROUNDS))
            row["rank_ms"] = _figures(await _samples(partial(_plain_rank, database, wanted), _PLAIN_ROUNDS))
        searches.append(row)
    return {
        "plain_inserts_per_second": plain,
        "indexed_inserts_per_second": indexed,
        "newest_ms": _figures(newest),
        "best_ms": _figures(best),
        "searches": searches,
    }


def _questions() -> list[tuple[str, Wanted]]:
    plain = [(f"{label} ({typed})", Wanted(Query.parse(typed))) for label, typed in QUERIES.items()]
    common = Query.parse(QUERIES["common"])
    return [
        *plain,
        ("common, of a small unit", Wanted(common, facets={"unit": {"unit-120"}})),
        ("common, open", Wanted(common, facets={"open": {"yes"}})),
        ("common, one state of the open", Wanted(common, statuses={"in_handling"}, facets={"open": {"yes"}})),
        ("common, other category", Wanted(common, facets={"category": {"盐碱地改良"}})),
    ]


async def _timed_inserts(database: Database, documents: Any, insert: Callable[..., None]) -> float:
    began, count = time.perf_counter(), 0
    while batch := list(itertools.islice(documents, _BATCH)):
        count += len(batch)
        await database.write(partial(insert, documents=batch))
    return round(count / (time.perf_counter() - began))


def _insert_indexed(connection: Connection, documents: list[Document]) -> None:
    ticket_index.index(connection, documents)


def _insert_plain(connection: Connection, documents: list[Document]) -> None:
    connection.execute(_documents.insert(), [_plain_row(one) for one in documents])


def _plain_row(one: Document) -> dict[str, Any]:
    row = {"key": int(one.id, 16), "id": one.id, "at": one.at, "status": one.status, "facets": ""}
    return {**row, "title": len(one.title), "text": one.title + one.body}


async def _samples(ask: Callable[[], Awaitable[Any]], rounds: int) -> list[float]:
    """Milliseconds of each asking; the first, which finds the caches cold, is thrown away."""
    await ask()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _figures(samples: list[float]) -> dict[str, float]:
    """Their median and 95th percentile; of few samples the latter is the slowest."""
    ordered = sorted(samples)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"median": round(statistics.median(ordered), 2), "p95": round(p95, 2)}


async def _matches(database: Database, wanted: Wanted) -> int:
    async with database.reads.connect() as connection:
        return int((await connection.execute(_by_like(wanted, sa.func.count()))).scalar_one())


async def _like(database: Database, wanted: Wanted) -> None:
    query = _by_like(wanted, _documents.c.id).order_by(_documents.c.key.desc()).limit(_PAGE)
    async with database.reads.connect() as connection:
        (await connection.execute(query)).all()


def _by_like(wanted: Wanted, *columns: Any) -> sa.Select[Any]:
    query = sa.select(*columns).select_from(_documents)
    query = query.where(*(_documents.c.text.like(f"%{word.literal.strip()}%") for word in wanted.query.words))
    if wanted.statuses:
        query = query.where(_documents.c.status.in_(sorted(wanted.statuses)))
    for any_of in wanted.tokens():
        if any_of[0].startswith("_"):
            query = query.where(sa.or_(*(_documents.c.facets.like(f"%{one}%") for one in any_of)))
    return query


async def _plain_words(database: Database, wanted: Wanted) -> None:
    await _by_plain_words(database, wanted, ticket_index.words.c.key.desc())


async def _plain_rank(database: Database, wanted: Wanted) -> None:
    await _by_plain_words(database, wanted, sa.func.ts_rank(ticket_index.words.c.words, _tsquery(wanted)).desc())


async def _by_plain_words(database: Database, wanted: Wanted, order: sa.ColumnElement[Any]) -> None:
    """What one writes first: PostgreSQL's own search in one statement, with whatever plan it finds."""
    words = ticket_index.words.c
    query = sa.select(_documents).where(words.words.op("@@")(_tsquery(wanted)), words.key == _documents.c.key)
    if wanted.statuses:
        query = query.where(_documents.c.status.in_(sorted(wanted.statuses)))
    async with database.reads.connect() as connection:
        (await connection.execute(query.order_by(order).limit(_PAGE))).all()


def _tsquery(wanted: Wanted) -> sa.ColumnElement[Any]:
    quoted = " & ".join(f"'{any_of[0]}'" for any_of in wanted.tokens())
    return sa.cast(sa.literal(quoted, sa.Text), TSQUERY)


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['database']}, {result['tickets']:,} tickets; inserts a second:", end=" ")
    print(f"plain {result['plain_inserts_per_second']}, with index {result['indexed_inserts_per_second']}")
    print("milliseconds; median / 95th percentile, else median")
    heads = f"{'newest first':>18}{'best first':>18}{'LIKE':>10}{'plain words':>13}{'plain rank':>12}"
    print(f"{'':34}{'matches':>9}{heads}")
    for row in result["searches"]:
        plain = (f"{row[name]['median']:.1f}" if name in row else "" for name in ("like_ms", "words_ms", "rank_ms"))
        like, words, rank = plain
        wide = 34 - sum(1 for letter in row["query"] if letter > "\u2e80")
        print(f"{row['query']:{wide}}{row['matches']:>9}{_both(row)}{like:>10}{words:>13}{rank:>12}")
    print(f"{'all of these':34}{'':>9}{_both(result)}")


def _both(row: dict[str, Any]) -> str:
    texts = (f"{row[name]['median']:.1f} / {row[name]['p95']:.1f}" for name in ("newest_ms", "best_ms"))
    return "".join(f"{text:>18}" for text in texts)
