"""Things that may come once: a form's token, a signature's nonce. The database decides who was first."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert

from common.store import insert
from hotline.outside.tables import once
from tickets.store.work import Work

_answer = sa.select(once.c.answer).where(once.c.scope == sa.bindparam("scope"), once.c.nonce == sa.bindparam("nonce"))
_of = (once.c.scope == sa.bindparam("b_scope"), once.c.nonce == sa.bindparam("b_nonce"))
_answered = once.update().where(*_of).values(answer=sa.bindparam("said"))
_release = once.delete().where(*_of)
_expire = once.delete().where(once.c.at < sa.bindparam("oldest"))


def first(work: Work, scope: str, nonce: str, now: datetime, *, forget_before: datetime) -> bool:
    """Whether this came for the first time; from now on it has come. Who races waits for the other's transaction.

    What is older than ``forget_before`` is forgotten: by then it must be worthless by its own date.
    """
    connection = work.connection
    connection.execute(_expire, {"oldest": forget_before})
    row = {"scope": scope, "nonce": nonce, "at": now, "answer": ""}
    return connection.execute(_take(connection.dialect.name), row).one_or_none() is not None


def answer(work: Work, scope: str, nonce: str) -> str:
    """What came of it."""
    return work.connection.execute(_answer, {"scope": scope, "nonce": nonce}).scalar() or ""


def answered(work: Work, scope: str, nonce: str, said: str) -> None:
    """Keep what came of it."""
    work.connection.execute(_answered, {"b_scope": scope, "b_nonce": nonce, "said": said})


def release(work: Work, scope: str, nonce: str) -> None:
    """Nothing came of it: it may come again."""
    work.connection.execute(_release, {"b_scope": scope, "b_nonce": nonce})


@cache
def _take(dialect: str) -> ReturningInsert[str]:
    return insert(once, dialect).on_conflict_do_nothing(index_elements=["scope", "nonce"]).returning(once.c.nonce)
