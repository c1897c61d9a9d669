"""What is past its time goes, and leaves a tombstone: recordings, tickets and calls, the audit's oldest part (A23).

Some at a time, each lot in a short transaction, so that calls are not held up. The order is tombstone, file, row:
whatever ends the process in between, the next run finds what is left and goes on. Nothing that is held goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from common import clock
from common.audit import AuditEntry
from common.signing import Signer
from common.store import insert
from common.vault.store import data_keys
from hotline.audit import add_entries, audit, audit_objects
from hotline.database import Database
from hotline.keeping.ages import Age
from hotline.keeping.cutting import cut_at, cut_audit
from hotline.keeping.holds import held, take_turns
from hotline.keeping.tables import tombstones
from hotline.migrations.tables import TABLES
from ivr.abuse.tables import IN_ORDER_OF_GOING
from ivr.recordings.names import call_folder
from ivr.store import calls, recordings
from tickets.attachment_shelf import Shelf
from tickets.store.finding import ticket_index
from tickets.store.tables import attachments, tickets
from tickets.store.tables_register import rulings
from tickets.store.tables_sealing import destructions

#: A transaction of so many takes some tens of milliseconds.
_LOT = 100
WHO = "system"
#: Tables that hang on tickets, other packages' among them. A ruling outlives its ticket.
_OF_TICKETS = [
    table
    for each in TABLES
    for table in each.sorted_tables[::-1]
    if "ticket_id" in table.c and table not in (rulings, tickets, destructions)
]


@dataclass(frozen=True, slots=True)
class Ages:
    """The rules in force."""

    recordings: Age
    tickets: Age
    audit: Age


@dataclass(frozen=True, slots=True)
class Due:
    """What goes, or went: how many calls' recordings, tickets, calls and entries of the audit; how many are held."""

    recordings: int
    tickets: int
    calls: int
    audit: int
    held: int


@dataclass(frozen=True, slots=True)
class House:
    """Where all of it is."""

    database: Database
    recordings_dir: Path
    shelf: Shelf
    signer: Signer


async def due(database: Database, ages: Ages, now: datetime) -> Due:
    """What would go now; nothing is changed."""
    async with database.reads.connect() as connection:
        return await connection.run_sync(partial(_due, ages=ages, now=now))


async def clean(house: House, ages: Ages, now: datetime) -> Due:
    """Delete what is past its time; gives what went.

    Raises:
        SQLAlchemyError: the database refused; what went before has gone.
        OSError: a file cannot be removed; its row stays, and it is tried again.
    """
    count = {"recordings": 0, "tickets": 0, "calls": 0, "audit": 0}
    write = house.database.write
    while lot := await write(partial(_bury_recordings, age=ages.recordings, now=now)):
        for call_id in lot:
            await asyncio.to_thread(_remove_folder, house.recordings_dir, call_folder(call_id))
        await write(partial(_forget_recordings, call_ids=lot))
        count["recordings"] += len(lot)
    while buried := await write(partial(_delete_tickets, age=ages.tickets, now=now)):
        count["tickets"] += buried[0]
        await _remove_files(house, buried[1])
    while gone := await write(partial(_delete_calls, age=ages.tickets, now=now)):
        count["calls"] += gone
    while cut := await write(partial(cut_audit, age=ages.audit, now=now, signer=house.signer)):
        count["audit"] += cut
    async with house.database.reads.connect() as connection:
        kept = await connection.run_sync(lambda plain: len(held(plain, now).objects))
    if any(count.values()):
        await _leave_nothing(house.database)
    return Due(**count, held=kept)


def _due(connection: Connection, ages: Ages, now: datetime) -> Due:
    kept = held(connection, now)
    one = sa.select(sa.func.count())
    found = {
        "recordings": sa.select(sa.func.count(sa.distinct(recordings.c.call_id))).where(
            *_old_recordings(ages.recordings, kept.calls)
        ),
        "tickets": one.where(*_old_tickets(ages.tickets, kept.tickets)),
        "calls": one.where(*_old_calls(ages.tickets, kept.calls)),
    }
    counts = {name: connection.execute(query).scalar_one() for name, query in found.items()}
    upto = cut_at(connection, ages.audit, kept.objects)
    entries = sa.select(sa.func.count()).where(audit.c.id <= upto)
    return Due(**counts, audit=connection.execute(entries).scalar_one(), held=len(kept.objects))


def _old_recordings(age: Age, kept: frozenset[str]) -> tuple[sa.ColumnElement[bool], ...]:
    # Paths begin with the civil day of their call, and are indexed.
    return recordings.c.path < _first_day(age), recordings.c.call_id.not_in(kept)


def _first_day(age: Age) -> str:
    return f"{clock.civil(age.before):%Y/%m/%d}/"


def _old_tickets(age: Age, kept: frozenset[str]) -> tuple[sa.ColumnElement[bool], ...]:
    linked = tickets.alias()
    stays = sa.exists().where(
        linked.c.handling_ticket == tickets.c.id,
        linked.c.handling_ticket != sa.literal_column("''"),
        sa.or_(linked.c.open.is_(sa.true()), linked.c.since >= age.before, linked.c.id.in_(kept)),
    )
    return (
        tickets.c.opened_at < age.before,
        tickets.c.since < age.before,
        tickets.c.open.is_(sa.false()),
        tickets.c.id.not_in(kept),
        # Whoever was linked to it is still answered by it (A13).
        ~stays,
    )


def _old_calls(age: Age, kept: frozenset[str]) -> tuple[sa.ColumnElement[bool], ...]:
    # The ticket's index is partial: each half is asked for in its own words.
    has_ticket = [
        sa.exists().where(tickets.c.call_id == calls.c.id, tickets.c.automatic.is_(value))
        for value in (sa.true(), sa.false())
    ]
    has_recording = sa.exists().where(recordings.c.call_id == calls.c.id)
    is_old = (calls.c.rang_at < age.before, calls.c.ended_at.is_not(None), calls.c.id.not_in(kept))
    return (*is_old, *(~one for one in has_ticket), ~has_recording)


def _bury_recordings(connection: Connection, age: Age, now: datetime) -> list[str]:
    take_turns(connection)
    query = sa.select(recordings.c.call_id, recordings.c.path).where(*_old_recordings(age, held(connection, now).calls))
    rows = connection.execute(query.order_by(recordings.c.path).limit(_LOT)).all()
    # All tracks of a call go together: its manifest speaks of all of them. Asked again, as no database's sorting could.
    found = list(dict.fromkeys(row.call_id for row in rows if row.path < _first_day(age)))
    if not found:
        return []
    rows = connection.execute(
        sa.select(recordings.c.id, recordings.c.call_id)
        .where(recordings.c.call_id.in_(found))
        .order_by(recordings.c.id)
    ).all()
    _bury(connection, "recording", [(row.id, row.call_id) for row in rows], age, now)
    objects = tuple(dict.fromkeys(one for row in rows for one in (row.call_id, row.id)))
    _note(connection, objects, age, now)
    return found


def _forget_recordings(connection: Connection, call_ids: Sequence[str]) -> None:
    connection.execute(recordings.delete().where(recordings.c.call_id.in_(call_ids)))


def _delete_tickets(connection: Connection, age: Age, now: datetime) -> tuple[int, list[str]] | None:
    take_turns(connection)
    query = sa.select(tickets.c.id, tickets.c.number).where(*_old_tickets(age, held(connection, now).tickets))
    rows = connection.execute(query.order_by(tickets.c.opened_at, tickets.c.id).limit(_LOT)).all()
    if not rows:
        return None
    ids = [row.id for row in rows]
    named = attachments.c.ticket_id.in_(ids)
    files = connection.execute(sa.select(attachments.c.sha256).where(named).distinct()).scalars().all()
    _bury(connection, "ticket", [(row.id, row.number) for row in rows], age, now)
    ticket_index.forget(connection, ids)
    for table in _OF_TICKETS:
        connection.execute(table.delete().where(table.c.ticket_id.in_(ids)))
    connection.execute(data_keys.delete().where(data_keys.c.subject.in_(ids)))
    connection.execute(tickets.delete().where(tickets.c.id.in_(ids)))
    _note(connection, tuple(row.number for row in rows), age, now)
    return len(ids), sorted(files)


def _delete_calls(connection: Connection, age: Age, now: datetime) -> int:
    take_turns(connection)
    query = sa.select(calls.c.id).where(*_old_calls(age, held(connection, now).calls))
    ids = list(connection.execute(query.order_by(calls.c.rang_at, calls.c.id).limit(_LOT)).scalars())
    if ids:
        _bury(connection, "call", [(one, "") for one in ids], age, now)
        for table in IN_ORDER_OF_GOING:
            connection.execute(table.delete().where(table.c.call_id.in_(ids)))
        connection.execute(calls.delete().where(calls.c.id.in_(ids)))
        _note(connection, tuple(ids), age, now)
    return len(ids)


def _bury(connection: Connection, kind: str, what: Sequence[tuple[str, str]], age: Age, now: datetime) -> None:
    rows = [
        {"kind": kind, "object": one, "label": label, "at": now, "rule": age.rule, "who": WHO} for one, label in what
    ]
    fresh = insert(tombstones, connection.dialect.name)
    # One that a run which was cut off has left stands already.
    connection.execute(fresh.on_conflict_do_nothing(index_elements=["kind", "object"]), rows)


def _note(connection: Connection, objects: tuple[str, ...], age: Age, now: datetime) -> None:
    add_entries(connection, [AuditEntry(now, f"{WHO}@retention", "retention.delete", objects, age.rule)])


def _remove_folder(root: Path, folder: str) -> None:
    place = (root / folder).resolve()
    if not place.is_relative_to(root.resolve()) or place == root.resolve():
        raise OSError(f"not a folder of recordings: {folder}")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(place)
    with contextlib.suppress(OSError):  # not empty: other calls of that day are held
        for parent in list(place.parents)[:3]:
            parent.rmdir()


async def _remove_files(house: House, hashes: Sequence[str]) -> None:
    """Remove the files that no ticket has any more; whatever is missed here the daily sweep of the shelf finds."""
    if not hashes:
        return
    async with house.database.reads.connect() as connection:
        query = sa.select(attachments.c.sha256).where(attachments.c.sha256.in_(hashes))
        known = set((await connection.execute(query)).scalars())
    for sha256 in hashes:
        if sha256 not in known:
            await asyncio.to_thread(house.shelf.forget, sha256)


async def _leave_nothing(database: Database) -> None:
    """What was deleted is gone from the disk too: no old words in the index, no old pages in the write-ahead log."""
    if database.reads.dialect.name == "sqlite":
        while await database.write(_merge_words):
            pass
        await database.outside(["PRAGMA wal_checkpoint(TRUNCATE)"])
        return
    names = sorted(
        {table.name for table in (*_OF_TICKETS, *IN_ORDER_OF_GOING, tickets, calls, recordings, audit, audit_objects)}
    )
    await database.outside([f"VACUUM {name}" for name in (*names, "ticket_search", "ticket_words")])


def _merge_words(connection: Connection) -> bool:
    """One step of merging the index; SQLite's full-text table forgets a deleted word only when it is merged."""
    name = ticket_index.words.name
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql(f"INSERT INTO {name}({name}, rank) VALUES ('merge', -500)")  # noqa: S608 - a name of ours
    return bool(connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before > 1)
