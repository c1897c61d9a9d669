"""A change that is asked for twice is made once: the idempotency key, the change and its answer are one transaction.

A request that was cut off, by a lost line or by a kill of this process, may be sent again with the same key for 24 h:
either the change was not made, and is made now, or it was, and its answer is given again.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

KEPT = timedelta(hours=24)
KEY = r'^"?[A-Za-z0-9._:-]{8,80}"?$'


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's wish to make one change once: whose token, which key, a digest of what was asked, and when."""

    token: str
    key: str
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that a key has had."""

    digest: str
    status: int
    tag: str
    location: str
    text: str


class AlreadyDone(Exception):  # noqa: N818 - says what happened
    """Another request with this key was quicker; ``kept`` is its answer."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("a change was already made under this idempotency key")
        self.kept = kept


#: Finds what a token's key was answered at or after an instant, or None.
Lookup = Callable[[Claim], Awaitable[Kept | None]]


class Keep(Protocol):
    """Makes what is kept from what a change gave."""

    def __call__(self, result: Any, /) -> Kept | None:
        """The answer as it goes out; None where nothing was changed, and then the key stays free."""


@dataclass(slots=True)
class _Pending:
    claim: Claim
    keep: Keep


_pending: ContextVar[_Pending | None] = ContextVar("pending", default=None)


@contextlib.contextmanager
def claiming(claim: Claim, keep: Keep) -> Iterator[None]:
    """Within the block, the first change takes the claim with it."""
    token = _pending.set(_Pending(claim, keep))
    try:
        yield
    finally:
        _pending.reset(token)


def pending() -> tuple[Claim, Keep] | None:
    """The claim that the next change of this request takes with it."""
    waiting = _pending.get()
    return (waiting.claim, waiting.keep) if waiting else None


def spent() -> None:
    """The claim is on disk; further changes of this request go without it."""
    _pending.set(None)


def key_in(header: str) -> str:
    """The key in an ``Idempotency-Key`` header, with or without the quotes of its draft standard; empty if none."""
    text = header.strip()
    return text.strip('"') if re.fullmatch(KEY[1:-1], text) else ""
