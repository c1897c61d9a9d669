"""Books as full as after a year, filled by plain inserts: the rows are those that the desk wrote for one ticket.

A year of tickets, spread evenly; of the newest twenty-fifth six in ten are open, of the older ones three in a thousand,
and overdue. Open ones stand in every state, most with a unit; a few of sixty units and of twenty-five kinds of matters
get most. Each ticket has the steps, timers, notices and filing of its state, and words in the search index.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache, lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from bench.desk_acts import NAMES, OPENED
from bench.desk_plain import Row, Template, execute, words_statement
from bench.search_corpus import corpus
from common.bigrams import tokens
from common.search_store import facet, first_key
from common.store import execute_many
from hotline.database import Database
from tickets.search import CATEGORY, OPEN, UNIT
from tickets.store.columns import Ready
from tickets.store.finding import ticket_index
from tickets.store.tables import ticket_numbers, tickets

UNITS = tuple(f"unit-{n:02d}" for n in range(60))
CATEGORIES = tuple(f"matter-{n:02d}" for n in range(25))
_BATCH = 2000
_YEAR = timedelta(days=365)
#: How many of the open tickets stand after each act: most are being handled.
_OPEN = {"open": 2, "submit": 10, "dispatch": 15, "sign": 50, "pass down": 5, "sign at level 3": 20, "feed back": 5}
_OPEN |= {"review": 8}
_documents = ticket_index.documents
#: Compiled once: to fill the books takes most of the time of a run.
_open, _index, _add_words = tickets.insert(), _documents.insert(), cache(words_statement)
#: Copies that only serve to be multiplied.
_MODELS = 0x7F000000


def number_of(serial: int) -> str:
    """The telephone number of whoever filed a ticket: each files three on average."""
    return f"137{serial * 7919 % 3_000_017 // 3:08d}"


async def fill(database: Database, template: Template, already: int, size: int) -> None:
    """Add tickets until there are ``size``; ``already`` so many were added by this before."""
    rows = _rows(template, already, size)
    dialect = database.reads.dialect.name
    while batch := list(itertools.islice(rows, _BATCH)):
        found = [(_open, [one for one, _ in batch])]
        documents = [document for _, document in batch]
        words = [{"its_key": one["key"], "its_words": _words(one["text"], one["facets"])} for one in documents]
        found += [(_index, documents), (_add_words(dialect), words)]
        await database.write(partial(_write, found=found))
    await database.write(partial(_follow, template=template, already=already))
    if dialect == "postgresql":
        # Autovacuum would do it, some time.
        await database.write(lambda connection: connection.execute(sa.text("ANALYZE")))


def _rows(template: Template, already: int, size: int) -> Iterator[tuple[Row, Row]]:
    draw = random.Random(size)  # noqa: S311 - the same books each time, not a secret
    texts = [(one.title, one.body) for one in corpus(500)]
    states = [NAMES.index(name) for name in _OPEN]
    plain = {state: _as_written(template, state) for state in (*states, len(NAMES) - 1)}
    ids = template.ticket["id"]
    # Each filling has a remainder of its own, so that no two tickets share a key of the search index.
    lot = len(str(size))
    for serial in range(already, size):
        age = 1 - (serial - already + 1) / (size - already)
        fresh = age < 1 / 25
        is_open = draw.random() < (0.6 if fresh else 0.003)
        state = draw.choices(states, weights=list(_OPEN.values()))[0] if is_open else len(NAMES) - 1
        row = {**plain[state], "id": template.copied(ids, serial, last=f"{state:012x}")}
        row["opened_at"] = OPENED - timedelta(hours=1) - _YEAR * age
        row["number"], row["caller_number"] = f"F{serial:012d}", number_of(serial)
        row["call_id"] = f"filled.{serial}"
        row["category"] = CATEGORIES[int(len(CATEGORIES) * draw.random() ** 2)]
        if row["due"]:
            row["unit"] = UNITS[int(len(UNITS) * draw.random() ** 2)]
            row["due"] = row["opened_at"] + timedelta(days=7)
            row["card"] = "red" if is_open and row["due"] < OPENED else ""
        yield row, _document(row, texts[serial % len(texts)], lot)


def _as_written(template: Template, state: int) -> Row:
    """The row of a ticket in that state, its JSON as text once for all."""
    (row,) = template.after[state][tickets].values()
    return {**row, "state": Ready(json.dumps(row["state"], ensure_ascii=False, separators=(",", ":")))}


def _write(connection: Connection, found: Iterable[tuple[Any, list[Row]]]) -> None:
    for statement, rows in found:
        execute_many(connection, statement, rows)


@lru_cache(maxsize=1000)
def _tokens(text: str) -> str:
    return " ".join(tokens(text))


def _words(text: str, facets: str) -> str:
    return f"{_tokens(text)} {facets}"


def _document(row: Row, text: tuple[str, str], lot: int) -> Row:
    told = {UNIT: row["unit"], CATEGORY: row["category"], OPEN: "yes" if row["open"] else "no"}
    return {
        "key": first_key(row["opened_at"]) + lot,
        "id": row["id"],
        "at": row["opened_at"],
        "status": row["status"],
        "facets": " ".join(sorted(_facet(name, value) for name, value in told.items())),
        "title": len(text[0]),
        "text": text[0] + text[1],
    }


@cache
def _facet(name: str, value: str) -> str:
    return facet(name, value)


def _follow(connection: Connection, template: Template, already: int) -> None:
    """Steps, timers, notices and filings: those of a model of each state, once for every ticket in it."""
    for state in sorted({*map(NAMES.index, _OPEN), len(NAMES) - 1}):
        model, ids = _MODELS + state, f"{state:012x}"
        for table, rows in template.after[state].items():
            if table in (_documents, ticket_numbers) or not rows:
                continue
            if not already:
                execute(connection, [(table.insert(), [template.copied(row, model) for row in rows.values()])])
            if table is not tickets:
                connection.execute(_multiplied(table), _of(template, model, ids, already))


def _multiplied(table: Table) -> Any:
    model, own = table.alias("model"), tickets.alias("own")
    columns: dict[str, Any] = {column.name: column for column in model.columns}
    columns["ticket_id"] = own.c.id
    if "id" in columns:
        columns["id"] = sa.func.substr(own.c.id, 1, 20).concat(sa.func.substr(model.c.id, 21))
    chosen = sa.select(*columns.values()).select_from(own.join(model, model.c.ticket_id == sa.bindparam("model_id")))
    chosen = chosen.where(own.c.id.between(sa.bindparam("least"), sa.bindparam("most")))
    chosen = chosen.where(sa.func.substr(own.c.id, 21) == sa.bindparam("ids"))
    return table.insert().from_select(list(columns), chosen)


def _of(template: Template, model: int, ids: str, already: int) -> Row:
    name = template.ticket["id"]
    before = name[:12]
    model_id = template.copied(name, model)
    return {"model_id": model_id, "ids": ids, "least": f"{before}{already:08x}", "most": f"{before}{_MODELS:08x}"}
