"""Asking where a ticket stands, and bringing more to it, by number and query code (R4.1, R14.2, A18, A25).

Codes are six random digits, told once and never again. What keeps them from being guessed is that a ticket can be
tried ten times a day and an address thirty times an hour, whatever the outcome and whether or not there is such a
ticket; every wrong answer is the same answer.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from common.api.problem import Problem, ProblemKind
from hotline.outside.addresses import client_address
from hotline.outside.forms import TOO_OFTEN, read_form
from hotline.outside.material import supplement
from hotline.outside.rendering import Pages, Typed, wants_page
from hotline.outside.throttle import Throttle
from hotline.settings_outside import Outside
from tickets.attachment_shelf import Shelf
from tickets.model import Ticket
from tickets.public_words import Progress, progress_of
from tickets.store import TicketStore

NO_MATCH = ProblemKind(
    "no-match", 404, "工单号或查询码不对", "工单号或查询码不对，请核对后再试。查询码遗失请拨打12345。"
)

_TICKET_TRIES, _ADDRESS_TRIES = 10, 30
_NUMBER = re.compile(r"[0-9]{8}-[0-9]{6,9}")


@dataclass(frozen=True, slots=True)
class ProgressPages:
    """The addresses for who has a number and a code."""

    store: TicketStore
    shelf: Shelf
    pages: Pages
    throttle: Throttle
    settings: Outside
    now: Callable[[], datetime]
    arrived: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """As aiohttp serves them."""
        return [
            web.get("/public/tickets/query", self.ask),
            web.post("/public/tickets/query", self.ask),
            web.get("/public/material", self.material_form),
            web.post("/public/material", self.bring),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """The form, or where the ticket stands. Browsers post it, so that no code stands in an address."""
        typed = Typed()
        try:
            if request.method == "POST":
                typed.update((await read_form(request, self.shelf, 0, _no_files)).fields)
            else:
                typed.update(request.query)
            if not (typed["number"] or typed["code"]) and wants_page(request) and request.method == "GET":
                return self.pages.page("query", "查询办理进展")
            ticket = await self._known(request, typed)
        except Problem as problem:
            if not wants_page(request):
                raise
            return self.pages.page("query", "查询办理进展", problem=problem, typed=typed)
        progress = progress_of(ticket, await self.store.register())
        if wants_page(request):
            return self.pages.page("query", "查询办理进展", progress=progress)
        return web.json_response(_json(progress))

    async def material_form(self, _request: web.Request) -> web.Response:
        """The form for more material."""
        return self.pages.page("material", "补充材料")

    async def bring(self, request: web.Request) -> web.Response:
        """More words and files to an open ticket; the unit that handles it sees them at once (A25)."""
        typed = Typed()
        try:
            await self._brought(request, typed)
        except Problem as problem:
            if not wants_page(request):
                raise
            return self.pages.page("material", "补充材料", problem=problem, typed=typed)
        if wants_page(request):
            return self.pages.page("material", "补充材料", received=True)
        return web.json_response({"received": True}, status=201)

    async def _brought(self, request: web.Request, typed: Typed) -> None:
        known: list[Ticket] = []

        async def check(fields: Mapping[str, str]) -> bool:
            # Before a file comes in, it must be shown whose ticket it is for; asked once, however many files there are.
            typed.update(fields)
            if not known:
                known.append(await self._known(request, typed))
            return True

        form = await read_form(request, self.shelf, self.settings.attachments_most, check)
        await check(form.fields)
        await supplement(self.store, known[0].id, form, self.now(), most=self.settings.attachments_most)
        if form.files:
            self.arrived()

    async def _known(self, request: web.Request, typed: Typed) -> Ticket:
        number, code = typed["number"].strip(), typed["code"].strip()
        now, who = self.now(), client_address(request, self.settings.trusted_proxies)
        hour, day = timedelta(hours=1), timedelta(days=1)
        if not await self.throttle.allow("query.address", who, now, most=_ADDRESS_TRIES, within=hour):
            raise TOO_OFTEN.problem()
        if not _NUMBER.fullmatch(number):
            raise NO_MATCH.problem()
        if not await self.throttle.allow("query.ticket", number, now, most=_TICKET_TRIES, within=day):
            raise TOO_OFTEN.problem("这件工单的查询次数过多，请明天再试，或拨打12345查询。")
        found = await self.store.by_number(number)
        expected = found.query_code if found and found.query_code else "none"
        # The same time for a wrong digit wherever it stands, and for a ticket that is not there.
        right = hmac.compare_digest(expected.encode(), code.encode("utf-8", "surrogatepass"))
        if not right or found is None:
            raise NO_MATCH.problem()
        await self.throttle.forget("query.ticket", number)
        return found


async def _no_files(_fields: Mapping[str, str]) -> bool:
    return False


def _json(progress: Progress) -> dict[str, object]:
    return {
        "number": progress.number,
        "status": progress.words,
        "ended": progress.ended,
        "opened": progress.opened.isoformat(),
        "since": progress.since.isoformat(),
        "unit": progress.unit or None,
        "due": progress.due.isoformat() if progress.due else None,
    }
