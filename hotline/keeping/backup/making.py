"""Making a backup while the service runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from common.signed import canonical, signed
from common.signing import Signer
from hotline.keeping.backup import shelf as shelves
from hotline.keeping.backup.databases import dump, revision
from hotline.keeping.backup.errors import BackupError
from hotline.keeping.backup.files import LIST_FILE, folders, gather, hashed, walk
from hotline.keeping.backup.keys import FILE_DOOR, VaultDoor
from hotline.keeping.lock import keeping
from hotline.settings import Settings

SETTINGS_FILE = "settings.json"
#: What of the settings is a secret or may hold one.
_SECRET = re.compile(r"(^|_)(secrets?|tokens?|passwords?|api_key|keys|headers|body)$")


def make_backup(settings: Settings, shelf: Path, at: datetime, door: VaultDoor = FILE_DOOR) -> Path:
    """Make a backup in ``shelf``; gives its folder. Blocks; others may write meanwhile.

    First the anchors, then the database as of one instant, then the files: what the database speaks of is there, and
    no anchor is ahead of it.

    Raises:
        BackupError: it cannot be made; nothing is left that looks like a backup.
        OSError: the disk failed, or is full.
    """
    if _inside(shelf, settings.data_dir):
        raise BackupError(f"备份不能放在系统数据目录 {settings.data_dir} 之内：请用另外的磁盘")
    earlier = shelves.whole(shelf)
    # Nothing is deleted by its age between the database's instant and the copying of its files.
    with keeping(settings.data_dir, "备份"), shelves.new(shelf, at) as draft:
        signer = Signer.in_folder(settings.secrets_dir)
        anchors = list(gather(_named("anchors", settings.anchors_dir), draft, earlier[-1] if earlier else None))
        database = dump(settings.database, draft)
        others = (
            _named(name, folder) for name, folder in folders(settings).items() if name != "anchors" and folder.is_dir()
        )
        count = size = 0
        with (draft / LIST_FILE).open("w", encoding="utf-8") as lines:
            found = gather(chain.from_iterable(others), draft, earlier[-1] if earlier else None)
            for kept in chain(anchors, found):
                lines.write(kept.line())
                count, size = count + 1, size + kept.size
        (draft / SETTINGS_FILE).write_bytes(canonical(shown(settings)) + b"\n")
        body: dict[str, object] = {
            "backup": 1,
            "at": at.isoformat(),
            "product": version("hotline12345"),
            "revision": revision(settings.database),
            "files": count,
            "bytes": size,
            "vault_keys": list(door.prints(settings)),
            "hashes": {file.name: hashed(file)[0] for file in (database, draft / LIST_FILE, draft / SETTINGS_FILE)},
        }
        (draft / shelves.MANIFEST_FILE).write_bytes(signed(body, signer))
    return shelf / draft.name.removeprefix(".partial-")


def shown(settings: Settings) -> Any:
    """The settings in force, without secrets: to set up the same house again."""
    told = json.loads(settings.model_dump_json())
    if settings.database_url:
        told["database_url"] = make_url(settings.database_url).render_as_string(hide_password=True)
    if settings.sms:
        told["sms"] = {**told["sms"], "url": told["sms"]["url"].partition("?")[0]}
    return _without_secrets(told)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "***" if _SECRET.search(name) and one else _without_secrets(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    return value


def _named(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in walk(folder):
        yield f"{name}/{path.relative_to(folder)}", path


def _inside(shelf: Path, data: Path) -> bool:
    return shelf.resolve().is_relative_to(data.resolve())
