"""Documents that this installation vouches for: ``{"body": BODY, "signature": BASE64}`` in canonical form.

Canonical is JSON with sorted keys, no blanks, UTF-8; the Ed25519 signature (RFC 8032) is over BODY in that form.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.signing import Signer, is_signed, key_id


class NotVouchedFor(Exception):  # noqa: N818 - says what is so
    """A document is not one that the holder of this key signed; the message says why."""


def canonical(value: object) -> bytes:
    """A value in the one form in which it is hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(body: Mapping[str, object], signer: Signer) -> bytes:
    """The document that says ``body``; the key's id is written into it."""
    whole = {**body, "key_id": signer.key_id}
    signature = base64.b64encode(signer.sign(canonical(whole))).decode()
    return canonical({"body": whole, "signature": signature}) + b"\n"


def opened(data: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """What a document says, once it is clear that the holder of this key signed it.

    Raises:
        NotVouchedFor: it was changed, cut off, signed by another key, or is no such document.
    """
    try:
        whole = json.loads(data)
        body = whole["body"]
        signature = base64.b64decode(whole["signature"], validate=True)
        by = body["key_id"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise NotVouchedFor("not a signed document") from error
    if by != key_id(key):
        raise NotVouchedFor(f"signed by key {by}, not by {key_id(key)}")
    if not is_signed(canonical(body), signature, key):
        raise NotVouchedFor("changed since it was signed")
    return dict(body)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file into its place at once and on disk, for its owner alone: nobody ever sees half of it.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names in a folder outlive a power cut from here on.

    Raises:
        OSError: the disk failed.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
