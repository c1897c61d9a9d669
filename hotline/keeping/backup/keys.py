"""The keys, apart from the backup: what they are known by, and how they are kept in a second place."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import clock
from common.signing import KEY_FILE, Signer
from common.vault import DestroyedKeys
from hotline.database import opened
from hotline.destruction import Destroyer
from hotline.group_commit import GroupCommit
from hotline.keeping.backup.errors import BackupError
from hotline.sealing import Places
from hotline.sealing_keys import DESTROYED, vault_of
from hotline.settings import Settings
from ivr.store import CallStore
from tickets.attachment_shelf import Shelf
from tickets.store import TicketStore

_VAULT_FILE = "vault.key"


@dataclass(frozen=True, slots=True)
class VaultDoor:
    """What backup and restore ask of the vault of confidential tickets (R25.1, A15).

    ``prints`` are short names of the keys without which their content cannot be read, never the keys;
    ``apply_destructions`` destroys in the books of these settings what was destroyed after the backup was made, and
    gives how many matters that were.
    """

    prints: Callable[[Settings], Sequence[str]]
    apply_destructions: Callable[[Settings], Awaitable[int]]


def prints_of_file(settings: Settings) -> Sequence[str]:
    """Of each key in ``secrets/vault.key`` (a line each: id, key …) the first 16 digits of its SHA-256."""
    file = settings.secrets_dir / _VAULT_FILE
    if not file.exists():
        return ()
    lines = (line.split() for line in file.read_text(encoding="ascii").splitlines() if line.strip())
    return tuple(f"{line[0]}:{hashlib.sha256(' '.join(line[:2]).encode()).hexdigest()[:16]}" for line in lines)


async def _destroyed_again(settings: Settings) -> int:
    if not DestroyedKeys(settings.secrets_dir / DESTROYED).all():
        return 0
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        tickets, calls = TicketStore(database.reads, ledger, vault_of(settings)), CallStore(database.reads, ledger)
        shelf = Shelf(settings.attachments_dir, settings.attachment_most_bytes)
        places = Places(settings.recordings_dir, settings.outbox_dir, shelf)
        live, journal = settings.live_recordings_dir, settings.journal_dir
        return len(await Destroyer(database, tickets, calls, places, live, journal, clock.now).apply_destructions())


#: The installation's own vault.
FILE_DOOR = VaultDoor(prints_of_file, _destroyed_again)


def keep_apart(settings: Settings, place: Path, backups: Path) -> None:
    """Copy all secrets of the installation to a second place, each for its owner alone.

    Raises:
        BackupError: that place is with the backup, or with the installation itself.
        OSError: they cannot be copied.
    """
    there = place.resolve()
    for other in (backups.resolve(), settings.data_dir.resolve()):
        if there == other or there.is_relative_to(other) or other.is_relative_to(there):
            raise BackupError(f"密钥不能与备份或系统数据放在一处（{other}）：请用另外的介质")
    there.mkdir(mode=0o700, parents=True, exist_ok=True)
    for source in sorted(settings.secrets_dir.iterdir()):
        if source.is_file() and not source.name.startswith("."):
            _copy(source, there / source.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a secret. The list of what was destroyed only ever grows: what either has stays."""
    text = source.read_bytes()
    if source.name == DESTROYED and target.exists():
        lines = dict.fromkeys([*target.read_bytes().splitlines(), *text.splitlines()])
        text = b"".join(line + b"\n" for line in lines)
    draft = target.with_name(f".{target.name}.part")
    draft.touch(mode=0o600)
    draft.write_bytes(text)
    draft.replace(target)


def put_back(settings: Settings, place: Path) -> None:
    """Put kept secrets into an installation that has none.

    Raises:
        BackupError: there are no keys there, or the installation has other ones.
        OSError: they cannot be copied.
    """
    if not (place / KEY_FILE).is_file():
        raise BackupError(f"{place} 中没有密钥（{KEY_FILE}）")
    settings.secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = [one for one in sorted(place.iterdir()) if one.is_file() and not one.name.startswith(".")]
    for source in found:
        target = settings.secrets_dir / source.name
        if source.name != DESTROYED and target.exists() and target.read_bytes() != source.read_bytes():
            raise BackupError(f"{target} 已存在且不同：请先移走本机的密钥（destroyed-keys 除外），再恢复")
    for source in found:
        _copy(source, settings.secrets_dir / source.name)


def signer(settings: Settings) -> Signer | None:
    """The installation's own signer, if it has a key already; none is made."""
    return Signer.in_folder(settings.secrets_dir) if (settings.secrets_dir / KEY_FILE).exists() else None
