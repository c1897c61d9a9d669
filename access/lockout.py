"""Who guesses waits, longer each time: counted before the guess is looked at, so that guessing at once gains nothing.

Names that are nobody's are counted like others, so that the count tells nobody who has an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from access.policy import Policy
from access.tables import failures
from common.store import insert

#: Failures are forgotten when there was none for so long.
_FORGOTTEN = timedelta(days=1)
#: An instant that lies further ahead than this was written before the clock was set back.
_SKEW = timedelta(minutes=5)
_of = failures.c.subject == sa.bindparam("b_subject")
_found = sa.select(failures).where(_of).with_for_update()
_changed = (
    failures.update()
    .where(_of)
    .values(
        tries=sa.bindparam("b_tries"), last_at=sa.bindparam("b_last_at"), locked_until=sa.bindparam("b_locked_until")
    )
)
_dropped = failures.delete().where(_of)
_expire = failures.delete().where(failures.c.last_at < sa.bindparam("oldest"))


def wait_after(count: int, free: int, policy: Policy) -> timedelta:
    """How long nothing more is looked at after so many failures: nothing, then doubling, up to the longest."""
    if count < free:
        return timedelta()
    doubled: int = 2 ** min(count - free, 30)
    return min(policy.lock * doubled, policy.longest_lock)


def charge(connection: Connection, subjects: Mapping[str, int], now: datetime, policy: Policy) -> timedelta:
    """Count one try for each subject (with its free number), as if it had failed; it is taken back when it was right.

    Gives how long it takes until any of them may try again: then nothing was counted, and nothing may be looked at.
    """
    connection.execute(_expire, {"oldest": now - _FORGOTTEN})
    rows = {subject: _row(connection, subject, subjects[subject], now, policy) for subject in sorted(subjects)}
    waits = [_remaining(row, now) for row in rows.values()]
    if any(waits):
        return max(waits)
    for subject, row in rows.items():
        count = row.tries + 1
        wait = wait_after(count, subjects[subject], policy)
        _write(connection, subject, count, now, now + wait if wait else None)
    return timedelta()


def locked(connection: Connection, subject: str, now: datetime) -> bool:
    """Whether the next try for this subject would be turned away."""
    row = connection.execute(sa.select(failures).where(_of), {"b_subject": subject}).one_or_none()
    return row is not None and bool(_remaining(row, now))


def forgive(connection: Connection, subject: str) -> None:
    """It was right: earlier tries do not count."""
    connection.execute(_dropped, {"b_subject": subject})


def give_back(connection: Connection, subject: str, free: int, policy: Policy) -> None:
    """It was right, among others of this address that may not be: one try less."""
    row = connection.execute(_found, {"b_subject": subject}).one_or_none()
    if row is not None:
        count = max(row.tries - 1, 0)
        _write(connection, subject, count, row.last_at, row.locked_until if wait_after(count, free, policy) else None)


def _row(connection: Connection, subject: str, free: int, now: datetime, policy: Policy) -> Any:
    row = connection.execute(_found, {"b_subject": subject}).one_or_none()
    if row is None:
        # Who races waits here for the other, and then counts on.
        connection.execute(_fresh(connection.dialect.name), {"subject": subject, "tries": 0, "last_at": now})
    elif row.last_at > now + _SKEW:
        # The clock was set back. Nobody is kept out until it has caught up: they wait what they were told, from now.
        wait = wait_after(row.tries, free, policy)
        _write(connection, subject, row.tries, now, now + wait if wait else None)
    else:
        return row
    return connection.execute(_found, {"b_subject": subject}).one()


def _remaining(row: Any, now: datetime) -> timedelta:
    until: datetime | None = row.locked_until
    return max(until - now, timedelta()) if until else timedelta()


def _write(connection: Connection, subject: str, count: int, now: datetime, until: datetime | None) -> None:
    told = {"b_subject": subject, "b_tries": count, "b_last_at": now, "b_locked_until": until}
    connection.execute(_changed, told)


@cache
def _fresh(dialect: str) -> Any:
    return insert(failures, dialect).on_conflict_do_nothing(index_elements=["subject"])
