"""Content sealed by an authenticated cipher: it opens only where it was sealed, and only unchanged.

Sealed text is ``sealed:<version><algorithm>:<whose key>:<nonce, ciphertext, tag in base64url>``. What and where it is
(table, column, row) is authenticated too, so that two pieces cannot be swapped. AES-256-GCM (NIST SP 800-38D), or
SM4-GCM (GB/T 32907, RFC 8998); nonces are 96 random bits, under a key that belongs to one matter alone.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.vault.errors import TamperedError

MARK = "sealed:"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_SM4_BYTES = 16
_VERSION = "1"


class Algorithm(StrEnum):
    """The ciphers that content may be sealed with."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_CODES = {Algorithm.AES_256_GCM: "a", Algorithm.SM4_GCM: "s"}
_ALGORITHMS = {code: algorithm for algorithm, code in _CODES.items()}


class Aead(Protocol):
    """A cipher with its key. Two exist: ``AESGCM`` of cryptography and ``Sm4Gcm``."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain content.

        Raises:
            InvalidTag: something of it is not as it was.
        """


class Sm4Gcm:
    """SM4-GCM with the interface of ``AESGCM``; the key has 128 bits (RFC 8998)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        cipher = Cipher(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        return cipher.update(data) + cipher.finalize() + cipher.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain content.

        Raises:
            InvalidTag: something of it is not as it was.
        """
        if len(data) < TAG_BYTES:
            raise InvalidTag
        cipher = Cipher(algorithms.SM4(self._key), modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        return cipher.update(data[:-TAG_BYTES]) + cipher.finalize()


class DataKey:
    """The 256-bit key of one matter. It shows nothing of itself, whoever prints it."""

    __slots__ = ("_key", "_text", "subject")

    def __init__(self, subject: str, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a data key has 256 bits")
        self.subject = subject
        self._key = key
        self._text: dict[Algorithm, Aead] = {}

    @classmethod
    def fresh(cls, subject: str) -> DataKey:
        """A new key, of chance alone."""
        return cls(subject, secrets.token_bytes(KEY_BYTES))

    def __repr__(self) -> str:
        return f"DataKey({self.subject!r})"

    @property
    def raw(self) -> bytes:
        """The key itself, to be wrapped and for nothing else."""
        return self._key

    def cipher(self, algorithm: Algorithm, salt: bytes, purpose: str) -> Aead:
        """A cipher under a key of its own for one purpose (HKDF-SHA-256, RFC 5869)."""
        length = KEY_BYTES if algorithm is Algorithm.AES_256_GCM else _SM4_BYTES
        info = f"hotline {algorithm} {purpose}".encode()
        derived = HKDF(SHA256(), length, salt or None, info).derive(self._key)
        return AESGCM(derived) if algorithm is Algorithm.AES_256_GCM else Sm4Gcm(derived)

    def seal(self, plain: str, place: str, algorithm: Algorithm) -> str:
        """Seal a text at its place; ``place`` says what and where it is."""
        head = f"{MARK}{_VERSION}{_CODES[algorithm]}:{self.subject}:"
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(algorithm).encrypt(nonce, plain.encode(), _bound(head, place))
        return head + base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, text: str, place: str) -> str:
        """The text that was sealed at this place.

        Raises:
            TamperedError: it is not what was sealed there.
        """
        try:
            head, body = text[: text.rindex(":") + 1], text[text.rindex(":") + 1 :]
            mark, version, subject, _ = head.split(":")
            if mark + ":" != MARK or version[:1] != _VERSION or subject != self.subject:
                raise TamperedError(self.subject)
            data = base64.b64decode(body, altchars=b"-_", validate=True)
            cipher = self._cipher(_ALGORITHMS[version[1:]])
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(head, place)).decode()
        except (InvalidTag, ValueError, KeyError, binascii.Error) as error:
            raise TamperedError(self.subject) from error

    def _cipher(self, algorithm: Algorithm) -> Aead:
        if algorithm not in self._text:
            self._text[algorithm] = self.cipher(algorithm, b"", "text")
        return self._text[algorithm]


def is_sealed(text: object) -> bool:
    """Whether a text is sealed."""
    return isinstance(text, str) and text.startswith(MARK)


def subject_of(text: str) -> str:
    """Whose key opens a sealed text; empty where it is none."""
    parts = text.split(":", 3)
    return parts[2] if is_sealed(text) and len(parts) == 4 else ""  # noqa: PLR2004 - the four parts of the format


def _bound(head: str, place: str) -> bytes:
    return f"{head}{place}".encode()
