"""Who asks over HTTP: a token that stands for a person in a unit, until people sign in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a token. ``name`` is the token's, ``person`` the account for which it acts, in ``roles``.

    ``address`` is where the request came from.
    """

    name: str
    unit: str
    person: str
    roles: tuple[str, ...]
    scopes: frozenset[Scope]
    address: str = ""

    @property
    def who(self) -> str:
        """As the audit writes it: the token and where it was used."""
        return f"{self.name}@{self.address or 'unknown'}"


#: Who asks where no token is needed.
ANYONE = Caller("anyone", "", "", (), frozenset())
