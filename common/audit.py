"""Who looked at whose data, when and why: every read of personal data leaves an entry (R25.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit: never changed, never deleted before its time (A23).

    ``who`` is the account or token and where it came from; ``action`` a verb of ours such as ``calls.read``;
    ``objects`` the ids that were shown; ``reason`` what the reader gave as reason, empty where numbers stayed masked.
    """

    at: datetime
    who: str
    action: str
    objects: tuple[str, ...]
    reason: str = ""


#: Returns when the entry is on disk: only then may the data be shown.
Audit = Callable[[AuditEntry], Awaitable[None]]
