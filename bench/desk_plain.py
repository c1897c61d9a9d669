"""The plain SQL that the desk is measured beside: the rows that the desk wrote, written again without any rules.

One ticket is carried through on a database of its own; after each use case the tables are compared with before. What
was inserted, changed (those columns only) and deleted is what plain SQLAlchemy then does for other tickets: prepared
beforehand, nothing read, nothing checked. Left out is the count of the day's numbers, since plain rows bring theirs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Connection, Table, Text

from bench.desk_acts import ACTS, opened
from common.bigrams import tokens
from common.search_store import PER_SECOND
from hotline.database import Database
from tests.city import City, city
from tickets.store.finding import ticket_index
from tickets.store.tables import ticket_numbers, tickets

#: The number of the ticket that others are copies of; nobody else's texts hold it.
_SERIAL = 40_000
_ID = re.compile(r"[0-9a-f]{32}")
_documents = ticket_index.documents
Row = dict[str, Any]
Snapshot = dict[Table, dict[tuple[Any, ...], Row]]
#: A statement, and its parameters for each ticket.
Prepared = tuple[Any, list[Row]]


@dataclass(frozen=True, slots=True)
class Template:
    """One ticket's rows after each use case, the first one that of its opening."""

    after: tuple[Snapshot, ...]
    ticket: Row

    def copied(self, value: Any, copy: int, *, last: str = "") -> Any:
        """A row's value as the ``copy``-th ticket has it; ``last`` are the last digits of its id."""
        if isinstance(value, dict):
            changed = {name: self.copied(one, copy, last=last) for name, one in value.items()}
            keys = {name: changed[name] + copy * PER_SECOND for name in ("key", "at_key", "its_key") if name in changed}
            return changed | keys
        if isinstance(value, list):
            return [self.copied(one, copy, last=last) for one in value]
        if value == self.ticket["number"]:
            return f"P{copy:012d}"
        if isinstance(value, str) and _ID.fullmatch(value):
            return f"{value[:12]}{copy:08x}{last or value[20:]}"
        return value


async def recorded() -> Template:
    """Carry one ticket through, and look at the tables after each step."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        async with city(Path(folder)) as at:
            ticket = await opened(at, _SERIAL)
            after = [await _snapshot(at)]
            for _, act in ACTS:
                ticket = await act(at, ticket)
                after.append(await _snapshot(at))
    (row,) = after[-1][tickets].values()
    return Template(tuple(after), row)


async def _snapshot(at: City) -> Snapshot:
    found: Snapshot = {}
    async with at.books.database.reads.connect() as connection:
        for table in tickets.metadata.sorted_tables:
            if table is ticket_numbers or not {"ticket_id", "key", "query_code"} & {one.name for one in table.c}:
                continue
            rows = (await connection.execute(sa.select(table))).mappings()
            found[table] = {tuple(row[one.name] for one in table.primary_key): dict(row) for row in rows}
    return found


def prepared(template: Template, copies: Sequence[int], dialect: str, *, words: bool) -> list[list[Prepared]]:
    """For each use case the statements that write its rows for all of these tickets, ``words`` or not."""
    before: Snapshot = {}
    acts: list[list[Prepared]] = []
    for now in template.after:
        act: list[Prepared] = []
        for table in now:
            if table is _documents and not words:
                continue
            for statement, row in _differences(table, before.get(table, {}), now[table], dialect):
                act.append((statement, [template.copied(row, copy) for copy in copies]))
        acts.append(act)
        before = now
    return acts


def _differences(table: Table, had: dict[Any, Row], has: dict[Any, Row], dialect: str) -> Iterator[tuple[Any, Row]]:
    for key in had.keys() - has.keys():
        yield table.delete().where(_same(table)), _keys(table, key)
    for key, row in has.items():
        if key not in had:
            yield table.insert(), row
            if table is _documents:
                yield words_statement(dialect), {"its_key": row["key"], "its_words": words_of(row)}
            continue
        changed = {name: value for name, value in row.items() if value != had[key][name]}
        if changed:
            binds = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in changed}
            told = {f"new_{name}": value for name, value in changed.items()}
            yield table.update().where(_same(table)).values(binds), {**_keys(table, key), **told}
        if table is _documents and {"text", "facets"} & changed.keys():
            yield _words_removed(dialect), {"its_key": row["key"], "its_words": words_of(had[key])}
            yield words_statement(dialect), {"its_key": row["key"], "its_words": words_of(row)}


def _same(table: Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == sa.bindparam(f"at_{column.name}") for column in table.primary_key))


def _keys(table: Table, key: tuple[Any, ...]) -> Row:
    return {f"at_{column.name}": value for column, value in zip(table.primary_key, key, strict=True)}


def words_of(row: Row) -> str:
    """The words that a document of the search index is found by."""
    return " ".join((*tokens(row["text"]), *row["facets"].split()))


def words_statement(dialect: str) -> Any:
    """Adds words to the index."""
    words = ticket_index.words
    if dialect == "sqlite":
        return sa.insert(words).values(rowid=sa.bindparam("its_key"), words=sa.bindparam("its_words"))
    made = sa.func.array_to_tsvector(sa.func.string_to_array(sa.bindparam("its_words", type_=Text), " "))
    return sa.insert(words).values(key=sa.bindparam("its_key", type_=BigInteger), words=made)


def _words_removed(dialect: str) -> Any:
    words = ticket_index.words
    if dialect == "sqlite":
        told = {words.name: "delete", "rowid": sa.bindparam("its_key"), "words": sa.bindparam("its_words")}
        return sa.insert(words).values(told)
    return sa.delete(words).where(words.c.key == sa.bindparam("its_key", type_=BigInteger))


async def written(database: Database, acts: Sequence[Sequence[Prepared]]) -> None:
    """Each use case as one transaction for all of its tickets, as the desk's group commit has it."""
    for act in acts:
        await database.write(partial(execute, act=act))


def execute(connection: Connection, act: Sequence[Prepared]) -> None:
    """Run prepared statements."""
    for statement, rows in act:
        connection.execute(statement, rows)
