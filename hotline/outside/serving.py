"""Everything that is served to those outside, and what works for it behind, put together."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web

from common.api.operation import Operation, operations
from hotline.outside.aside_api import AsidePages
from hotline.outside.exchange import Exchange
from hotline.outside.exchange_api import ExchangePages
from hotline.outside.exchange_sender import ExchangeSender
from hotline.outside.form_tokens import FormTokens
from hotline.outside.mailbox import Mailbox
from hotline.outside.material import LinkPages
from hotline.outside.open311 import Open311
from hotline.outside.progress import ProgressPages
from hotline.outside.rendering import FOLDER, Pages
from hotline.outside.throttle import Throttle
from hotline.scanning import CommandScanner, Unscanned
from hotline.secrets_file import secret
from hotline.settings import Settings
from hotline.settings_outside import Outside
from hotline.sms import HttpGateway, ShownOnly
from tickets.attachment_api import AttachmentPages
from tickets.attachment_scans import Scans
from tickets.attachment_shelf import Shelf
from tickets.desk import TicketDesk
from tickets.feedback_api import FeedbackPages
from tickets.notice_api import NoticePages
from tickets.outbox import Outbox
from tickets.store import TicketStore

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class OutsideParts:
    """``routes`` need no token, ``operations`` belong to ``/api/v1``, ``works`` run as long as the service does."""

    routes: tuple[web.RouteDef, ...]
    operations: tuple[Operation, ...]
    works: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]
    shelf: Shelf


def outside(
    settings: Settings,
    store: TicketStore,
    desk: TicketDesk,
    session: aiohttp.ClientSession,
    now: Now,
    *,
    aside: Callable[[], None] = lambda: None,
) -> OutsideParts:
    """All of it, as the settings say; the session stays the caller's to close.

    ``aside`` is told when a notice or an exchange was put aside, or is so no longer.
    """
    shelf = Shelf(settings.attachments_dir, settings.attachment_most_bytes)
    command, seconds = settings.scan_command, settings.scan_timeout_seconds
    scans = Scans(store, shelf, CommandScanner(command, seconds) if command else Unscanned())
    gateway = HttpGateway(session, settings.sms, now) if settings.sms else ShownOnly(settings.outbox_dir, now)
    outbox = Outbox(store, gateway, now, units=settings.sms_to_units, aside=aside)
    exchange = Exchange(store, settings.partners, now)
    works: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {"outbox": outbox.run, "scans": scans.run}
    routes: list[web.RouteDef] = []
    if settings.public_pages:
        key = secret(settings.secrets_dir / "public.key")
        routes += citizens(store, shelf, settings, city=settings.city_name, key=key, now=now, arrived=scans.poke)
        routes += Open311(desk, store, shelf, settings, now).routes()
    if settings.partners:
        routes += exchange.routes()
        works["exchange"] = ExchangeSender(store, settings.partners, session, now, aside=aside).run
    served = [
        *operations(AttachmentPages(store, shelf, scans.poke)),
        *operations(ExchangePages(store, exchange)),
        *operations(AsidePages(store, now, aside)),
        *operations(NoticePages(store, outbox)),
        *operations(FeedbackPages(store)),
    ]
    return OutsideParts(tuple(routes), tuple(served), works, shelf)


def citizens(
    store: TicketStore,
    shelf: Shelf,
    settings: Outside,
    *,
    city: str,
    key: str,
    now: Now,
    arrived: Callable[[], None],
) -> list[web.RouteDef]:
    """The pages for citizens. ``key`` is the installation's secret behind tokens and counts."""
    pages = Pages(city, most_files=settings.attachments_most, most_bytes=settings.attachment_most_bytes)
    throttle = Throttle(store, key)
    tokens = FormTokens(key, settings.mailbox_least_seconds)
    mailbox = Mailbox(store, shelf, pages, tokens, throttle, settings, now, arrived)
    progress = ProgressPages(store, shelf, pages, throttle, settings, now, arrived)
    links = LinkPages(store, shelf, pages, settings.attachments_most, now, arrived)
    return [*mailbox.routes(), *progress.routes(), *links.routes(), web.get("/public/page.css", _style)]


async def _style(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(FOLDER / "page.css")
