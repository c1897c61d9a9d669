"""An installation with something of everything in it, and ways to compare two of them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from common.audit import AuditEntry
from common.signing import Signer
from hotline.database import async_engine
from hotline.keeping.anchors import anchor_day, keep_head
from hotline.migrations.tables import TABLES
from hotline.settings import Settings
from ivr.model import Recording, Track
from ivr.recordings.closing import close
from ivr.recordings.names import TrackName
from tests.audit_kit import end_of
from tests.books import MORNING, Books, books, call, url
from tests.postgres import Postgres
from tests.recordings_kit import CALL, CITIZEN, live
from tests.recordings_kit import archive as archive_in
from tickets.attachment_rows import attach
from tickets.attachment_shelf import Stored
from tickets.model import Kind

NUMBER = "13854301001"


@contextlib.contextmanager
def two_places(kind: str, tmp_path: Path, postgres: Postgres | None) -> Iterator[tuple[Settings, Settings]]:
    """Two installations on one kind of database, both empty."""
    with contextlib.ExitStack() as stack:
        made = []
        for name in ("old", "new"):
            where = stack.enter_context(postgres.database()) if postgres and kind == "postgresql" else ""
            made.append(Settings(data_dir=tmp_path / name, database_url=where or url(tmp_path / name)))
        yield made[0], made[1]


async def fill(settings: Settings, *, calls: int = 3) -> None:
    """Calls, tickets, an attachment, a recording, the audit and its anchors; what is shared stands in every table."""
    async with books(settings.database) as at:
        await at.tickets.seed(MORNING)
        for n in range(calls):
            await at.calls.save(call(f"n.{n}"))
            await at.desk.open_from_call(f"n.{n}", NUMBER, Kind.MATTER, MORNING)
        await record(at, settings)
        await at.calls.raise_alarm("script", "说明", MORNING)
        await attached(at, settings, "n.0")
        await at.audit.add(AuditEntry(MORNING, "web@::1", "calls.read", ("n.0",)))
        signer = Signer.in_folder(settings.secrets_dir)
        end = await end_of(at)
        anchor_day(settings.anchors_dir, MORNING.date(), end, MORNING, signer)
        keep_head(settings.anchors_dir, end, MORNING, signer)


async def record(at: Books, settings: Settings, name: TrackName = CITIZEN) -> Recording:
    """A closed recording, file and row; one that is still being written stands beside it."""
    live(settings.live_recordings_dir, name)
    recording = close(settings.live_recordings_dir / name.live_name, archive_in(settings.recordings_dir))
    (settings.live_recordings_dir / TrackName(CALL, Track.AGENT, "8001", 1795498699000).live_name).write_bytes(b"\xd5")
    await at.calls.save_recordings([recording])
    return recording


async def attached(at: Books, settings: Settings, call_id: str, content: bytes = b"%PDF-1.4 photo") -> Stored:
    """A file on the shelf that belongs to the ticket of a call."""
    sha256 = hashlib.sha256(content).hexdigest()
    place = settings.attachments_dir / sha256[:2] / sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    stored = Stored(sha256, "照片.pdf", "application/pdf", len(content))
    (ticket,) = await at.tickets.of_call(call_id)
    await at.tickets.run(lambda work: attach(work, ticket.id, [stored], who="web", at=MORNING))
    return stored


async def contents(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, sorted, and the words of the search index."""
    engine = async_engine(settings.database, read_only=True)
    try:
        async with engine.connect() as connection:
            found = {}
            for table in (table for tables in TABLES for table in tables.tables.values()):
                rows = (await connection.execute(sa.select(table))).all()
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
            if engine.dialect.name == "postgresql":
                words = await connection.exec_driver_sql("SELECT key, words::text FROM ticket_words ORDER BY key")
                found["words"] = [tuple(row) for row in words]
            return found
    finally:
        await engine.dispose()


def files(settings: Settings) -> dict[str, bytes]:
    """Every file that a backup holds, by its path in the data directory."""
    names = ("recordings", "attachments", "anchors", "journal", "prompts")
    tops = [settings.data_dir / name for name in names]
    found = [path for top in tops if top.is_dir() for path in top.rglob("*") if path.is_file()]
    kept = [path for path in found if "live" not in path.parts and "incoming" not in path.parts]
    return {str(path.relative_to(settings.data_dir)): path.read_bytes() for path in kept}
