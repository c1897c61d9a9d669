"""The mayor's mailbox (R4.1): a form that anybody can fill in, and the ticket that it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from common.api.problem import Problem
from hotline.outside import once
from hotline.outside.addresses import client_address
from hotline.outside.form_tokens import LONGEST, FormTokens
from hotline.outside.forms import FORM_REFUSED, TOO_OFTEN, Form, read_form
from hotline.outside.rendering import Pages, Typed, wants_page
from hotline.outside.throttle import Throttle
from hotline.settings_outside import Outside
from tickets.attachment_rows import attach
from tickets.attachment_shelf import Shelf
from tickets.desk.intake import open_ticket
from tickets.details import Details, Nature
from tickets.errors import DeskError
from tickets.model import Channel, Kind, Opening, Ticket
from tickets.store import TicketStore
from tickets.store.work import Work
from tickets.workflow_terms import Role

_TITLE = "市长信箱"
_SCOPE = "mailbox"
_EXPIRED = "页面已过期或填写过快，请刷新页面后重新填写。"
_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})|(0\d{9,11})")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox's addresses. ``arrived`` is told when files have come."""

    store: TicketStore
    shelf: Shelf
    pages: Pages
    tokens: FormTokens
    throttle: Throttle
    settings: Outside
    now: Callable[[], datetime]
    arrived: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """As aiohttp serves them."""
        return [web.get("/public/mailbox", self.form), web.post("/public/mailbox", self.send)]

    async def form(self, request: web.Request) -> web.Response:
        """The empty form; for a program its token and what it may choose from."""
        token = self.tokens.issue(self.now())
        if wants_page(request):
            return self._page(Typed(), token)
        natures = {nature.value: nature.words for nature in Nature}
        return web.json_response({"token": token, "natures": natures, "most_files": self.settings.attachments_most})

    async def send(self, request: web.Request) -> web.Response:
        """Take a letter; the same form sent twice is one ticket."""
        typed = Typed()
        try:
            ticket = await self._taken(request, typed)
        except Problem as problem:
            if not wants_page(request):
                raise
            return self._page(typed, self.tokens.issue(self.now()), problem)
        if wants_page(request):
            return self.pages.page("mailbox", _TITLE, ticket=ticket)
        return web.json_response({"number": ticket.number, "query_code": ticket.query_code}, status=201)

    async def _taken(self, request: web.Request, typed: Typed) -> Ticket:
        now = self.now()
        who = client_address(request, self.settings.trusted_proxies)
        if not await self.throttle.allow(
            "mailbox", who, now, most=self.settings.mailbox_per_hour, within=timedelta(hours=1)
        ):
            raise TOO_OFTEN.problem()
        form = await read_form(request, self.shelf, self.settings.attachments_most, self._knows_token)
        typed.update(form.fields)
        nonce = self.tokens.nonce(form.fields.get("token", ""), self.now())
        if not nonce or form.fields.get("website"):
            raise FORM_REFUSED.problem(_EXPIRED)
        opening = _opening(form, now)
        try:
            ticket = await self.store.run(lambda work: _open_once(work, nonce, opening, form, now))
        except DeskError as error:
            raise FORM_REFUSED.problem(str(error)) from error
        if form.files:
            self.arrived()
        return ticket

    async def _knows_token(self, fields: Mapping[str, str]) -> bool:
        return bool(self.tokens.nonce(fields.get("token", ""), self.now())) and not fields.get("website")

    def _page(self, typed: Typed, token: str, problem: Problem | None = None) -> web.Response:
        return self.pages.page("mailbox", _TITLE, problem=problem, typed=typed, token=token, natures=list(Nature))


def _opening(form: Form, now: datetime) -> Opening:
    matter = form.text("matter", 4000)
    if len(matter) < 4:  # noqa: PLR2004 - less than two words tells nobody anything
        raise FORM_REFUSED.problem("请写明诉求内容。")
    nature = form.text("nature", 20)
    if nature and nature not in list(Nature):
        raise FORM_REFUSED.problem("请从列出的诉求性质中选择。")
    contact = form.text("contact", 40)
    phone = _PHONE.fullmatch(re.sub(r"[\s()-]", "", contact))
    details = Details(
        matter=matter,
        nature=Nature.of(nature) if nature else None,
        address=form.text("address", 200),
        caller_name=form.text("name", 40),
        contact=contact,
        hide_identity=form.text("hide", 1) == "1",
    )
    return Opening(
        call_id="",
        number=(phone[1] or phone[2]) if phone else "",
        kind=Kind.MATTER,
        opened_at=now,
        automatic=False,
        who="mailbox",
        role=Role.CALLER,
        channel=Channel.MAILBOX,
        details=details,
        # A15: a report on somebody is nobody else's to read, from the first moment.
        confidential=nature == Nature.ACCUSATION,
    )


def _open_once(work: Work, nonce: str, opening: Opening, form: Form, now: datetime) -> Ticket:
    if not once.first(work, _SCOPE, nonce, now, forget_before=now - 2 * LONGEST):
        return work.ticket(once.answer(work, _SCOPE, nonce))
    try:
        ticket = open_ticket(work, opening)
    except DeskError:
        once.release(work, _SCOPE, nonce)
        raise
    attach(work, ticket.id, form.files, who="诉求人", at=now)
    once.answered(work, _SCOPE, nonce, ticket.id)
    return ticket
