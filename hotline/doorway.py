"""Who asks over HTTP: the bearer of a token, or a browser with the cookie of a session, whose page must be ours."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from access.api_problems import CSRF
from access.door import Door
from access.visit import COOKIE, CSRF_HEADER, PLAIN_COOKIE, Visit, csrf_of, visiting
from common.api.caller import Caller
from common.api.problem import NO_TOKEN
from common.api.serving import CALLER
from hotline.outside.addresses import client_address
from hotline.tokens import Tokens

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Here a session begins: nobody has the header of the session to come yet.
_SIGN_IN = "/api/v1/session"


@dataclass(frozen=True, slots=True)
class Doorway:
    """What is asked of a request before anything of it is looked at. ``free`` are addresses that need nobody."""

    tokens: Tokens
    door: Door | None
    free: frozenset[str]
    trusted: Sequence[str] = ()

    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find out who asks, and let them through.

        Raises:
            Problem: 401, nobody that is known; 403, it does not come from a page of ours.
        """
        if not request.path.startswith("/api/"):
            return await handler(request)
        visit = _visit(request, self.trusted)
        with visiting(visit):
            caller = await self._caller(request, visit)
            if caller is None and request.path not in self.free:
                raise NO_TOKEN.problem()
            if caller is not None:
                request[CALLER] = replace(caller, address=visit.address)
            response = await handler(request)
        if visit.given is not None:
            response.headers.add("Set-Cookie", visit.header())
        return response

    async def _caller(self, request: web.Request, visit: Visit) -> Caller | None:
        if "Authorization" in request.headers:
            # Browsers send this by themselves to nobody: whoever asks so has no cookie to be misused.
            visit.cookie = ""
            scheme, _, given = request.headers["Authorization"].partition(" ")
            return await self._bearer(given.strip()) if scheme.lower() == "bearer" else None
        changes = request.method not in _SAFE
        begins = request.path == _SIGN_IN and request.method == "POST"
        if changes and (begins or visit.cookie) and not same_origin(request):
            raise CSRF.problem("这个请求来自别的网站，未予办理。")
        if not visit.cookie or self.door is None:
            return None
        found = await self.door.by_session(visit.cookie)
        if found is None:
            return None
        told = request.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogateescape")
        if changes and not begins and not hmac.compare_digest(told, csrf_of(visit.cookie).encode()):
            raise CSRF.problem()
        return found.caller

    async def _bearer(self, given: str) -> Caller | None:
        known = self.tokens.caller(given)
        if known is not None:
            return known if await self.tokens.good() else None
        return await self.door.by_token(given) if self.door is not None else None


def doorway(tokens: Tokens, door: Door | None, free: Iterable[str], trusted: Sequence[str]) -> Middleware:
    """The doorway as aiohttp wants it."""
    one = Doorway(tokens, door, frozenset(free), tuple(trusted))

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await one.check(request, handler)

    return check


def same_origin(request: web.Request) -> bool:
    """Whether a page of ours sent it, or no page at all.

    Browsers say so in ``Sec-Fetch-Site``, which no page can forge; older ones name the page's ``Origin``.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or _split(origin).netloc == request.host


def _visit(request: web.Request, trusted: Sequence[str]) -> Visit:
    plain = _plain(request)
    secure = COOKIE in request.cookies or not plain
    return Visit(
        client_address(request, trusted),
        request.headers.get("User-Agent", ""),
        secure=secure,
        cookie=request.cookies.get(COOKIE if secure else PLAIN_COOKIE, ""),
    )


def _plain(request: web.Request) -> bool:
    """It came over plain HTTP from this machine itself: there is no TLS, and nobody in between.

    A proxy on this machine gives itself away by its headers, or by the page's own address.
    """
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto")):
        return False
    origin = _split(request.headers.get("Origin", "http://localhost"))
    hosts = (request.remote, _split(f"//{request.host}").hostname, origin.hostname)
    return origin.scheme == "http" and all(_loopback(host) for host in hosts)


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
