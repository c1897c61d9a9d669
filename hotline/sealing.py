"""What the desk cannot seal in its own transaction: files, recordings and calls of confidential tickets (R25.1).

A ticket that becomes confidential is noted in ``sealings`` in the same transaction. This loop (any number may run) then
works until nothing of it stands in the clear: each step can be broken off and done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.store import NotWritten
from common.vault import DataKey, VaultError
from common.vault.store import key_of
from hotline.database import Database
from hotline.key_rotation import unknown_keys
from hotline.outside.exchange_rows import quiet
from hotline.search_scrub import forget_deleted_words
from hotline.sms import blot_out
from ivr.model import RecordingState
from ivr.recordings.reading import NoAudio
from ivr.recordings.sealing import seal_track
from ivr.store import CallStore
from tickets import sealing_rows as rows
from tickets.attachment_rows import sealed_place
from tickets.attachment_shelf import Shelf
from tickets.errors import SealedTicketError
from tickets.model import Ticket
from tickets.sealing_rows import Looked
from tickets.store import TicketStore
from tickets.store.tables_sealing import IN_FILES, IN_WORDS

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 5.0
_AGAIN = timedelta(seconds=10)
_AGAIN_MOST = timedelta(minutes=5)
#: So long after its end a call's recordings have been closed, unless something failed.
_SETTLED = timedelta(minutes=15)
#: Scrubbing costs the more the larger the books are; what waits for it is unreadable to all but who reads raw files.
_SCRUB_EVERY = timedelta(minutes=1)
_MERGE_EVERY = timedelta(hours=6)
#: Tables that held content in the clear.
SCRUBBED = (
    "tickets",
    "steps",
    "notices",
    "tasks",
    "returns",
    "rulings",
    "attachments",
    "filings",
    "calls",
    "idempotency_keys",
    "exchanges",
    "inspected",
    "corrections",
    "ticket_search",
    "ticket_words",
)
ALARM = "sealing.failed"
KEYS_ALARM = "sealing.key-missing"


@dataclass(frozen=True, slots=True)
class Places:
    """Where what is to be sealed stands."""

    recordings: Path
    outbox: Path
    shelf: Shelf


class SealingLoop:
    """Seals until cancelled. ``alarm`` gets ``sealing.failed`` when something stays in the clear, ``clear`` its end."""

    def __init__(
        self,
        database: Database,
        tickets: TicketStore,
        calls: CallStore,
        places: Places,
        now: Callable[[], datetime],
        *,
        alarm: Callable[[str, str], None],
        clear: Callable[[str], None],
    ) -> None:
        self._database = database
        self._tickets = tickets
        self._calls = calls
        self._places = places
        self._now = now
        self._alarm = alarm
        self._clear = clear
        self._failing: set[str] = set()
        self._is_postgres = database.reads.dialect.name == "postgresql"
        self._scrubbed_at = self._merged_at = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Seal what comes; at the start, look once more after what came lately."""
        started = False
        while True:
            try:
                if not started:
                    await self._look_at_keys()
                    await rows.look_again(self._tickets, self._now())
                    started = True
                await self.once()
            except (NotWritten, SQLAlchemyError) as error:
                log.warning("nothing could be sealed", error=type(error).__name__)
            await asyncio.sleep(_IDLE_SECONDS)

    async def _look_at_keys(self) -> None:
        """Say at once which keys are missing, not only when somebody opens what they seal."""
        vault = self._tickets.sealing.vault
        missing = await self._tickets.read(partial(unknown_keys, vault=vault))
        if missing:
            self._alarm(KEYS_ALARM, f"缺主密钥 {'、'.join(sorted(missing))}：{sum(missing.values())} 件保密工单打不开")
        else:
            self._clear(KEYS_ALARM)

    async def once(self) -> int:
        """Look after what is due now; gives how many tickets that were.

        Raises:
            NotWritten, SQLAlchemyError: the database refused.
        """
        found = await rows.due(self._tickets, self._now())
        finished = [looked for looked in found if await self._safely(looked)]
        await self._scrub(await rows.to_scrub(self._tickets, found) if found else [])
        for looked in found:
            if looked in finished:
                await rows.done(self._tickets, looked)
            # Of one that is done and scrubbed there is nothing left to postpone.
            again = min(_AGAIN * 2 ** min(looked.tries, 5), _AGAIN_MOST)
            await rows.postpone(self._tickets, looked, self._now() + again)
        return len(found)

    async def _safely(self, looked: Looked) -> bool:
        try:
            finished = await self._seal(looked)
        except (VaultError, SealedTicketError, OSError) as error:
            why = type(error).__name__
            # No traceback: frames hold what is to be sealed.
            log.warning("something of a confidential ticket stays in the clear", ticket=looked.ticket_id, error=why)
            self._failing.add(looked.ticket_id)
            self._alarm(ALARM, f"{len(self._failing)} 件保密工单的附件、录音或来电尚未加密：{why}")
            return False
        if looked.ticket_id in self._failing:
            self._failing.discard(looked.ticket_id)
            if not self._failing:
                self._clear(ALARM)
        return finished

    async def _seal(self, looked: Looked) -> bool:
        ticket = await rows.ticket(self._tickets, looked.ticket_id)
        if ticket is None or not ticket.confidential:
            return True
        if not ticket.sealed:
            await rows.seal_marked(self._tickets, ticket.id)
        vault = self._tickets.sealing.vault
        key = await self._tickets.read(lambda connection: key_of(connection, vault, ticket.id))
        if looked.scrub & IN_WORDS:
            shown = await rows.shown_notices(self._tickets, ticket.id)
            await asyncio.to_thread(blot_out, self._places.outbox, shown)
            await self._database.write(partial(quiet, ticket_id=ticket.id))
        files = await self._files(ticket, key)
        call = await self._call(looked, ticket, key)
        return files and call

    async def _files(self, ticket: Ticket, key: DataKey) -> bool:
        found = await rows.plain_files(self._tickets, ticket.id)
        shelf, algorithm = self._places.shelf, self._tickets.sealing.vault.algorithm
        for file in found:
            if file.waiting:
                continue
            since = await asyncio.to_thread(shelf.brought, file.sha256)
            # What is no longer there cannot be sealed, and needs not.
            if not since:
                await rows.file_sealed(self._tickets, file, file.sha256)
                continue
            sealed = await asyncio.to_thread(shelf.seal, file.sha256, key, sealed_place(file.id), algorithm)
            if await rows.file_sealed(self._tickets, file, sealed):
                await asyncio.to_thread(partial(shelf.wipe, file.sha256, unless_brought_since=since))
        return not any(file.waiting for file in found)

    async def _call(self, looked: Looked, ticket: Ticket, key: DataKey) -> bool:
        if not ticket.call_id:
            return True
        call = await self._calls.get(ticket.call_id)
        if call is not None and call.ended_at is None:
            return False
        algorithm = self._tickets.sealing.vault.algorithm
        if call is not None and (call.number or call.claimed_number or call.dialled):
            await rows.wants_scrub(self._tickets, looked)
            await self._calls.seal_numbers(call.id, key, algorithm)
        for recording in await self._calls.recordings_of(ticket.call_id):
            if recording.state is RecordingState.CLOSED:
                seal = partial(seal_track, self._places.recordings, recording, key, algorithm)
                try:
                    await self._calls.save_recordings([await asyncio.to_thread(seal)])
                except NoAudio:
                    log.warning("a recording to be sealed is not there", recording=recording.id)
        return call is None or (call.ended_at is not None and self._now() - call.ended_at > _SETTLED)

    async def _scrub(self, found: Sequence[Looked]) -> None:
        """What the database has left of old content; what is in the way now is tried again with a later look."""
        now = self._now()
        files = [looked for looked in found if looked.scrub & IN_FILES]
        if files and now - self._scrubbed_at >= _SCRUB_EVERY:
            past = any(looked.scrub & IN_WORDS for looked in files)
            if await self._database.scrub(SCRUBBED if past else ("calls",)):
                self._scrubbed_at = now
                await rows.scrubbed(self._tickets, files, IN_FILES)
        words = [looked for looked in found if looked.scrub & IN_WORDS]
        if words and (self._is_postgres or now - self._merged_at >= _MERGE_EVERY):
            await forget_deleted_words(self._database)
            self._merged_at = now
            # What was merged is in the log, and the old parts are in the file until that is cut.
            await self._database.scrub(SCRUBBED)
            await rows.scrubbed(self._tickets, words, IN_WORDS)
