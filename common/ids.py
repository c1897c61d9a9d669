"""Ids that nobody can guess and that sort by the time they were made."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """32 hexadecimal digits: 48 bits of milliseconds since 1970, 80 bits of chance.

    They sort by time, so that an index on a million of them grows at its end only.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
