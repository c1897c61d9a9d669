"""Brings tickets to partners, and tells partners where theirs stand: at least once, by leases, with back-off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from yarl import URL

from common.store import NotWritten
from hotline.outside import exchange_rows as rows
from hotline.outside.exchange_news import taken
from hotline.outside.exchange_words import Stand, sent, stand
from hotline.outside.signatures import sign
from hotline.settings_outside import Partner
from tickets.protecting import protected
from tickets.store import TicketStore

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 120, 240, 480))
_SECONDS = 15
_MOST_BYTES = 64 * 1024
_IDLE_SECONDS = 10.0


class NotTakenError(Exception):
    """A partner did not take it; the message says why."""


class ExchangeSender:
    """Sends what waits, until cancelled; several processes may, beside each other.

    ``aside`` is told when something was put aside.
    """

    def __init__(
        self,
        store: TicketStore,
        partners: tuple[Partner, ...],
        session: aiohttp.ClientSession,
        now: Callable[[], datetime],
        *,
        aside: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._partners = {partner.name: partner for partner in partners}
        self._session = session
        self._now = now
        self._aside = aside

    async def run(self) -> None:
        """For ever; a database that fails is asked again."""
        while True:
            try:
                busy = await self.deliver()
            except (NotWritten, SQLAlchemyError) as error:
                # What was in hand comes back with its lease.
                log.warning("the database did not answer the exchange", error=type(error).__name__)
                busy = 0
            if not busy:
                await asyncio.sleep(_IDLE_SECONDS)

    async def deliver(self) -> int:
        """Send what is due now; gives how many there were."""
        now = self._now()
        due = await self._store.run(lambda work: rows.claim(work, now, now + LEASE))
        for one in due:
            try:
                await self._deliver(one)
            except NotTakenError as error:
                await self._again(one, str(error))
            except (NotWritten, SQLAlchemyError):
                raise
            except Exception as error:
                # One ticket that cannot be sent must not take the others, and the calls, down with it.
                log.exception("an exchange cannot be sent", exchange=one.id)
                await self._again(one, f"本系统出错:{type(error).__name__}")
        return len(due)

    async def _deliver(self, one: rows.Exchanged) -> None:
        partner = self._partners.get(one.partner)
        if partner is None or not partner.url:
            raise NotTakenError("设置中没有这个协作单位的地址")
        ticket = await self._store.get(one.ticket_id)
        if ticket is None or (ticket.confidential and one.direction == "out"):
            raise NotTakenError("工单不存在，或已转为保密")
        if one.direction == "out":
            if protected(ticket.details) and not ticket.details.for_unit:
                raise NotTakenError("诉求人受保护，给对方的文字尚未确认")
            body = sent(ticket, await self._store.register(), one.words or "转请办理")
            answer = await self._post(partner, f"{partner.url}/exchange/v1/tickets", body)
            try:
                told = Stand.model_validate_json(answer)
            except ValidationError as error:
                raise NotTakenError("对方的应答不合约定") from error
            now = self._now()
            await self._store.run(lambda work: taken(work, partner, one.ref, told, now), one.ticket_id)
        else:
            standing = stand(ticket)
            await self._post(partner, f"{partner.url}/exchange/v1/tickets/{one.ref}/status", standing)
            status, said = ticket.status.value, str(standing["words"])
            await self._store.run(lambda work: rows.settle(work, one, number=ticket.number, status=status, words=said))
        log.info("an exchange was delivered", exchange=one.id, direction=one.direction)

    async def _post(self, partner: Partner, url: str, content: object) -> bytes:
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {**sign(partner, "POST", url, body, self._now()), "Content-Type": "application/json"}
        try:
            async with self._session.post(
                URL(url, encoded=True),
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                allow_redirects=False,
            ) as answer:
                data = bytearray()
                async for piece in answer.content.iter_chunked(_MOST_BYTES):
                    data += piece
                    if len(data) > _MOST_BYTES:
                        raise NotTakenError("对方的应答过长")
                if answer.status not in (200, 201):
                    raise NotTakenError(f"对方应答 HTTP {answer.status}")
                return bytes(data)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTakenError(f"对方无法连接：{type(error).__name__}") from error

    async def _again(self, one: rows.Exchanged, why: str) -> None:
        aside = one.tries >= len(RETRIES)
        log.warning("an exchange did not arrive", exchange=one.id, tries=one.tries + 1, aside=aside)
        again = self._now() + RETRIES[min(one.tries, len(RETRIES) - 1)]
        await self._store.run(lambda work: rows.postpone(work, one, again, why, aside=aside))
        if aside:
            self._aside()
