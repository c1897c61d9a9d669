"""Who tries too often is refused for a while: counted in the database, so that it holds for all processes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from common.store import insert
from hotline.outside.tables import tries
from tickets.store import TicketStore
from tickets.store.work import Work

_DAY = timedelta(days=1)
_forget = tries.delete().where(tries.c.subject == sa.bindparam("b_subject"))
_expire = tries.delete().where(tries.c.since < sa.bindparam("oldest"))


class Throttle:
    """Counts tries. ``key`` makes digests of who tries: the table holds no address and no number."""

    def __init__(self, store: TicketStore, key: str) -> None:
        self._store = store
        self._key = key.encode()

    async def allow(self, what: str, who: str, now: datetime, *, most: int, within: timedelta) -> bool:
        """Count one try, and say whether it is one of the first ``most`` within that span (a day at most)."""
        subject = self._subject(what, who)
        return await self._store.run(lambda work: _count(work, subject, now, now - within) <= most)

    async def forget(self, what: str, who: str) -> None:
        """It was right: earlier tries do not count."""
        subject = self._subject(what, who)
        await self._store.run(lambda work: _drop(work, subject))

    def _subject(self, what: str, who: str) -> str:
        return hmac.new(self._key, f"{what}\n{who}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _count(work: Work, subject: str, now: datetime, oldest: datetime) -> int:
    connection = work.connection
    connection.execute(_expire, {"oldest": now - 2 * _DAY})
    told = {"subject": subject, "since": now, "count": 1, "oldest": oldest}
    return int(connection.execute(_counting(connection.dialect.name), told).scalar_one())


def _drop(work: Work, subject: str) -> None:
    work.connection.execute(_forget, {"b_subject": subject})


@cache
def _counting(dialect: str) -> Any:
    fresh = insert(tries, dialect)
    over = tries.c.since < sa.bindparam("oldest", type_=tries.c.since.type)
    changed = {
        "since": sa.case((over, fresh.excluded.since), else_=tries.c.since),
        "count": sa.case((over, 1), else_=tries.c.count + 1),
    }
    return fresh.on_conflict_do_update(index_elements=["subject"], set_=changed).returning(tries.c.count)
