"""Second-factor secrets at rest: sealed with a key outside the database, so that a copy of it opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.errors import NotFitError

_NONCE_BYTES = 12


class Seal:
    """AES-256-GCM under a key that is made from ``secret``; each value is bound to the account that it belongs to."""

    def __init__(self, secret: str) -> None:
        self._aead = AESGCM(hashlib.sha256(f"seal\n{secret}".encode()).digest())
        self._key = hashlib.sha256(f"subjects\n{secret}".encode()).digest()

    def closed(self, value: bytes, owner: str) -> str:
        """The value, sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._aead.encrypt(nonce, value, owner.encode())).decode()

    def opened(self, text: str, owner: str) -> bytes:
        """The value.

        Raises:
            NotFitError: it was sealed with another key, or for another account.
        """
        data = base64.urlsafe_b64decode(text)
        try:
            return self._aead.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode())
        except InvalidTag as error:
            raise NotFitError("动态口令的密钥文件已更换，请安全管理员为本账号解除动态口令后重新绑定。") from error

    def subject(self, what: str, who: str) -> str:
        """Stands for a login name or an address where failures are counted, and tells nobody which."""
        return hmac.new(self._key, f"{what}\n{who}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
