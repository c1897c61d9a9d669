"""A search index in the database, kept in the same transaction as what it finds; on SQLite and PostgreSQL alike.

Two tables per index. ``<name>_search`` holds what is looked through, by a key that grows with time. ``<name>_words``
holds the words: on SQLite an FTS5 table, on PostgreSQL a ``tsvector`` with a GIN index; ``common.search_ddl`` makes it.
The text kept here has no telephone numbers (``common.bigrams``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, Text

from common.bigrams import searchable, tokens
from common.store import Instant, execute_many, insert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Documents of one second that keep its key; more of them borrow from the next.
PER_SECOND = 1024
#: What of a document may become another.
_CHANGING = ("status", "facets", "title", "text")


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found. ``at`` sorts it (to the second) and is fixed when it is first indexed.

    ``facets`` are what searches are narrowed by, name → values (``{"unit": {"bz-water"}}``): they are looked up as fast
    as words, but to change one costs as much as to index the text anew. ``status`` may change with each step: to change
    it costs one row, and searches that name a rare one look through all that has the words.
    """

    id: str
    at: datetime
    title: str
    body: str
    status: str = ""
    facets: Mapping[str, Collection[str]] = field(default_factory=dict)


class SearchIndex:
    """The tables of one index. ``name`` is an identifier; ``tables`` are those of the package that owns it."""

    def __init__(self, name: str, tables: MetaData) -> None:
        self.name = name
        self.documents = Table(
            f"{name}_search",
            tables,
            Column("key", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
            Column("id", String(80), nullable=False, unique=True),
            Column("at", Instant, nullable=False),
            Column("status", String(40), nullable=False),
            Column("facets", Text, nullable=False),
            #: How many characters of ``text`` are the title.
            Column("title", Integer, nullable=False),
            Column("text", Text, nullable=False),
        )
        found = f"{name}_words"
        #: Also what FTS5 calls the column that commands and queries are addressed to.
        self.words = sa.table(found, sa.column("rowid"), sa.column("key"), sa.column("words"), sa.column(found))
        # To build a statement costs more than to run it.
        this_one = self.documents.c.key == sa.bindparam("its_key")
        self._forget = self.documents.delete().where(this_one)
        self._restate = self.documents.update().where(self.documents.c.id == sa.bindparam("its_id"))
        self._restate = self._restate.values(status=sa.bindparam("new_status"))
        self._save = self.documents.update().where(this_one)
        self._save = self._save.values({name: sa.bindparam(f"new_{name}") for name in _CHANGING})

    def index(self, connection: Connection, documents: Sequence[Document]) -> None:
        """Let these be found as they are now, within the caller's transaction; of one id the last counts.

        Never call this with what is confidential; call ``forget`` when it becomes so (R25.1).
        """
        latest = {document.id: _entry(document) for document in documents}
        standing = {row.id: row for row in self._standing(connection, list(latest))}
        fresh = [entry for name, entry in latest.items() if name not in standing]
        self._insert(connection, fresh)
        self._change(connection, [(row, latest[row.id]) for row in sorted(standing.values(), key=lambda row: row.key)])

    def restate(self, connection: Connection, statuses: Mapping[str, str]) -> None:
        """Only the statuses of these have changed: nothing of them is read; no error for what is not there."""
        if statuses:
            told = [{"its_id": name, "new_status": status} for name, status in sorted(statuses.items())]
            execute_many(connection, self._restate, told)

    def forget(self, connection: Connection, ids: Sequence[str]) -> None:
        """Let these be found no more, within the caller's transaction; no error for what is not there."""
        rows = self._standing(connection, list(dict.fromkeys(ids)))
        if rows:
            self._remove_words(connection, [(row.key, _words(tokens(row.text), row.facets)) for row in rows])
            connection.execute(self._forget, [{"its_key": row.key} for row in rows])

    def empty(self, connection: Connection) -> None:
        """Let nothing be found, within the caller's transaction: before everything is indexed anew."""
        if connection.dialect.name == "sqlite":
            connection.execute(self.documents.delete())
            connection.execute(sa.insert(self.words).values({self.words.name: "delete-all"}))
        else:
            connection.execute(sa.text(f"TRUNCATE {self.documents.name}, {self.words.name}"))

    def _standing(self, connection: Connection, ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
        if not ids:
            return []
        query = sa.select(self.documents).where(self.documents.c.id.in_(ids)).order_by(self.documents.c.key)
        # On PostgreSQL two processes that index one document take turns.
        return connection.execute(query.with_for_update()).all()

    def _change(self, connection: Connection, changes: Sequence[tuple[sa.Row[Any], dict[str, Any]]]) -> None:
        others = [(row, new) for row, new in changes if any(getattr(row, name) != new[name] for name in _CHANGING)]
        words = [(row, new) for row, new in others if (row.text, row.facets) != (new["text"], new["facets"])]
        if words:
            had, has = [], []
            for row, new in words:
                found = tokens(row.text)
                had.append((row.key, _words(found, row.facets)))
                found = found if new["text"] == row.text else tokens(new["text"])
                has.append((row.key, _words(found, new["facets"])))
            self._remove_words(connection, had)
            self._add_words(connection, has)
        if others:
            told = [{"its_key": row.key} | {f"new_{name}": new[name] for name in _CHANGING} for row, new in others]
            execute_many(connection, self._save, told)

    def _insert(self, connection: Connection, fresh: list[dict[str, Any]]) -> None:
        statement = insert(self.documents, connection.dialect.name).on_conflict_do_nothing(index_elements=["key"])
        look = False
        while fresh:
            keys = self._keys(connection, [entry["at"] for entry in fresh], look=look)
            for entry, key in zip(fresh, keys, strict=True):
                entry["key"] = key
            # Others may have come in the same second, of this process or another; then the next free keys are tried.
            kept = set(connection.execute(statement.returning(self.documents.c.key), fresh).scalars())
            if kept:
                found = [
                    (one["key"], _words(tokens(one["text"]), one["facets"])) for one in fresh if one["key"] in kept
                ]
                self._add_words(connection, found)
            fresh = [entry for entry in fresh if entry["key"] not in kept]
            look = True

    def _keys(self, connection: Connection, instants: Sequence[datetime], *, look: bool) -> list[int]:
        """Keys of their own that sort by time: the second, and a count within it, from 0 on.

        Whether some are taken is only looked up where it is likely, or ``look`` says so.
        """
        seconds = [(at - _EPOCH) // timedelta(seconds=1) for at in instants]
        taken = {} if look else {second: second * PER_SECOND - 1 for second, n in Counter(seconds).items() if n == 1}
        keys = []
        for its_second in seconds:
            second = its_second
            while True:
                first = second * PER_SECOND
                if second not in taken:
                    key = self.documents.c.key
                    newest = sa.select(sa.func.max(key)).where(key >= first, key < first + PER_SECOND)
                    taken[second] = connection.execute(newest).scalar() or first - 1
                if taken[second] < first + PER_SECOND - 1:
                    break
                second += 1
            taken[second] += 1
            keys.append(taken[second])
        return keys

    def _add_words(self, connection: Connection, found: Sequence[tuple[int, str]]) -> None:
        rows = [{"its_key": key, "its_words": words} for key, words in found]
        if connection.dialect.name == "sqlite":
            statement = sa.insert(self.words).values(rowid=sa.bindparam("its_key"), words=sa.bindparam("its_words"))
        else:
            words = sa.func.array_to_tsvector(sa.func.string_to_array(sa.bindparam("its_words", type_=Text), " "))
            statement = sa.insert(self.words).values(key=sa.bindparam("its_key", type_=BigInteger), words=words)
        connection.execute(statement, rows)

    def _remove_words(self, connection: Connection, had: Sequence[tuple[int, str]]) -> None:
        if connection.dialect.name == "sqlite":
            # The table keeps no text of its own, so it must be told which words to take out.
            told = {self.words.name: "delete", "rowid": sa.bindparam("its_key"), "words": sa.bindparam("its_words")}
            old = [{"its_key": key, "its_words": words} for key, words in had]
            connection.execute(sa.insert(self.words).values(told), old)
        else:
            gone = sa.delete(self.words).where(self.words.c.key == sa.bindparam("its_key", type_=BigInteger))
            connection.execute(gone, [{"its_key": key} for key, _ in had])


def facet(name: str, value: str) -> str:
    """The token of a facet: no word begins with ``_``, and nothing in a name or value can disturb a query."""
    return "_" + hashlib.blake2b(f"{name}={value}".encode(errors="surrogatepass"), digest_size=6).hexdigest()


def first_key(at: datetime) -> int:
    """The least key of what came at this instant or later (to the second)."""
    return (at - _EPOCH) // timedelta(seconds=1) * PER_SECOND


def instant_of(key: int) -> datetime:
    """A key as an instant: its second, and its count within it as microseconds."""
    second, count = divmod(key, PER_SECOND)
    return _EPOCH + timedelta(seconds=second, microseconds=count)


def key_of(at: datetime) -> int:
    """The key that ``instant_of`` was given."""
    whole = (at - _EPOCH) // timedelta(seconds=1)
    return whole * PER_SECOND + at.microsecond


def _entry(document: Document) -> dict[str, Any]:
    title = searchable(document.title)
    facets = sorted(facet(name, value) for name, values in document.facets.items() for value in values)
    return {
        "id": document.id,
        "at": document.at,
        "status": document.status,
        "facets": " ".join(facets),
        "title": len(title),
        "text": title + searchable(document.body),
    }


def _words(found: Sequence[str], facets: str) -> str:
    return " ".join((*found, *facets.split()))
