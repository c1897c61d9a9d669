"""The outbox: every notice reaches the gateway at least once, with a key by which the gateway knows it again (A18).

A notice is claimed by moving its next try behind a lease: of two senders one moves it, and what a killed sender had
claimed is due again when the lease ends. The proof and what follows from it (an extension counts) are one transaction.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from common.store import NotWritten
from tickets.desk.telling import notice_sent
from tickets.errors import DeskError
from tickets.outbox_rows import Due, claim, close, postpone, put_aside, recipients, revive, settle_shown
from tickets.store import TicketStore
from tickets.store.sealing import discreet_proof
from tickets.ticket_deadlines import ExtensionError
from tickets.workflow import IllegalMoveError

log = structlog.get_logger(__name__)

#: When a notice that failed is tried again: after the first failure in half a minute, after the last one not at all.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 120, 240))
#: Longer than any send takes, with its timeout: a claim that is older belongs to a sender that died.
LEASE = timedelta(minutes=5)
_AT_ONCE = 20
_IDLE_SECONDS = 5.0
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
_REASON_LENGTH = 300


class NotSentError(Exception):
    """The gateway did not take a message; says why, without the recipient. ``lasting``: nor will it ever."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one telephone. ``key`` stays the same however often it is tried."""

    key: str
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    kind: str
    #: About a confidential ticket: whoever takes it keeps neither number nor text.
    discreet: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What the gateway answered. ``told`` is false where nothing has left the house."""

    proof: Mapping[str, str]
    told: bool = True


class Gateway(Protocol):
    """What brings messages to telephones. Two exist: ``HttpGateway`` and ``ShownOnly`` of ``hotline.sms``."""

    async def send(self, message: Message) -> Taken:
        """Hand over one message.

        Raises:
            NotSentError: says why.
        """


class Outbox:
    """Delivers notices until cancelled; several processes may, beside each other.

    ``units`` says whether units get theirs by SMS too; otherwise they read them on their screens. ``aside`` is told
    when something was put aside, or is so no longer.
    """

    def __init__(
        self,
        store: TicketStore,
        gateway: Gateway,
        now: Callable[[], datetime],
        *,
        units: bool = False,
        aside: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._now = now
        self._units = units
        self._aside = aside
        self._due = asyncio.Event()

    def poke(self) -> None:
        """There may be something to send; without this it is found within five seconds."""
        self._due.set()

    async def run(self) -> None:
        """Send what is due, for ever. A database that fails is asked again."""
        while True:
            try:
                sent = await self.deliver()
            except NotWritten as error:
                log.warning(
                    "the outbox could not be read", error=str(error.__cause__ and type(error.__cause__).__name__)
                )
                sent = 0
            if not sent:
                self._due.clear()
                try:
                    async with asyncio.timeout(_IDLE_SECONDS):
                        await self._due.wait()
                except TimeoutError:
                    continue

    async def deliver(self) -> int:
        """Claim what is due now, send it, and write down what came of it; gives how many there were."""
        now = self._now()
        due = await self._store.run(lambda work: claim(work, now, now + LEASE, _AT_ONCE))
        async with asyncio.TaskGroup() as group:
            for notice in due:
                group.create_task(self._safely(notice), name="notice")
        return len(due)

    async def retry(self, notice_id: str) -> bool:
        """Try a notice anew that was put aside: the office has mended what was wrong. False if it was not aside."""
        revived = await self._store.run(lambda work: revive(work, notice_id, self._now()))
        self.poke()
        self._aside()
        return revived

    async def close(self, notice_id: str, who: str, why: str) -> bool:
        """Be done with a notice that was put aside: the caller was told otherwise, or need not be. False as above.

        It is no proof that the caller knows: what depends on that (an extension) is a step of its own.
        """
        proof = {"closed_by": who, "why": why, "at": self._now().isoformat()}
        closed = await self._store.run(lambda work: close(work, notice_id, proof))
        self._aside()
        return closed

    async def _safely(self, notice: Due) -> None:
        """One notice's trouble must not take the others with it: its lease brings it back."""
        try:
            await self._deliver(notice)
        except Exception as error:  # noqa: BLE001 - see above
            # No traceback: frames hold a number and a text.
            log.error("a notice was left to its lease", notice=notice.id, error=type(error).__name__)  # noqa: TRY400 - see above

    async def _deliver(self, notice: Due) -> None:
        if notice.audience == "unit" and not self._units:
            await self._store.run(lambda work: settle_shown(work, notice.id, self._now(), {"shown": "screen"}))
            return
        try:
            numbers = await self._store.read(lambda connection: recipients(connection, notice, self._now()))
            taken = await self._send(notice, numbers)
        except NotSentError as error:
            await self._failed(notice, str(error), lasting=error.lasting)
        else:
            await self._sent(notice, taken)

    async def _send(self, notice: Due, numbers: Sequence[str]) -> Taken:
        if not notice.text:
            raise NotSentError("保密工单的告知打不开：密钥缺失，或内容与封存时不一致")
        usable = [number for number in numbers if _MOBILE.fullmatch(number)]
        if not usable:
            raise NotSentError("没有可接收短信的手机号码", lasting=True)
        proof: dict[str, str] = {}
        told = True
        for place, number in enumerate(usable):
            key = notice.id if len(usable) == 1 else f"{notice.id}-{place}"
            taken = await self._gateway.send(Message(key, number, notice.text, notice.kind, notice.discreet))
            proof.update({name if not place else f"{name}.{place}": value for name, value in taken.proof.items()})
            told = told and taken.told
        return Taken(proof, told=told)

    async def _sent(self, notice: Due, taken: Taken) -> None:
        now = self._now()
        proof = {**(discreet_proof(taken.proof) if notice.discreet else taken.proof), "at": now.isoformat()}
        if not taken.told:
            await self._store.run(lambda work: settle_shown(work, notice.id, now, proof))
            return
        try:
            await self._store.run(lambda work: notice_sent(work, notice.id, proof, now), notice.ticket_id)
        except (DeskError, IllegalMoveError, ExtensionError) as error:
            # The ticket has gone on meanwhile; that the caller was told stays true.
            log.warning("a notice moved nothing", notice=notice.id, error=type(error).__name__)
            await self._store.run(lambda work: settle_shown(work, notice.id, now, proof, state="sent"))
        log.info("a notice was sent", notice=notice.id, kind=notice.kind)

    async def _failed(self, notice: Due, reason: str, *, lasting: bool) -> None:
        # What a gateway answers may repeat what it was told.
        reason = reason.partition("：")[0] if notice.discreet else reason
        reason, tries = reason[:_REASON_LENGTH], notice.tries + 1
        if lasting or tries > len(RETRIES):
            log.error("a notice was put aside", notice=notice.id, kind=notice.kind, tries=tries)
            await self._store.run(lambda work: put_aside(work, notice.id, self._now(), reason, tries))
            self._aside()
            return
        log.warning("a notice could not be sent yet", notice=notice.id, kind=notice.kind, tries=tries)
        again = self._now() + RETRIES[tries - 1]
        await self._store.run(lambda work: postpone(work, notice.id, again, reason, tries=tries))
