"""Files sealed piece by piece, so that none is ever whole in memory and any part can be opened alone.

``HSEALED1``, a line of JSON that says how (algorithm, whose key, salt), then pieces of 256 KiB, each with its tag. Each
file has a key of its own (HKDF of the data key with the salt). A nonce is the count, and whether it is the last piece:
none can be left out, added or moved (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag

from common.vault.errors import TamperedError
from common.vault.sealing import TAG_BYTES, Algorithm, DataKey

PIECE = 256 * 1024
_MAGIC = b"HSEALED1"
_HEAD_MOST = 1024
_SALT_BYTES = 32


def seal_file(key: DataKey, source: Path, target: Path, place: str, algorithm: Algorithm) -> None:
    """Write ``source`` sealed to ``target``, for its owner alone; on disk when this returns. Blocks.

    Raises:
        OSError: it cannot be read or written; then ``target`` is not there.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    head = json.dumps({"algorithm": algorithm, "key": key.subject, "salt": base64.b64encode(salt).decode()})
    line = _MAGIC + head.encode() + b"\n"
    cipher = key.cipher(algorithm, salt, "file")
    bound = line + place.encode()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with source.open("rb") as plain, os.fdopen(handle, "wb") as sealed:
            sealed.write(line)
            piece, count = plain.read(PIECE), 0
            while True:
                following = plain.read(PIECE)
                sealed.write(cipher.encrypt(_nonce(count, last=not following), piece, bound))
                if not following:
                    break
                piece, count = following, count + 1
            sealed.flush()
            os.fsync(sealed.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def key_of_file(path: Path) -> str:
    """Whose key opens a sealed file; empty where it is none.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        line = file.readline(_HEAD_MOST)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(_head(line)["key"])
    return ""


def unsealed(key: DataKey, path: Path, place: str) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece; each is proved before it is given. Blocks.

    Raises:
        TamperedError: it is not what was sealed at this place.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        line = file.readline(_HEAD_MOST)
        try:
            head = _head(line)
            cipher = key.cipher(Algorithm(head["algorithm"]), base64.b64decode(head["salt"]), "file")
            bound = line + place.encode()
            piece, count = file.read(PIECE + TAG_BYTES), 0
            while True:
                following = file.read(PIECE + TAG_BYTES)
                yield cipher.decrypt(_nonce(count, last=not following), piece, bound)
                if not following:
                    return
                piece, count = following, count + 1
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise TamperedError(key.subject) from error


def wipe(path: Path) -> None:
    """Write over a file, then remove it; no error when it is gone.

    On disks that write elsewhere (SSD, copy-on-write, snapshots) the old blocks may live on: see docs/confidential.md.

    Raises:
        OSError: it cannot be written over or removed.
    """
    with contextlib.suppress(FileNotFoundError):
        left = path.stat().st_size
        with path.open("r+b", buffering=0) as file:
            while left > 0:
                left -= file.write(bytes(min(left, PIECE)))
            os.fsync(file.fileno())
        path.unlink()


def _head(line: bytes) -> dict[str, str]:
    if not line.startswith(_MAGIC) or not line.endswith(b"\n"):
        raise ValueError("not a sealed file")
    found: dict[str, str] = json.loads(line[len(_MAGIC) :])
    return found


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11) + bytes([last])
