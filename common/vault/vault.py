"""The vault: data keys made, wrapped, opened and kept in memory for a while; and what needs no data key."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.vault.destroyed import DestroyedKeys
from common.vault.errors import KeyDestroyedError
from common.vault.holders import KeyHolder
from common.vault.sealing import KEY_BYTES, Algorithm, DataKey

#: Unwrapped keys are forgotten after so many seconds, however many there are.
_KEPT_SECONDS = 600.0
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$|0?\d{9,11}$)")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as the database has it: whose, wrapped by which key, and the wrapped key itself."""

    subject: str
    key_id: str
    wrapped: bytes = field(repr=False)


class IndexKey:
    """What is derived from the installation's own index key (HKDF-SHA-256): blind numbers, and a key for answers."""

    def __init__(self, secret: bytes) -> None:
        self._numbers = self._derived(secret, "hotline blind index of numbers")
        #: Seals what belongs to no one matter and is short-lived: answers kept for idempotency keys.
        self.answers = DataKey("answers", self._derived(secret, "hotline kept answers"))

    def __repr__(self) -> str:
        return "IndexKey()"

    def blind(self, number: str) -> str:
        """A number as it can be looked for and not read (HMAC-SHA-256, 128 bits); empty for none."""
        plain = plain_number(number)
        if not plain:
            return ""
        return hmac.new(self._numbers, plain.encode(), hashlib.sha256).hexdigest()[:32]

    def digest(self, text: str) -> str:
        """By what a text is known again that is not kept (HMAC-SHA-256, 64 bits)."""
        return hmac.new(self._numbers, b"text " + text.encode(), hashlib.sha256).hexdigest()[:16]

    @staticmethod
    def _derived(secret: bytes, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, None, purpose.encode()).derive(secret)


def plain_number(number: str) -> str:
    """A telephone number as it is compared: its digits, without our country's code; empty where it has too few."""
    digits = re.sub(r"[^\d+]", "", number)
    digits = _COUNTRY.sub("", digits).lstrip("+")
    return digits if len(digits) >= 5 else ""  # noqa: PLR2004 - the shortest numbers that citizens have


class Vault:
    """Makes and opens data keys; ``most`` of them stay unwrapped in memory, some minutes each."""

    def __init__(
        self,
        holder: KeyHolder,
        index: IndexKey,
        destroyed: DestroyedKeys,
        *,
        algorithm: Algorithm = Algorithm.AES_256_GCM,
        most: int = 1000,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self.holder = holder
        self.index = index
        self.destroyed = destroyed
        self.algorithm = algorithm
        self._most = most
        self._ticking = ticking
        # Written by the database's thread and by the loop.
        self._lock = threading.Lock()
        self._open: OrderedDict[str, tuple[DataKey, float]] = OrderedDict()

    def make(self, subject: str) -> tuple[DataKey, WrappedKey]:
        """A new data key for a matter, and what the database keeps of it.

        Raises:
            VaultError: the matter's key was destroyed, or there is no key to wrap it with.
        """
        if subject in self.destroyed:
            raise KeyDestroyedError(subject)
        key = DataKey.fresh(subject)
        return key, self._wrapped(key)

    def open(self, row: WrappedKey) -> DataKey:
        """The data key of a matter.

        Raises:
            VaultError: it cannot be opened; says why.
        """
        if row.subject in self.destroyed or not row.wrapped:
            self.forget(row.subject)
            raise KeyDestroyedError(row.subject)
        if known := self.known(row.subject):
            return known
        key = DataKey(row.subject, self.holder.unwrap(row.key_id, row.wrapped, row.subject))
        with self._lock:
            self._open[row.subject] = (key, self._ticking())
            self._open.move_to_end(row.subject)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return key

    def known(self, subject: str) -> DataKey | None:
        """The data key of a matter if it was opened some minutes ago: the books need not be asked for it.

        Only what was opened from the books is known here, never what was only just made.

        Raises:
            KeyDestroyedError: it was destroyed.
        """
        if subject in self.destroyed:
            self.forget(subject)
            raise KeyDestroyedError(subject)
        now = self._ticking()
        with self._lock:
            found = self._open.get(subject)
            if found is None or now - found[1] >= _KEPT_SECONDS:
                return None
            self._open.move_to_end(subject)
            return found[0]

    def rewrapped(self, row: WrappedKey) -> WrappedKey:
        """The same data key, wrapped by the key in force.

        Raises:
            VaultError: it cannot be opened.
        """
        return self._wrapped(DataKey(row.subject, self.holder.unwrap(row.key_id, row.wrapped, row.subject)))

    def forget(self, subject: str) -> None:
        """Keep no unwrapped key of a matter."""
        with self._lock:
            self._open.pop(subject, None)

    def seal(self, key: DataKey, plain: str, place: str) -> str:
        """Seal a text with the algorithm of the settings."""
        return key.seal(plain, place, self.algorithm)

    def _wrapped(self, key: DataKey) -> WrappedKey:
        key_id = self.holder.current()
        return WrappedKey(key.subject, key_id, self.holder.wrap(key_id, key.raw, key.subject))
