"""An audit with some entries, and the hand of somebody who has the database's password."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import hotline.migrations
from common.audit import AuditEntry
from common.signing import Signer
from hotline.audit import audit, seen_end
from hotline.audit_chain import Link, entry_hash
from hotline.keeping.anchors import Anchor
from hotline.keeping.verifying import Report, verify
from tests.books import MORNING, Books

SIGNER = Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
_TRIGGERS = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
}


async def write(at: Books, count: int = 10, *, who: str = "web@::1") -> None:
    """Add entries, several in one transaction and those in their order."""
    entries = [
        AuditEntry(
            MORNING + timedelta(seconds=n), who, "tickets.read", (f"20261124-{n:06}", f"call-{n}"), "核实" * (n % 2)
        )
        for n in range(count)
    ]
    await asyncio.gather(*(at.audit.add(entry) for entry in entries))


async def by_hand(at: Books, *statements: str) -> None:
    """Remove the triggers and do as one likes; afterwards nothing shows that they were gone."""

    def work(connection: sa.Connection) -> None:
        for statement in (*_TRIGGERS[connection.dialect.name], *statements):
            connection.exec_driver_sql(statement)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER USER")

    await at.database.write(work)


async def rehash(at: Books, first: int, last: int) -> None:
    """Make the hashes anew from one entry to another, as somebody would who has read how they are made."""

    def work(connection: sa.Connection) -> None:
        for trigger in _TRIGGERS[connection.dialect.name]:
            connection.exec_driver_sql(trigger)
        found = connection.execute(sa.select(audit.c.hash).where(audit.c.id == first - 1)).scalar_one()
        rows = sa.select(audit).where(audit.c.id >= first, audit.c.id <= last).order_by(audit.c.id)
        for row in connection.execute(rows).all():
            own = entry_hash(row.id, found, row.at, (row.who, row.action, row.objects, row.reason))
            connection.execute(audit.update().where(audit.c.id == row.id).values(before=found, hash=own))
            found = own
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER USER")

    await at.database.write(work)


async def end_of(at: Books) -> Link:
    """The end of the chain."""
    async with at.database.reads.connect() as connection:
        return await connection.run_sync(seen_end)


async def verified(at: Books, *anchors: Anchor) -> Report:
    """What verifying finds."""
    return await verify(at.database.reads, SIGNER.public, anchors)


async def said(at: Books, *anchors: Anchor) -> list[tuple[str, int]]:
    """Flaw and place of each break."""
    return [(one.flaw, one.place) for one in (await verified(at, *anchors)).breaks]


def anchor(end: Link, name: str = "2026-11-24.json") -> Anchor:
    """An anchor at this end."""
    return Anchor(name, end, MORNING)


def secrets(folder: Path) -> Signer:
    """The signer of an installation whose data directory this is."""
    return Signer.in_folder(folder / "secrets")


def run(statement: str, connection: sa.Connection) -> None:
    """Run one statement in a transaction of the writer."""
    connection.exec_driver_sql(statement)


def upgraded(url: str, revision: str) -> None:
    """Make a database as it was at an older revision; blocks, and wants a thread without a loop."""
    config = Config()
    config.set_main_option("script_location", str(Path(hotline.migrations.__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, revision)
