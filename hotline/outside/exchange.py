"""Tickets from and to other hotlines and 110 (R16.1-2): accepted, asked about, and told where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from common.api import strict_json, words
from common.api.problem import BAD_JSON, CONFLICT, NOT_FOUND, ProblemKind
from hotline.outside import exchange_rows as rows
from hotline.outside import once
from hotline.outside.exchange_news import by, handed_over, heard
from hotline.outside.exchange_words import Sent, Stand, details_of, stand
from hotline.outside.signatures import LONGEST, SignatureError, Signed, verified
from hotline.settings_outside import Partner
from tickets.desk.intake import open_ticket
from tickets.errors import DeskError, NotForUnitsError
from tickets.model import Channel, Kind, Opening, Status, Ticket
from tickets.store import TicketStore
from tickets.store.work import Work
from tickets.workflow_terms import Role

log = structlog.get_logger(__name__)

NOT_SIGNED = ProblemKind(
    "signature",
    401,
    "签名无效",
    "请按 docs/public-api.md 以约定的密钥签名（RFC 9421），并核对时钟；每个 nonce 只能用一次。",
)
_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})|(0\d{9,11})")
_SENT: TypeAdapter[Sent] = TypeAdapter(Sent)
_STAND: TypeAdapter[Stand] = TypeAdapter(Stand)
T = TypeVar("T", Sent, Stand)


class ExchangeError(Exception):
    """A ticket cannot be handed over; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The addresses for partners, and the handing over of our own tickets."""

    store: TicketStore
    partners: tuple[Partner, ...]
    now: Callable[[], datetime]

    def routes(self) -> list[web.RouteDef]:
        """As aiohttp serves them."""
        return [
            web.post("/exchange/v1/tickets", self.accept),
            web.get("/exchange/v1/tickets/{ref}", self.ask),
            web.post("/exchange/v1/tickets/{ref}/status", self.hear),
        ]

    async def hand_over(self, ticket_id: str, partner: str, reason: str, who: str = "system") -> None:
        """Send a ticket to a partner: from now on it is tried until it arrives. Ours stays open; we stay responsible.

        Raises:
            ExchangeError: no such partner, a confidential or archived ticket, handed over already, or nobody has
                confirmed what is told of a protected reporter's matter (A16).
        """
        known = next((one for one in self.partners if one.name == partner and one.url), None)
        if known is None:
            raise ExchangeError("没有这个可以接收工单的协作单位")
        now = self.now()

        def add(work: Work) -> None:
            ticket = work.ticket(ticket_id)
            if ticket.confidential:
                raise ExchangeError("保密工单不得经交换接口转出（第二十五条）")
            if rows.find(work.connection, partner, "out", ticket.number):
                raise ExchangeError(f"已转给{known.title}")
            if ticket.status is Status.ARCHIVED:
                raise ExchangeError("工单已归档，不能再转出")
            handed_over(work, ticket.id, known, reason, by(work, who, now))
            rows.add(
                work, partner=partner, direction="out", ref=ticket.number, ticket_id=ticket.id, now=now, words=reason
            )

        try:
            await self.store.run(add, ticket_id)
        except NotForUnitsError as error:
            raise ExchangeError(f"{error}：先用 /tickets/{{编号}}/for-units 确认") from error

    async def accept(self, request: web.Request) -> web.Response:
        """A partner's ticket becomes ours; sent again, it is the same one."""
        signed, body = await self._signed(request)
        told = _parsed(_SENT, Sent, body)
        now = self.now()
        try:
            ticket, fresh = await self.store.run(lambda work: _accepted(work, signed.partner, told, now))
        except DeskError as error:
            raise CONFLICT.problem(str(error)) from error
        log.info("a partner's ticket", partner=signed.partner.name, ticket=ticket.id, fresh=fresh)
        return web.json_response(stand(ticket), status=201 if fresh else 200)

    async def ask(self, request: web.Request) -> web.Response:
        """Where a ticket stands that this partner has sent."""
        signed, _ = await self._signed(request)
        ref = request.match_info["ref"]
        found = await self.store.read(lambda connection: rows.find(connection, signed.partner.name, "in", _ref(ref)))
        ticket = await self.store.get(found.ticket_id) if found else None
        if ticket is None:
            raise NOT_FOUND.problem("没有收到过这件工单。")
        return web.json_response(stand(ticket))

    async def hear(self, request: web.Request) -> web.Response:
        """A partner tells where our ticket stands with them."""
        signed, body = await self._signed(request)
        told = _parsed(_STAND, Stand, body)
        ref = _ref(request.match_info["ref"])

        now = self.now()

        def note(work: Work) -> bool:
            found = rows.find(work.connection, signed.partner.name, "out", ref)
            if found:
                heard(work, signed.partner, found, told, now)
            return found is not None

        if not await self.store.run(note):
            raise NOT_FOUND.problem("没有向贵方转出过这件工单。")
        return web.json_response({"received": True})

    async def _signed(self, request: web.Request) -> tuple[Signed, bytes]:
        body = await request.read()
        try:
            headers = {name: value for name, value in request.headers.items()}  # noqa: C416 - of two headers the last counts
            signed = verified(self.partners, request.method, str(request.url), headers, body)
        except SignatureError as error:
            log.warning("a request of no partner", why=str(error))
            raise NOT_SIGNED.problem() from error
        now, scope = self.now(), f"exchange.{signed.partner.name}"
        oldest = now - max(4 * LONGEST, timedelta(days=2))
        if not await self.store.run(lambda work: once.first(work, scope, signed.nonce, now, forget_before=oldest)):
            log.warning("a request came twice", partner=signed.partner.name)
            raise NOT_SIGNED.problem()
        return signed, body


def _accepted(work: Work, partner: Partner, told: Sent, now: datetime) -> tuple[Ticket, bool]:
    known = rows.find(work.connection, partner.name, "in", told.ref)
    if known:
        return work.ticket(known.ticket_id), False
    phone = _PHONE.fullmatch(re.sub(r"[\s()-]", "", told.contact))
    opening = Opening(
        call_id="",
        number=(phone[1] or phone[2]) if phone else "",
        kind=Kind.MATTER,
        opened_at=now,
        automatic=False,
        who=f"exchange.{partner.name}",
        role=Role.CALLER,
        channel=Channel.API,
        details=details_of(told, partner.title),
    )
    ticket = open_ticket(work, opening)
    rows.add(
        work,
        partner=partner.name,
        direction="in",
        ref=told.ref,
        ticket_id=ticket.id,
        now=now,
        number=ticket.number,
        status=ticket.status.value,
        state="idle",
    )
    return ticket, True


def _parsed(adapter: TypeAdapter[T], model: type[T], body: bytes) -> T:
    try:
        told = strict_json.parse(body)
    except strict_json.NotJsonError as error:
        raise BAD_JSON.problem(str(error)) from error
    try:
        return adapter.validate_json(strict_json.canonical(told))
    except ValidationError as error:
        raise words.of_body(error, model) from error


def _ref(told: str) -> str:
    return told if re.fullmatch(r"[A-Za-z0-9._-]{1,80}", told) else "-"
