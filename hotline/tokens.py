"""The installation's own token, for trials: it lets in while nobody has an account. All others are in the database.

Whoever reads the disk has it, and that is the system administrator, who must not act for others: so it is good no more
once there are people (``HOTLINE_TRIAL_ACCESS`` says otherwise), and never for what the keepers of the house do.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from common.api.caller import Caller, Scope


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Tokens:
    """Finds the caller of a token; ``good`` says whether any of them lets in now."""

    callers: tuple[tuple[bytes, Caller], ...]
    good: Callable[[], Awaitable[bool]] = _always

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None if it is nobody's. Takes the same time for every wrong one."""
        # Digests are of one length, and comparing them takes the same time wherever they differ.
        given = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = None
        for digest, caller in self.callers:
            if hmac.compare_digest(given, digest):
                found = caller
        return found


def tokens(own: str, *, unit: str, roles: Iterable[str], good: Callable[[], Awaitable[bool]] = _always) -> Tokens:
    """The installation's ``own`` token, acting for level 1 (``unit``) in all ``roles``; of accounts it keeps none."""
    house = Caller("api.token", unit, "api.token", tuple(roles), frozenset({Scope.READ, Scope.WRITE}))
    return Tokens(((hashlib.sha256(own.encode()).digest(), house),), good)
