"""How entries of the audit hang together: each carries the hash of the one before it and its own over all its fields.

Written down in docs/adr/0014-audit-chain.md and never changed: what was chained years ago is verified by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

#: What the first entry of all names as the hash before it.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain: the place of its last entry, counted from 1, and that entry's hash. Empty: ``NO_LINK``."""

    place: int
    hash: str


NO_LINK = Link(0, GENESIS)


def entry_hash(place: int, before: str, at: datetime, told: Sequence[str]) -> str:
    """The hash of one entry, 64 hexadecimal digits; ``told`` is who, action, objects, reason.

    SHA-256 over the JSON array of all fields in this order, without blanks, in UTF-8; the instant in UTC with six
    decimals. The objects are the column as it stands, with its blanks.
    """
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    whole = json.dumps([place, before, instant, *told], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()
