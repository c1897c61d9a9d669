"""Open books on a real database, and records to put into them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from common.vault import Vault
from hotline.answered import owe_entry
from hotline.audit import AuditStore
from hotline.database import Database, opened
from hotline.group_commit import GroupCommit
from hotline.idempotency import OnceLedger
from ivr.model import CallRecord, Recording, Track
from ivr.store import CallStore
from tests.vault_kit import vault_for_tests
from tickets.desk import TicketDesk
from tickets.store import TicketStore

#: 10:00 on a working day in Binzhou.
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that can be written to and read from in one place."""

    database: Database
    ledger: GroupCommit
    calls: CallStore
    tickets: TicketStore
    desk: TicketDesk
    audit: AuditStore
    once: OnceLedger


def url(folder: Path) -> str:
    """A SQLite database in ``folder``; a test that must hold on both databases asks for ``database_url`` instead."""
    return f"sqlite+aiosqlite:///{folder / 'hotline.db'}"


@contextlib.asynccontextmanager
async def books(
    where: str | Path, *, window: float = 0.002, public_url: str = "", vault: Vault | None = None
) -> AsyncIterator[Books]:
    """Open the books at a database URL, or on SQLite in a folder; flushed and closed at the end.

    The key is the same however often they are opened, unless another ``vault`` is given.
    """
    address = where if isinstance(where, str) else url(where)
    async with opened(address) as database, GroupCommit(database, window=window).running() as ledger:
        vault = vault or vault_for_tests()
        once = OnceLedger(ledger, database.reads, vault.index.answers)
        tickets = TicketStore(database.reads, once, vault, public_url=public_url)
        calls = CallStore(database.reads, ledger)
        yield Books(database, ledger, calls, tickets, TicketDesk(tickets, answered=owe_entry), AuditStore(ledger), once)


def call(name: str = "node-1.1", /, **changed: object) -> CallRecord:
    """A call that rings, from a mobile in this city."""
    record: dict[str, object] = {
        "id": name,
        "trunk": "carrier",
        "dialled": "12345",
        "claimed_number": "13854301001",
        "number": "13854301001",
        "reason": "accepted.mobile",
        "shadowed": False,
        "rang_at": MORNING,
    }
    return CallRecord(**{**record, **changed})  # type: ignore[arg-type]  # tests name the fields


def track(name: str = "track-1", call_id: str = "node-1.1", /, **changed: object) -> Recording:
    """The citizen's voice in a call, closed."""
    record: dict[str, object] = {
        "id": name,
        "call_id": call_id,
        "track": Track.CITIZEN,
        "who": "caller",
        "started_at": MORNING,
        "seconds": 12.5,
        "sha256": "0" * 64,
        "path": f"2026-11-24/{name}.wav",
    }
    return Recording(**{**record, **changed})  # type: ignore[arg-type]  # tests name the fields
