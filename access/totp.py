"""One-time codes from an app on a telephone (TOTP, RFC 6238), and codes on paper for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30
_SECRET_BYTES = 20
_DIGITS = 6
_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LETTERS = 16


def new_secret() -> bytes:
    """A secret of 160 bits, as RFC 4226 recommends."""
    return os.urandom(_SECRET_BYTES)


def step_of(now: datetime) -> int:
    """The time step of an instant."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The code of one time step: six digits, HMAC-SHA-1, as every app knows it."""
    # SHA-1 within HMAC is sound, and apps take no other.
    return TOTP(secret, _DIGITS, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS).decode()  # noqa: S303


def matched(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour (RFC 6238, 5.2), later than step ``after``.

    None where it is no such code: wrong, too old, or used before.
    """
    found = None
    present = step_of(now)
    for step in (present - 1, present, present + 1):
        right = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "surrogatepass"))
        if right and step > after:
            found = step
    return found


def uri(secret: bytes, login: str, house: str) -> str:
    """What an app reads from a QR code."""
    told = {"secret": spoken(secret), "issuer": house, "algorithm": "SHA1", "digits": _DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{quote(house)}:{quote(login)}?{urlencode(told, quote_via=quote)}"


def spoken(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def recovery_codes() -> tuple[str, ...]:
    """Ten codes of 79 bits each, to be kept on paper."""
    return tuple(_recovery_code() for _ in range(_CODES))


def digest(code: str) -> str:
    """What is kept of a recovery code; with that much chance in it, nobody finds it by trying."""
    plain = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, _LETTERS, 4))
