"""One request as signing in needs it: from where, by which browser, with which cookie; and the cookie for it."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

#: Of this prefix browsers take a cookie only if it is Secure, for all paths and this host alone (RFC 6265bis).
COOKIE = "__Host-hotline"
#: The same on this machine's own address, where there is no TLS.
PLAIN_COOKIE = "hotline"
CSRF_HEADER = "X-Csrf-Token"


@dataclass(slots=True)
class Visit:
    """What came, and in ``given`` the cookie's new value (empty: it is to be forgotten; None: it stays)."""

    address: str
    agent: str = ""
    secure: bool = True
    cookie: str = field(default="", repr=False)
    given: str | None = field(default=None, repr=False)

    @property
    def cookie_name(self) -> str:
        """Which of the two cookies this visit has."""
        return COOKIE if self.secure else PLAIN_COOKIE

    def header(self) -> str:
        """The ``Set-Cookie`` that goes out, where ``given`` is set."""
        end = "; Max-Age=0" if not self.given else ""
        secure = "; Secure" if self.secure else ""
        return f"{self.cookie_name}={self.given}; Path=/; HttpOnly; SameSite=Strict{secure}{end}"


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@contextlib.contextmanager
def visiting(visit: Visit) -> Iterator[Visit]:
    """Within the block, this is the visit that ``present`` speaks of."""
    token = _visit.set(visit)
    try:
        yield visit
    finally:
        _visit.reset(token)


def present() -> Visit:
    """The visit of this request.

    Raises:
        RuntimeError: this is no request.
    """
    visit = _visit.get()
    if visit is None:
        raise RuntimeError("not within a request")
    return visit


def new_cookie() -> str:
    """A session's secret: 256 bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a session's secret or of a token; with 256 bits in it, a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(cookie: str) -> str:
    """What requests that change something must say in a header: only a page of ours can know it."""
    return hmac.new(cookie.encode("utf-8", "surrogatepass"), b"csrf", hashlib.sha256).hexdigest()
