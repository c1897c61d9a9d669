"""The key with which this installation signs what it vouches for."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

KEY_FILE = "manifest.key"
PUBLIC_FILE = "manifest.pub"


class KeyUnusable(Exception):  # noqa: N818 - says what is so, as FileNotFound does
    """The signing key is not a key of ours, or others may read it; the message says what to do."""


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def is_signed(body: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the signature (Ed25519, RFC 8032) belongs to this body and key."""
    try:
        key.verify(signature, body)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what this installation vouches for: manifests of recordings, anchors of the audit, backups."""

    private: Ed25519PrivateKey
    public: Ed25519PublicKey
    key_id: str

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> Signer:
        """A signer with this key."""
        public = private.public_key()
        return cls(private, public, key_id(public))

    @classmethod
    def in_folder(cls, secrets: Path) -> Signer:
        """The installation's signer: ``manifest.key`` (0600) and ``manifest.pub`` in ``secrets``, made when missing.

        Raises:
            KeyUnusable: the key file is not an Ed25519 key, or is open to others.
            OSError: it cannot be read or made.
        """
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = secrets / KEY_FILE
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path} can be read by others; chmod 600 it, or replace it if it may have been copied")
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as error:
            raise KeyUnusable(f"{path} is not a key: {error}") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} is not an Ed25519 key")
        signer = cls.of(private)
        public = signer.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if not (beside := secrets / PUBLIC_FILE).exists() or beside.read_bytes() != public:
            beside.write_bytes(public)
        return signer

    def sign(self, body: bytes) -> bytes:
        """The signature of a canonical body, 64 bytes."""
        return self.private.sign(body)


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key of an installation, for whoever checks its recordings, its audit or its backups.

    Raises:
        KeyUnusable: the file is not an Ed25519 public key.
        OSError: it cannot be read.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise KeyUnusable(f"{path} is not a public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path} is not an Ed25519 public key")
    return key


def _make(path: Path) -> None:
    """Make a key; of two who do so at once, one's key stays and both use it."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - pathlib cannot open with a mode of rights
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
