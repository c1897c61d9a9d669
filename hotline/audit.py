"""The audit's table: rows are added, and nothing else (R25.2)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from common.audit import AuditEntry
from common.store import Instant, Ledger, appending, metadata

tables = metadata()

audit = Table(
    "audit",
    tables,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(40), nullable=False),
    #: Ids with a space before and after each, so that ``LIKE '% id %'`` finds who saw one case.
    Column("objects", Text, nullable=False),
    Column("reason", String(200), nullable=False),
    Index(None, "at"),
)

_append = appending(audit)


class AuditStore:
    """Adds entries; a trigger of the database refuses to change or delete them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def add(self, entry: AuditEntry) -> None:
        """Write one entry; it is on disk when this returns.

        Raises:
            NotWritten: the database did not take it; then the data must not be shown.
        """
        row = {
            "at": entry.at,
            "who": entry.who,
            "action": entry.action,
            "objects": f" {' '.join(entry.objects)} ",
            "reason": entry.reason,
        }
        await self._ledger.write(_append, row)
