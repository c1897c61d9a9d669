"""Tickets over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from common.api import Parameters, Shown, missing, stamp
from common.audit import Audit
from tickets.model import Kind, Status, StatusChange, Ticket
from tickets.store import TicketFilter, TicketStore


@dataclass(frozen=True, slots=True)
class TicketPages:
    """The desk's part of ``/api/v1``."""

    store: TicketStore
    audit: Audit

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/api/v1/tickets", self.list_tickets),
            web.get("/api/v1/tickets/{number}", self.one_ticket),
        ]

    async def list_tickets(self, request: web.Request) -> web.StreamResponse:
        """Tickets, newest first; confidential ones are never listed (R25.1)."""
        asked = Parameters(request, "limit", "cursor", "kind", "status", "number", "call", "since", "until", "reveal")
        shown = Shown(request, self.audit, "tickets.list", asked.reveal())
        wanted = TicketFilter(
            kind=asked.choice("kind", Kind),
            status=asked.choice("status", Status),
            number=asked.number(),
            call_id=asked.call_id(),
            since=asked.instant("since"),
            until=asked.instant("until"),
        )
        page = await self.store.page(wanted, limit=asked.limit(), after=asked.cursor())
        body = {"tickets": [_ticket(one, shown) for one in page.rows], "next": str(page.next) if page.next else None}
        return await shown.answer(body, [one.number for one in page.rows])

    async def one_ticket(self, request: web.Request) -> web.StreamResponse:
        """One ticket with its history."""
        shown = Shown(request, self.audit, "tickets.read", Parameters(request, "reveal").reveal())
        number = request.match_info["number"]
        found = await self.store.by_number(number) if re.fullmatch(r"[0-9]{8}-[0-9]{6,9}", number) else None
        # Until there are rights to see them, a confidential ticket is nobody's to see here: not even that it exists.
        if found is None or found.confidential:
            raise missing("工单")
        history = [_step(step) for step in await self.store.history(found.id)]
        return await shown.answer({**_ticket(found, shown), "history": history}, [found.number])


def _ticket(one: Ticket, shown: Shown) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "channel": one.channel,
        "status": one.status,
        "opened_at": stamp(one.opened_at),
        "call_id": one.call_id,
        "automatic": one.automatic,
        "caller_number": shown.number(one.caller_number),
        "recording_id": one.recording_id,
    }


def _step(step: StatusChange) -> dict[str, Any]:
    return {
        "seq": step.seq,
        "at": stamp(step.at),
        "who": step.who,
        "unit": step.unit,
        "status": step.status,
        "kind": step.kind,
        "why": step.why,
    }
