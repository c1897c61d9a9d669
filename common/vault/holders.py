"""Who holds the keys that wrap all others, outside the database: one door, whatever stands behind it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.vault.errors import KeyMissingError, TamperedError, VaultError
from common.vault.sealing import KEY_BYTES, NONCE_BYTES

_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


class KeyHolder(Protocol):
    """Wraps and unwraps data keys by the id of a key that it never gives away.

    Two exist: ``FileKeys`` and ``EnvironmentKeys``. A key management service has this shape too: ``current`` is the
    version of its key that is in force, ``context`` its associated data (their “encryption context”).
    """

    def current(self) -> str:
        """The id of the key that new data keys are wrapped with.

        Raises:
            VaultError: there is none.
        """

    def wrap(self, key_id: str, data: bytes, context: str) -> bytes:
        """A data key, wrapped; it opens only under the same context.

        Raises:
            KeyMissingError: there is no such key here.
        """

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """The data key.

        Raises:
            KeyMissingError: there is no such key here.
            TamperedError: it was wrapped for something else, or changed.
        """


class _LocalKeys:
    """Keys that this process has at hand; wrapped with AES-256-GCM, the key's id and the context as associated data."""

    def _keys(self) -> Mapping[str, bytes]:
        raise NotImplementedError

    def current(self) -> str:
        """The newest."""
        found = list(self._keys())
        if not found:
            raise VaultError("", "没有主密钥，不能加密保存：请检查 secrets/vault.key 或 HOTLINE_VAULT_KEYS")
        return found[-1]

    def wrap(self, key_id: str, data: bytes, context: str) -> bytes:
        """See ``KeyHolder``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher(key_id, context).encrypt(nonce, data, f"{key_id}|{context}".encode())

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """See ``KeyHolder``."""
        cipher = self._cipher(key_id, context)
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], f"{key_id}|{context}".encode())
        except (InvalidTag, ValueError) as error:
            raise TamperedError(context) from error

    def _cipher(self, key_id: str, context: str) -> AESGCM:
        key = self._keys().get(key_id)
        if key is None:
            raise KeyMissingError(
                context, f"主密钥 {key_id} 不在本机：请把含有它的 secrets/vault.key（或 HOTLINE_VAULT_KEYS）放回"
            )
        return AESGCM(key)


class EnvironmentKeys(_LocalKeys):
    """Keys given as text, ``id:base64`` separated by commas, the one in force first."""

    def __init__(self, text: str) -> None:
        """Read them.

        Raises:
            VaultError: the text is not of that form; the message shows none of it.
        """
        pairs = [_pair(part) for part in reversed(text.split(",")) if part.strip()]
        self._known = dict(pairs)
        if not pairs or len(self._known) != len(pairs):
            raise VaultError("", "HOTLINE_VAULT_KEYS 应为“编号:32字节的base64”，多个用逗号分开，现用的在前，编号不重复")

    def _keys(self) -> Mapping[str, bytes]:
        return self._known


class FileKeys(_LocalKeys):
    """Keys in a file, one a line: id, key in base64url, since when; the newest last. Made at the first use, 0600.

    The file is read again when it has changed: services need no restart when a key is added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._known: dict[str, bytes] = {}
        self._since: dict[str, datetime] = {}

    def ensure(self, now: datetime) -> None:
        """Make the file with a first key where there is none.

        Raises:
            VaultError: it is there and cannot be used.
        """
        with self._alone():
            if not self._path.exists():
                self._write([_line(now)])
        self._keys()

    def add(self, now: datetime) -> str:
        """A new key, in force from now on; gives its id.

        Raises:
            VaultError: the file cannot be used.
        """
        with self._alone():
            self._keys()
            line = _line(now)
            self._write([*self._path.read_text(encoding="ascii").splitlines(), line])
        return line.split()[0]

    def remove(self, key_id: str) -> None:
        """Forget an old key for good.

        Raises:
            VaultError: it is the one in force, or the file cannot be used.
        """
        with self._alone():
            if key_id == self.current():
                raise VaultError("", "现用的主密钥不能删除")
            lines = self._path.read_text(encoding="ascii").splitlines()
            self._write([line for line in lines if line.split()[:1] != [key_id]])

    def since(self) -> Mapping[str, datetime]:
        """Since when there is each key, the oldest first.

        Raises:
            VaultError: the file cannot be used.
        """
        self._keys()
        return dict(self._since)

    def _keys(self) -> Mapping[str, bytes]:
        try:
            state = self._path.stat()
            mark = (state.st_ino, state.st_mtime_ns, state.st_size)
            if mark != self._seen:
                if state.st_mode & 0o077:
                    raise VaultError("", f"{self._path} 其他用户可以读取：请 chmod 600；可能已被复制的，请轮换密钥")
                rows = [_row(line) for line in self._path.read_text(encoding="ascii").splitlines() if line.strip()]
                self._known = {key_id: key for key_id, key, _ in rows}
                self._since = {key_id: since for key_id, _, since in rows}
                self._seen = mark
        except (OSError, UnicodeError) as error:
            raise VaultError(
                "", f"主密钥文件 {self._path} 不能使用：{type(error).__name__}。请从密钥备份放回"
            ) from error
        return self._known

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Of several processes that change the file, one at a time."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, lines: list[str]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _line(now: datetime) -> str:
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"k{now:%Y%m%d}-{secrets.token_hex(4)} {key} {now.isoformat()}"


def _row(line: str) -> tuple[str, bytes, datetime]:
    try:
        key_id, text, since = line.split()
        return key_id, _key(key_id, text), datetime.fromisoformat(since)
    except ValueError as error:
        raise VaultError("", "主密钥文件中有一行不能识别。请从密钥备份放回") from error


def _pair(part: str) -> tuple[str, bytes]:
    key_id, _, text = part.strip().partition(":")
    try:
        return key_id, _key(key_id, text)
    except ValueError:
        raise VaultError("", "HOTLINE_VAULT_KEYS 中有一把密钥不能识别：应为“编号:32字节的base64”") from None


def _key(key_id: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != KEY_BYTES or not _ID.fullmatch(key_id):
        raise ValueError("not a key of ours")
    return key
