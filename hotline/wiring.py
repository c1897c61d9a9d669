"""Every object of the service is built here, on one page, and lives as long as the block that it is built in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from access.granting import LEVEL_ONE
from access.rows import any_account
from access.store import AccessStore
from common import clock
from common.api.operation import operations
from common.roles import KEEPERS
from common.signing import Signer
from common.timestamp import load_roots
from hotline.abuse import abuse_of
from hotline.alarms import Alarms
from hotline.answered import owe_entry
from hotline.asterisk import Secrets
from hotline.audit import AuditStore
from hotline.database import Database, opened
from hotline.destruction import Destroyer, DestructionLoop
from hotline.group_commit import GroupCommit
from hotline.http import build_app, serve
from hotline.idempotency import OnceLedger
from hotline.keeping.backup.restoring import refuse_unfinished
from hotline.keeping.nights import Nights, Plan
from hotline.keeping.watch import AuditWatch, Stamping, verified_aside
from hotline.knowledge_base import Retiring, knowledge_operations
from hotline.outside.serving import outside
from hotline.screening import policy
from hotline.sealing import Places, SealingLoop
from hotline.sealing_keys import vault_of
from hotline.secrets_file import secret
from hotline.settings import Settings
from hotline.sign_in import Access, access_of
from hotline.timestamping import poster
from hotline.tokens import Tokens, tokens
from hotline.watch import Watch
from ivr.adoption import Adoption
from ivr.ami.client import AmiClient
from ivr.api import CallPages
from ivr.book import Book
from ivr.call import Call
from ivr.callerid import warm_up
from ivr.dialplans.house import House
from ivr.dialplans.ticketing import deserves_ticket, open_ticket
from ivr.journal import Journal
from ivr.model import CallRecord
from ivr.recordings.closing import Archive
from ivr.recordings.disk import DiskWatch, Limits
from ivr.recordings.names import TrackName
from ivr.recordings.stamping import Stamps
from ivr.recordings.sweeper import Sweeper
from ivr.refusals import RefusalGuard
from ivr.routes import pick
from ivr.screening import Screening
from ivr.store import CallStore
from ivr.switchboard import Script, Switchboard
from knowledge.store import KnowledgeStore
from tickets.api_pages import case_operations
from tickets.archiving import ArchiveLoop
from tickets.attachment_shelf import Shelf
from tickets.desk import TicketDesk
from tickets.register import ROOT
from tickets.store import TicketStore
from tickets.timers import TimerLoop

log = structlog.get_logger(__name__)

_STAMPS_EVERY_SECONDS = 60.0

#: A part of the service that runs until it is cancelled.
Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service that others speak to."""

    settings: Settings
    database: Database
    client: AmiClient
    switchboard: Switchboard
    book: Book
    calls: CallStore
    tickets: TicketStore
    alarms: Alarms
    sweeper: Sweeper
    app: web.Application
    #: What must run as long as the service does, by name; each ends only by being cancelled or by failing.
    works: Mapping[str, Work]


@contextlib.asynccontextmanager
async def service(settings: Settings, secrets: Secrets) -> AsyncIterator[Service]:
    """The whole service, ready to run its works; at the end what they have written is on disk.

    Raises:
        DatabaseError: the database cannot be used.
        SettingsError: the settings name what does not exist.
    """
    warm_up(settings.area_code)
    refuse_unfinished(settings.data_dir)
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(settings.database))
        ledger = await stack.enter_async_context(GroupCommit(database).running())
        once = OnceLedger(ledger, database.reads, (vault := vault_of(settings)).index.answers)
        calls = CallStore(database.reads, ledger)
        # Links are sent only where they lead somewhere.
        public_url = settings.public_url if settings.public_pages else ""
        tickets = TicketStore(database.reads, once, vault, public_url=public_url)
        await tickets.seed(clock.now())
        desk = TicketDesk(tickets, answered=owe_entry)
        alarms = Alarms(calls)
        client = AmiClient("127.0.0.1", settings.ami_port, "hotline", secrets.ami)
        guard = RefusalGuard(
            settings.refusal_jump_share, settings.refusal_jump_calls, settings.refusal_jump_window_seconds
        )
        abuse = abuse_of(database.reads, once, tickets, restricting=settings.restricting)
        screening = Screening(policy(settings), guard, alarms, alarms.clear, restricted=abuse.restricted)

        async def settle(record: CallRecord) -> None:
            if deserves_ticket(record):
                await open_ticket(record, desk)

        journal = Journal(settings.journal_dir)
        book = Book(calls.save, settle, journal.remove)
        house = House(
            desk,
            book,
            screening,
            message_max_seconds=settings.message_max_seconds,
            message_silence_seconds=settings.message_silence_seconds,
            menu_queues=settings.menu_queues,
        )

        def script(step: str) -> Script:
            return partial(_in_house, pick(step), house)

        async def shed(count: int) -> None:
            today = clock.civil(clock.now()).date()
            await asyncio.gather(*(calls.count_refusal("", "shed", today) for _ in range(count)))

        session = await stack.enter_async_context(aiohttp.ClientSession())
        sweeper = _sweeper(settings, calls, alarms, lambda: _live_ids(settings, switchboard, book))
        switchboard = Switchboard(
            client,
            book,
            Adoption(client, journal, calls.open_calls, calls.get, screening.quietly),
            script,
            live_recordings=settings.live_recordings_dir,
            call_ended=sweeper.poke,
            alarm=alarms,
            shed=shed,
        )
        watch = Watch(tickets, calls, alarms, clock.now)
        works: dict[str, Work] = {
            **abuse.works,
            "alarms": alarms.run,
            "books": book.run,
            "switchboard": switchboard.run,
            "line": client.run,
            "sweeper": sweeper.run,
            "timers": TimerLoop(tickets).run,
            "archive": ArchiveLoop(tickets, alarm=alarms, over=alarms.clear).run,
            "watch": watch.run,
            "knowledge": Retiring(KnowledgeStore(database.reads, ledger)).run,
        }
        audit = AuditStore(ledger)
        call_pages = CallPages(calls, settings.recordings_dir, partial(_numbers, tickets), settings.answer_goal_seconds)
        parts = outside(settings, tickets, desk, session, clock.now, aside=watch.poke)
        works.update(parts.works)
        works |= _confidential(settings, database, (tickets, calls), parts.shelf, alarms)
        knowledge = knowledge_operations(database.reads, once, tickets)
        people = access_of(settings, AccessStore(database.reads, once), tickets, audit)
        stack.callback(people.close)
        app = build_app(
            [
                *operations(call_pages),
                *abuse.operations,
                *case_operations(tickets, desk),
                *knowledge,
                *parts.operations,
                *people.operations(),
            ],
            tokens=_tokens(settings, people),
            audit=audit.add,
            kept=once.kept,
            database_ready=database.ready,
            ami_up=switchboard.line_is_up.is_set,
            outside=parts.routes,
            door=people.door,
            trusted=settings.trusted_proxies,
        )
        works["http"] = partial(serve, app, settings.http_host, settings.http_port)
        stamping = _stamping(settings, session)
        works["audit"] = AuditWatch(
            database.reads,
            settings.anchors_dir,
            Signer.in_folder(settings.secrets_dir),
            self_check=verified_aside,
            alarm=alarms,
            over=alarms.clear,
            stamping=stamping,
        ).run
        plan = Plan(
            settings.backup_dir,
            settings.backup_hour,
            settings.backup_keep,
            settings.retention,
            settings.data_dir / "retention-done",
        )
        works["nights"] = Nights(plan, alarm=alarms, over=alarms.clear).run
        if stamping:
            stamps = Stamps(settings.recordings_dir, stamping.post, stamping.roots, alarms)
            works["stamps"] = partial(stamps.run, _STAMPS_EVERY_SECONDS)
        yield Service(settings, database, client, switchboard, book, calls, tickets, alarms, sweeper, app, works)


def _stamping(settings: Settings, session: aiohttp.ClientSession) -> Stamping | None:
    if not settings.timestamp_url:
        return None
    roots = load_roots(settings.timestamp_roots) if settings.timestamp_roots else ()
    return Stamping(poster(session, settings.timestamp_url), roots)


def _tokens(settings: Settings, people: Access) -> Tokens:
    own = secret(settings.secrets_dir / "api.token")
    if (settings.secrets_dir / "tokens.json").exists():
        log.warning("secrets/tokens.json is not read any more: run hotline token import")
    # Of level 1, but nobody who keeps the house: administrators and auditors are people, and apart.
    roles = sorted(role.value for role in LEVEL_ONE - KEEPERS)
    return tokens(own, unit=ROOT.id, roles=roles, good=partial(_trial, settings, people))


async def _trial(settings: Settings, people: Access) -> bool:
    """Whether the machine's own token lets in now."""
    if settings.trial_access != "auto":
        return settings.trial_access == "on"
    return not await people.staff.store.read(any_account)


async def _numbers(tickets: TicketStore, call_id: str) -> list[str]:
    """Of a call's tickets; that there is a confidential one is not told by its call (R25.1)."""
    return [ticket.number for ticket in await tickets.of_call(call_id) if not ticket.confidential]


async def _in_house(script: Callable[[Call, House], Awaitable[None]], house: House, call: Call) -> None:
    await script(call, house)


def _sweeper(settings: Settings, calls: CallStore, alarms: Alarms, live_ids: Callable[[], Collection[str]]) -> Sweeper:
    archive = Archive(
        settings.recordings_dir, Signer.in_folder(settings.secrets_dir), stamps=bool(settings.timestamp_url)
    )
    return Sweeper(
        archive,
        settings.live_recordings_dir,
        live_ids=live_ids,
        save=calls.save_recordings,
        rows=calls.recordings_on,
        alarm=alarms,
        disk=DiskWatch(Limits(settings.disk_alarm_free_gb, settings.disk_alarm_free_share), alarms),
    )


def _confidential(
    settings: Settings, database: Database, stores: tuple[TicketStore, CallStore], shelf: Shelf, alarms: Alarms
) -> dict[str, Work]:
    """What seals and what destroys, beside the desk."""
    places = Places(settings.recordings_dir, settings.outbox_dir, shelf)
    sealing = SealingLoop(database, *stores, places, clock.now, alarm=alarms, clear=alarms.clear)
    live, journal = settings.live_recordings_dir, settings.journal_dir
    destroyer = Destroyer(database, *stores, places, live, journal, clock.now)
    destruction = DestructionLoop(destroyer, alarm=alarms, clear=alarms.clear)
    return {"sealing": sealing.run, "destruction": destruction.run}


def _live_ids(settings: Settings, switchboard: Switchboard, book: Book) -> Collection[str]:
    """The calls of now. Without a line to Asterisk nobody knows them: then every call with a live file may live."""
    if switchboard.line_is_up.is_set():
        return frozenset(record.id for record in book.live)
    names = (TrackName.of_live(file.name) for file in settings.live_recordings_dir.iterdir())
    return frozenset(name.call_id for name in names if name is not None)
