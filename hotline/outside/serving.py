"""Everything that is served to those outside, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from hotline.outside.form_tokens import FormTokens
from hotline.outside.mailbox import Mailbox
from hotline.outside.progress import ProgressPages
from hotline.outside.rendering import FOLDER, Pages
from hotline.outside.throttle import Throttle
from hotline.settings_outside import Outside
from tickets.attachment_shelf import Shelf
from tickets.store import TicketStore


def citizens(
    store: TicketStore,
    shelf: Shelf,
    settings: Outside,
    *,
    city: str,
    key: str,
    now: Callable[[], datetime],
    arrived: Callable[[], None],
) -> list[web.RouteDef]:
    """The pages for citizens. ``key`` is the installation's secret behind tokens and counts."""
    pages = Pages(city, most_files=settings.attachments_most, most_bytes=settings.attachment_most_bytes)
    throttle = Throttle(store, key)
    tokens = FormTokens(key, settings.mailbox_least_seconds)
    mailbox = Mailbox(store, shelf, pages, tokens, throttle, settings, now, arrived)
    progress = ProgressPages(store, shelf, pages, throttle, settings, now, arrived)
    return [*mailbox.routes(), *progress.routes(), web.get("/public/page.css", _style)]


async def _style(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(FOLDER / "page.css")
