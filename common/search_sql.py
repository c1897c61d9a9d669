"""The statements of a search (``common.search``), in the words of each database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, Text
from sqlalchemy.dialects.postgresql import TSQUERY

from common.bigrams import Query, Word
from common.search_store import PER_SECOND, SearchIndex, facet, first_key

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: all words of ``query``, and all conditions that are set; ``until`` does not count in.

    Of each facet any of the values will do; so of ``statuses``, and of ``any_of``, words of one token each.
    """

    query: Query
    statuses: Collection[str] = ()
    facets: Mapping[str, Collection[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    any_of: Collection[Word] = ()

    @property
    def hopeless(self) -> bool:
        """Nothing can match: the query says so, or none of a facet's values is allowed."""
        return self.query.hopeless or not all(self.facets.values())

    def tokens(self) -> list[list[str]]:
        """What a document must have: one of each list."""
        words = dict.fromkeys(token for word in self.query.words for token in word.tokens)
        facets = [sorted(facet(name, value) for value in values) for name, values in sorted(self.facets.items())]
        likes = [[word.tokens[0] for word in self.any_of]] if self.any_of else []
        return [[token] for token in words] + likes + facets


def on_sqlite(index: SearchIndex, wanted: Wanted, before: int | None) -> Rows:
    """By the words' own lists, which come newest first."""
    documents, words = index.documents.c, index.words.c
    quoted = _joined(wanted, '"', " OR ", " AND ")
    query = _select(documents).where(words[f"{index.name}_words"].op("MATCH")(quoted), documents.key == words.rowid)
    query = query.where(*_within(words.rowid, wanted, before), *_conditions(documents, wanted))
    for word in wanted.query.words:
        if word.needs_literal:
            query = query.where(sa.func.instr(documents.text, word.literal) > 0)
    return query.order_by(words.rowid.desc())


def by_walking(index: SearchIndex, wanted: Wanted, before: int | None, most: int) -> Rows:
    """On PostgreSQL: what of the ``most`` newest documents matches, by their texts."""
    documents = index.documents
    newest = sa.select(documents).where(*_within(documents.c.key, wanted, before)).order_by(documents.c.key.desc())
    near = newest.limit(most).subquery().c
    query = _select(near).where(*_conditions(near, wanted))
    query = query.where(*(sa.func.strpos(near.text, word.literal) > 0 for word in wanted.query.words))
    if wanted.any_of:
        query = query.where(sa.or_(*(sa.func.strpos(near.text, word.literal) > 0 for word in wanted.any_of)))
    for name, values in wanted.facets.items():
        query = query.where(sa.or_(*(sa.func.strpos(near.facets, facet(name, value)) > 0 for value in values)))
    return query.order_by(near.key.desc())


def by_words(index: SearchIndex, wanted: Wanted, before: int | None) -> Rows:
    """On PostgreSQL: by the index of words, whose lists come in no order."""
    documents, words = index.documents.c, index.words.c
    quoted = _joined(wanted, "'", " | ", " & ")
    matched = words.words.op("@@")(sa.cast(sa.literal(quoted, Text), TSQUERY))
    found = sa.select(words.key).where(matched, *_within(words.key, wanted, before))
    # Alone, so that no plan walks the keys and unpacks the words of each.
    keys = found.cte("found").prefix_with("MATERIALIZED", dialect="postgresql").c
    newest = sa.select(keys.key).order_by(keys.key.desc()).offset(0).subquery("newest")
    # One document at a time, newest first, until there are enough: OFFSET keeps the planner from reading all of them.
    document = _select(documents).where(documents.key == newest.c.key, *_conditions(documents, wanted))
    for word in wanted.query.words:
        if word.needs_literal:
            document = document.where(sa.func.strpos(documents.text, word.literal) > 0)
    each = document.offset(0).lateral("document")
    return _select(each.c).select_from(newest.join(each, sa.true())).order_by(newest.c.key.desc())


def _joined(wanted: Wanted, quote: str, either: str, both: str) -> str:
    # Tokens are letters, digits and ``_`` alone: nothing in them can end a quotation.
    alternatives = (either.join(f"{quote}{token}{quote}" for token in any_of) for any_of in wanted.tokens())
    return both.join(f"({any_of})" for any_of in alternatives)


def _select(columns: Any) -> Rows:
    return sa.select(columns.key, columns.id, columns.at, columns.title, columns.text)


def _conditions(columns: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(columns.status.in_(sorted(wanted.statuses)))
    # The key is exact to the second only.
    if wanted.since:
        conditions.append(columns.at >= wanted.since)
    if wanted.until:
        conditions.append(columns.at < wanted.until)
    return conditions


def _within(key: Any, wanted: Wanted, before: int | None) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if before is not None:
        bounds.append(key < before)
    if wanted.since:
        bounds.append(key >= first_key(wanted.since))
    if wanted.until:
        bounds.append(key < first_key(wanted.until) + PER_SECOND)
    return bounds
