"""The installation's own token, by which the machine itself asks; all others are in the database (``access.own``)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from common.api.caller import Caller, Scope


@dataclass(frozen=True, slots=True)
class Tokens:
    """Finds the caller of a token."""

    callers: tuple[tuple[bytes, Caller], ...]

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None if it is nobody's. Takes the same time for every wrong one."""
        # Digests are of one length, and comparing them takes the same time wherever they differ.
        given = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = None
        for digest, caller in self.callers:
            if hmac.compare_digest(given, digest):
                found = caller
        return found


def tokens(own: str, *, unit: str, roles: Iterable[str]) -> Tokens:
    """The installation's ``own`` token, acting for level 1 (``unit``) in all ``roles``; of accounts it keeps none."""
    house = Caller("api.token", unit, "api.token", tuple(roles), frozenset({Scope.READ, Scope.WRITE}))
    return Tokens(((hashlib.sha256(own.encode()).digest(), house),))
