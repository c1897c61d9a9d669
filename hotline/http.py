"""The HTTP interface: who may ask, what a failure looks like, and what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import SQLAlchemyError

from access.door import Door
from common.api.once import Lookup
from common.api.operation import Operation, operations
from common.api.problem import FAULT, NO_ADDRESS, NO_METHOD, REFUSED, SEALED, TOO_LARGE, UNAVAILABLE, Problem
from common.api.serving import Rights, Service
from common.audit import Audit
from common.store import NotWritten
from hotline.api import HousePages
from hotline.doorway import doorway
from hotline.rights import TableOfRights
from hotline.tokens import Tokens
from tickets.errors import SealedTicketError
from tickets.register import ROOT

log = structlog.get_logger(__name__)

_PAGES = Path(__file__).parent / "pages"

#: Pages for people, by address. They hold nobody's data; the scripts on them ask for it as who has signed in.
PAGES = {
    "/": "index.html",
    "/page.css": "page.css",
    "/page.js": "page.js",
    "/signin.js": "signin.js",
    "/api/v1/docs": "docs.html",
    "/api/v1/docs.css": "docs.css",
    "/api/v1/docs.js": "docs.js",
}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src blob:; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_KINDS = {404: NO_ADDRESS, 405: NO_METHOD, 413: TOO_LARGE}


def build_app(
    served: Iterable[Operation],
    *,
    tokens: Tokens,
    audit: Audit,
    kept: Lookup,
    database_ready: Callable[[], Awaitable[bool]],
    ami_up: Callable[[], bool],
    outside: Iterable[web.RouteDef] = (),
    rights: Rights | None = None,
    door: Door | None = None,
    trusted: Sequence[str] = (),
) -> web.Application:
    """The application: the operations of the packages, health and the document, and the pages.

    ``outside`` are what citizens and other houses reach, open to all or with keys of their own. ``rights``
    stands in for the table of rights where what is served is not the house's own. ``door`` knows people who have signed
    in and their tokens; without it there are ``tokens`` alone. ``trusted`` are the networks of our own proxies.

    Serve it with ``serve``, which keeps no access log: its lines would hold the numbers that are searched for.

    Raises:
        LookupError: an operation stands in no row of the table of rights.
    """
    house = HousePages(database_ready, ami_up)
    every = [*operations(house), *served]
    if rights is None:
        rights = TableOfRights(ROOT.id)
        rights.cover(every)
    house.describe(every)
    open_to_all = {one.path for one in every if one.scope is None} | PAGES.keys()
    app = web.Application(
        middlewares=[_problems, doorway(tokens, door, open_to_all, trusted)], client_max_size=64 * 1024
    )
    app.on_response_prepare.append(_harden)
    app.add_routes(Service(audit, kept, rights).routes(every))
    app.add_routes(outside)
    for address, name in PAGES.items():
        app.router.add_get(address, _file(_PAGES / name))
    return app


async def serve(app: web.Application, host: str, port: int) -> None:
    """Serve ``app`` until cancelled; requests that are under way get five seconds to end.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    return serve


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure leaves as a problem (RFC 9457), and none with the insides of the program."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - redirects are no failures
            raise
        failure = _KINDS.get(error.status, REFUSED).problem()
        if "Allow" in error.headers:
            failure.headers["Allow"] = error.headers["Allow"]
        return failure.response()
    except SealedTicketError as error:
        log.error("a confidential ticket could not be opened for a request", route=_route(request))  # noqa: TRY400 - frames hold what is sealed
        return SEALED.problem(str(error)).response()
    except (NotWritten, SQLAlchemyError) as error:
        log.warning("the database did not answer a request", route=_route(request), error=type(error).__name__)
        return UNAVAILABLE.problem().response()
    except Exception:
        log.exception("a request failed", route=_route(request))
        return FAULT.problem().response()


def _route(request: web.Request) -> str:
    # The pattern, not the address: addresses hold ids and numbers.
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
