"""The table of idempotency keys, and the ledger that writes a change, its key and its answer in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningInsert

from common.api.once import KEPT, AlreadyDone, Claim, Keep, Kept, pending, spent
from common.store import Instant, Item, Kind, Ledger, Result, insert, metadata
from common.vault import Algorithm, DataKey, VaultError, is_sealed

tables = metadata()

keys = Table(
    "idempotency_keys",
    tables,
    #: Whose key it is: the name of the token.
    Column("token", String(80), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", Integer, nullable=False),
    Column("tag", String(80), nullable=False),
    Column("location", String(200), nullable=False),
    Column("answer", Text, nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True)
class _Once:
    """One change with the claim that it is made under."""

    claim: Claim
    keep: Keep
    kind: Kind[Any, Any]
    item: Any
    seal: DataKey


class OnceLedger:
    """A ledger (``common.store.Ledger``) for use cases that are reached over HTTP.

    Answers tell what the tickets told, so they are kept sealed, all of them, by ``seal`` (R25.1).

    The first change of a request that carries an idempotency key is written together with key and answer; every other
    change goes straight on.
    """

    def __init__(self, ledger: Ledger, reads: AsyncEngine, seal: DataKey) -> None:
        self._ledger = ledger
        self._reads = reads
        self._seal = seal

    async def write(self, kind: Kind[Item, Result], item: Item) -> Result:
        """Apply one change; when this returns, it is on disk.

        Raises:
            NotWritten: the database refused, or the ledger is closed.
            AlreadyDone: another request with the same key has made its change.
            Exception: whatever ``kind`` itself raised for this item.
        """
        waiting = pending()
        if waiting is None:
            return await self._ledger.write(kind, item)
        claim, keep = waiting
        result, was_kept = await self._ledger.write(_write_once, _Once(claim, keep, kind, item, self._seal))
        if was_kept:
            spent()
        return result  # type: ignore[no-any-return]  # it is what this kind gave

    async def kept(self, claim: Claim) -> Kept | None:
        """What this token's key was answered within the last 24 h, whatever was asked under it."""
        async with self._reads.connect() as connection:
            row = (await connection.execute(_kept_of(claim).where(keys.c.at >= claim.at - KEPT))).one_or_none()
        return _opened(row, claim, self._seal) if row else None


def _write_once(connection: Connection, changes: Sequence[_Once]) -> Sequence[tuple[Any, bool]]:
    oldest = min(change.claim.at for change in changes) - KEPT
    connection.execute(keys.delete().where(keys.c.at < oldest))
    # The key goes first: where processes race, the second waits here for the first, and then finds its answer.
    for change in changes:
        _take(connection, change.claim, change.seal)
    groups: dict[Kind[Any, Any], list[int]] = {}
    for place, change in enumerate(changes):
        groups.setdefault(change.kind, []).append(place)
    results: list[Any] = [None] * len(changes)
    for kind, places in groups.items():
        for place, result in zip(places, kind(connection, [changes[at].item for at in places]), strict=True):
            results[place] = result
    answers: list[tuple[Any, bool]] = []
    for change, result in zip(changes, results, strict=True):
        kept = change.keep(result)
        if kept is None:
            connection.execute(keys.delete().where(_of(change.claim)))
        else:
            _answer(connection, change.claim, kept, change.seal)
        answers.append((result, kept is not None))
    return answers


def _take(connection: Connection, claim: Claim, seal: DataKey) -> None:
    row = {
        "token": claim.token,
        "key": claim.key,
        "digest": claim.digest,
        "at": claim.at,
        "status": 0,
        "tag": "",
        "location": "",
        "answer": "",
    }
    if connection.execute(_claim_on(connection.dialect.name), row).one_or_none() is None:
        raise AlreadyDone(_opened(connection.execute(_kept_of(claim)).one(), claim, seal))


def _answer(connection: Connection, claim: Claim, kept: Kept, seal: DataKey) -> None:
    text = seal.seal(kept.text, place_of(claim.token, claim.key), Algorithm.AES_256_GCM)
    answer = {"status": kept.status, "tag": kept.tag, "location": kept.location, "answer": text}
    connection.execute(keys.update().where(_of(claim)).values(answer))


def place_of(token: str, key: str) -> str:
    """Where a kept answer stands, as it is sealed with it."""
    return f"idempotency_keys|answer|{token}|{key}"


def _opened(row: Any, claim: Claim, seal: DataKey) -> Kept:
    kept = Kept(*row)
    if not is_sealed(kept.text):
        return kept
    try:
        return replace(kept, text=seal.unseal(kept.text, place_of(claim.token, claim.key)))
    except VaultError:
        # The index key was replaced within the day: the change was made and must not be made again.
        return replace(kept, text="{}")


def _of(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(keys.c.token == claim.token, keys.c.key == claim.key)


def _kept_of(claim: Claim) -> sa.Select[tuple[Any, ...]]:
    columns = (keys.c.digest, keys.c.status, keys.c.tag, keys.c.location, keys.c.answer)
    return sa.select(*columns).where(_of(claim))


@cache
def _claim_on(dialect: str) -> ReturningInsert[str]:
    return insert(keys, dialect).on_conflict_do_nothing(index_elements=["token", "key"]).returning(keys.c.key)
