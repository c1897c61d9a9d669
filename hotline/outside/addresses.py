"""Where a request came from, also behind a proxy that is ours."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from aiohttp import web


def client_address(request: web.Request, trusted: Sequence[str]) -> str:
    """The address that no proxy of ours has: the last one in X-Forwarded-For that is not trusted.

    A header from anybody else is not believed. IPv6 addresses count by their /64: one house has that many.
    """
    address = request.remote or ""
    told = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    while told and _is_in(address, trusted):
        address = told.pop()
    return _subject(address)


def _is_in(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in networks)


def _subject(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)  # noqa: PLR2004 - IPv6
