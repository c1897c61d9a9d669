"""Another key-encryption key, while services run: all data keys are wrapped anew, then the old one may go (R25.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from common.vault import FileKeys, Vault, VaultError
from common.vault.store import counts, rewrap_some
from hotline.database import Database

#: So many data keys a transaction: nobody who reads or writes waits for long.
_AT_ONCE = 100
#: A service that has just wrapped a new data key by the old key has it in the books long before this is over.
GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of data keys: wrapped by the key in force now, or not to be opened by any key that is here."""

    key_id: str
    rewrapped: int
    failed: int


async def rewrap(database: Database, vault: Vault) -> Rotated:
    """Wrap every data key by the key in force; can be broken off and done again, by any number at once.

    Raises:
        VaultError: there is no key to wrap with.
        SQLAlchemyError: the database refused; what was done stays done.
    """
    done = 0
    while True:
        fresh, failed = await _pass(database, vault)
        done += fresh
        # Services may have made data keys under the old one meanwhile.
        if not fresh:
            return Rotated(vault.holder.current(), done, failed)


async def _pass(database: Database, vault: Vault) -> tuple[int, int]:
    fresh, failed, after = 0, 0, ""
    while True:
        work = partial(rewrap_some, vault=vault, after=after, most=_AT_ONCE)
        some, wrong, after = await database.write(work)
        fresh, failed = fresh + some, failed + wrong
        if not after:
            return fresh, failed


async def in_use(database: Database) -> dict[str, int]:
    """How many data keys each key wraps."""
    async with database.reads.connect() as connection:
        return await connection.run_sync(counts)


async def remove_old(database: Database, keys: FileKeys, now: datetime, *, grace: timedelta = GRACE) -> list[str]:
    """Remove the keys that wrap nothing any more; gives their ids.

    Raises:
        VaultError: the newest key is too young, or an old one still wraps something.
    """
    since, current, used = keys.since(), keys.current(), await in_use(database)
    old = [key_id for key_id in since if key_id != current]
    if still := [key_id for key_id in old if used.get(key_id)]:
        raise VaultError("", f"主密钥 {'、'.join(still)} 仍在使用：请先运行 hotline rotate-keys --rewrap")
    if old and now - since[current] < grace:
        minutes = grace // timedelta(minutes=1)
        raise VaultError("", f"新的主密钥启用不足 {minutes} 分钟，正在运行的服务可能还在用旧的：请稍后再删")
    for key_id in old:
        keys.remove(key_id)
    return old


def unknown_keys(connection: Connection, vault: Vault) -> dict[str, int]:
    """The keys that wrap data keys here and are not to be had, with how many they wrap."""
    missing = {}
    for key_id, count in counts(connection).items():
        try:
            vault.holder.wrap(key_id, b"", "probe")
        except VaultError:
            missing[key_id] = count
    return missing
