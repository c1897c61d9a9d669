"""The table of wrapped data keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Column, Connection, LargeBinary, String, Table

from common.store import Instant, metadata
from common.vault.errors import KeyMissingError, VaultError
from common.vault.sealing import DataKey
from common.vault.vault import Vault, WrappedKey

tables = metadata()

data_keys = Table(
    "data_keys",
    tables,
    #: Whose content it seals: a ticket's id.
    Column("subject", String(80), primary_key=True),
    #: The key outside the database that it is wrapped by.
    Column("key_id", String(80), nullable=False, index=True),
    #: Empty once it is destroyed.
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
)
_c = data_keys.c
_of_subjects = sa.select(_c.subject, _c.key_id, _c.wrapped).where(
    _c.subject.in_(sa.bindparam("subjects", expanding=True))
)
_not_by = (
    sa.select(_c.subject, _c.key_id, _c.wrapped)
    .where(_c.key_id != sa.bindparam("current"), _c.destroyed_at.is_(None), _c.subject > sa.bindparam("after"))
    .order_by(_c.subject)
    .limit(sa.bindparam("most"))
    .with_for_update()
)
_rewrap = (
    data_keys.update()
    .where(_c.subject == sa.bindparam("b_subject"), _c.key_id == sa.bindparam("b_old"), _c.destroyed_at.is_(None))
    .values(key_id=sa.bindparam("new_id"), wrapped=sa.bindparam("new_wrapped"))
)
_destroy = (
    data_keys.update()
    .where(_c.subject == sa.bindparam("b_subject"))
    .values(wrapped=b"", key_id="", destroyed_at=sa.func.coalesce(_c.destroyed_at, sa.bindparam("now", type_=Instant)))
)
_counts = sa.select(_c.key_id, sa.func.count()).where(_c.destroyed_at.is_(None)).group_by(_c.key_id)
_AT_ONCE = 500


def keys_of(connection: Connection, vault: Vault, subjects: Collection[str]) -> dict[str, DataKey | VaultError]:
    """The data keys of these matters, or why one cannot be opened; a matter that has none is not in it."""
    found: dict[str, DataKey | VaultError] = {}
    asked = []
    for subject in sorted(set(subjects)):
        try:
            if known := vault.known(subject):
                found[subject] = known
            else:
                asked.append(subject)
        except VaultError as error:
            found[subject] = error
    for first in range(0, len(asked), _AT_ONCE):
        for row in connection.execute(_of_subjects, {"subjects": asked[first : first + _AT_ONCE]}):
            try:
                found[row.subject] = vault.open(WrappedKey(row.subject, row.key_id, bytes(row.wrapped)))
            except VaultError as error:
                found[row.subject] = error
    return found


def key_of(connection: Connection, vault: Vault, subject: str) -> DataKey:
    """The data key of a matter.

    Raises:
        VaultError: it has none, or it cannot be opened.
    """
    found = keys_of(connection, vault, [subject]).get(subject)
    if found is None:
        raise KeyMissingError(subject, "数据库中没有它的数据密钥：请从同一时刻的备份核对 data_keys 表")
    if isinstance(found, VaultError):
        raise found
    return found


def row_of(wrapped: WrappedKey, now: datetime) -> Mapping[str, object]:
    """The row of a new data key."""
    return {
        "subject": wrapped.subject,
        "key_id": wrapped.key_id,
        "wrapped": wrapped.wrapped,
        "made_at": now,
        "destroyed_at": None,
    }


def rewrap_some(connection: Connection, vault: Vault, after: str, most: int) -> tuple[int, int, str]:
    """Wrap some data keys by the key in force, within the caller's transaction.

    Gives how many were wrapped anew, how many could not be opened, and where to go on; empty at the end.
    """
    current = vault.holder.current()
    rows = connection.execute(_not_by, {"current": current, "after": after, "most": most}).all()
    changes, failed = [], 0
    for row in rows:
        try:
            new = vault.rewrapped(WrappedKey(row.subject, row.key_id, bytes(row.wrapped)))
        except VaultError:
            failed += 1
            continue
        changes.append(
            {"b_subject": row.subject, "b_old": row.key_id, "new_id": new.key_id, "new_wrapped": new.wrapped}
        )
    if changes:
        connection.execute(_rewrap, changes)
    return len(changes), failed, rows[-1].subject if len(rows) == most else ""


def counts(connection: Connection) -> dict[str, int]:
    """How many data keys each key outside wraps."""
    return {row[0]: row[1] for row in connection.execute(_counts)}


def destroy(connection: Connection, subject: str, now: datetime) -> None:
    """The wrapped key is gone from the books; that there was one stays."""
    connection.execute(_destroy, {"b_subject": subject, "now": now})
