"""Destroying what a ticket told, in every copy, once two persons want it; what a backup brings back included (A15)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from common.store import NotWritten
from common.vault import VaultError, is_sealed
from common.vault.files import wipe
from hotline.database import Database
from hotline.idempotency import keys, place_of
from hotline.outside.tables import exchanges, once
from hotline.sealing import SCRUBBED, Places
from hotline.search_scrub import forget_deleted_words
from hotline.sms import blot_out
from ivr.recordings.sealing import destroy_tracks
from ivr.store import CallStore
from tickets import destroying
from tickets.destroying import Destruction, Remains
from tickets.store import TicketStore
from tickets.store.rows import forget

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 30.0
_AGAIN_SECONDS = 1.0
_TRIES = 60
ALARM = "destruction.failed"


class StillTalkingError(Exception):
    """The call that the ticket is of is not over: its recording is being written."""


@dataclass(frozen=True, slots=True)
class Destroyer:
    """Carries out what two persons have approved. Broken off anywhere, it is done again from the beginning.

    ``live`` is where Asterisk writes recordings, ``journal`` where it leaves notes of calls.
    """

    database: Database
    tickets: TicketStore
    calls: CallStore
    places: Places
    live: Path
    journal: Path
    now: Callable[[], datetime]

    async def carry_out(self, wish: Destruction, *, restored: bool = False) -> Mapping[str, Any]:
        """Destroy everything; gives the report. It is done when this returns.

        In a place that was ``restored`` nobody talks, whatever its books say of the moment of the backup.

        Raises:
            StillTalkingError: the call goes on; do it when that is over.
            OSError: a file cannot be removed, or the list of destroyed keys not be written.
            SQLAlchemyError, NotWritten: the database refused.
            ValueError: nobody has approved it.
        """
        if wish.approved_at is None or wish.declined_at is not None:
            raise ValueError("a destruction that no second person has approved")
        ticket_id, now = wish.ticket_id, self.now()
        if not restored:
            await self._is_over(ticket_id)
        vault = self.tickets.sealing.vault
        # First, and outside the database: from here on no backup can bring it back.
        await asyncio.to_thread(vault.destroyed.add, ticket_id, now)
        vault.forget(ticket_id)
        remains = await self.database.write(partial(destroying.destroy_rows, destruction=wish, now=now))
        forget()
        shared = await self._files(remains)
        voices = await self._call(remains, wish.number, now)
        shown = await asyncio.to_thread(blot_out, self.places.outbox, remains.notices)
        answers = await self.database.write(partial(self._answers, number=wish.number, ticket_id=ticket_id))
        scrubbed = await self._scrub()
        others = await self.tickets.read(
            partial(destroying.others_of_call, call_id=remains.call_id, ticket_id=ticket_id)
        )
        report = {
            **remains.counts,
            "files": len(remains.files),
            "files_of_other_tickets_too": shared,
            "recordings": voices,
            "shown_messages": shown,
            "kept_answers": answers,
            "scrubbed": scrubbed,
            "other_tickets_of_the_call": others,
        }
        await self.database.write(partial(destroying.finish, destruction_id=wish.id, report=report, now=now))
        log.info("the content of a ticket was destroyed", ticket=ticket_id, destruction=wish.id)
        return report

    async def apply_destructions(self) -> list[str]:
        """After a restore: destroy again what was destroyed before and came back; gives the tickets' ids.

        Raises:
            as ``carry_out``.
        """
        done = []
        for subject in self.tickets.sealing.vault.destroyed.all():
            if await self.tickets.read(partial(destroying.is_back, ticket_id=subject)):
                now = self.now()
                wish_id = await self.database.write(partial(destroying.again, ticket_id=subject, now=now))
                [wish] = [one for one in await destroying.to_carry_out(self.tickets) if one.id == wish_id]
                await self.carry_out(wish, restored=True)
                done.append(subject)
        return done

    async def _is_over(self, ticket_id: str) -> None:
        row = await self.tickets.read(
            lambda connection: connection.execute(
                sa.text("SELECT call_id FROM tickets WHERE id = :id"), {"id": ticket_id}
            ).scalar()
        )
        call = await self.calls.get(row) if row else None
        if call is not None and call.ended_at is None:
            raise StillTalkingError

    async def _files(self, remains: Remains) -> int:
        """How many of the files other tickets have too: those stay there, and a person must look."""
        shared = 0
        for sha256 in remains.files:
            if await self.tickets.read(partial(destroying.is_attached, sha256=sha256)):
                shared += 1
            else:
                await asyncio.to_thread(wipe, self.places.shelf.path(sha256))
        return shared

    async def _call(self, remains: Remains, number: str, now: datetime) -> int:
        if not remains.call_id:
            return 0
        await asyncio.to_thread(self._unclosed, remains.call_id)
        recordings = await self.calls.recordings_of(remains.call_id)
        gone = await asyncio.to_thread(destroy_tracks, self.places.recordings, recordings, number, now)
        if gone:
            await self.calls.save_recordings(gone)
        await self.calls.forget_numbers(remains.call_id)
        return len(gone)

    def _unclosed(self, call_id: str) -> None:
        """What Asterisk wrote and nobody closed yet, and its note."""
        if "/" in call_id or call_id.startswith("."):
            return
        for path in (*self.live.glob(f"{call_id}_*"), self.journal / call_id):
            wipe(path)

    def _answers(self, connection: Connection, number: str, ticket_id: str) -> int:
        """Kept answers that tell of the ticket: they are sealed, so each is opened; they are of one day at most."""
        seal = self.tickets.sealing.vault.index.answers
        found = []
        for row in connection.execute(sa.select(keys.c.token, keys.c.key, keys.c.answer, keys.c.location)).all():
            text = row.answer
            if is_sealed(text):
                with contextlib.suppress(VaultError):
                    text = seal.unseal(text, place_of(row.token, row.key))
            if number in text or number in row.location or ticket_id in text:
                found.append((row.token, row.key))
        for token, key in found:
            connection.execute(keys.delete().where(keys.c.token == token, keys.c.key == key))
        connection.execute(exchanges.delete().where(exchanges.c.ticket_id == ticket_id))
        connection.execute(once.delete().where(once.c.answer == ticket_id))
        return len(found)

    async def _scrub(self) -> bool:
        """Whether nothing is left in the database's files: readers of the old state may be in the way for a while."""
        for _ in range(_TRIES):
            if await self.database.scrub(SCRUBBED):
                await forget_deleted_words(self.database)
                if await self.database.scrub(SCRUBBED):
                    return True
            await asyncio.sleep(_AGAIN_SECONDS)
        return False


class DestructionLoop:
    """Carries out what is approved, and tries again what failed; any number of services may."""

    def __init__(
        self, destroyer: Destroyer, *, alarm: Callable[[str, str], None], clear: Callable[[str], None]
    ) -> None:
        self._destroyer = destroyer
        self._alarm = alarm
        self._clear = clear
        self._failing: Sequence[str] = ()

    async def run(self) -> None:
        """Look every half minute, until cancelled."""
        while True:
            try:
                await self.once()
            except (NotWritten, SQLAlchemyError) as error:
                log.warning("nothing could be destroyed", error=type(error).__name__)
            await asyncio.sleep(_IDLE_SECONDS)

    async def once(self) -> int:
        """Carry out what waits; gives how many were done.

        Raises:
            NotWritten, SQLAlchemyError: the database refused.
        """
        failing, done = [], 0
        for wish in await destroying.to_carry_out(self._destroyer.tickets):
            try:
                await self._destroyer.carry_out(wish)
                done += 1
            except StillTalkingError:
                continue
            except OSError as error:
                log.warning("a destruction is not done", destruction=wish.id, error=type(error).__name__)
                failing.append(wish.id)
        if failing:
            self._alarm(ALARM, f"{len(failing)} 项已批准的销毁未能完成，将自动重试")
        elif self._failing:
            self._clear(ALARM)
        self._failing = failing
        return done
