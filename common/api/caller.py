"""Who asks over HTTP: a person who has signed in, or a token that stands for one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a session or a token may do."""

    READ = "read"
    WRITE = "write"
    #: Accounts, roles, tokens: people who have signed in may, no token ever may.
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``name`` is the account's, or the token's; ``person`` is who acts, in ``roles``, those in force now.

    ``address`` is where the request came from; ``account`` is empty for the installation's own token alone; ``session``
    or ``token`` is the id of what let them in. ``rights`` are all that a token may use of what its owner may; None
    leaves all of it.
    """

    name: str
    unit: str
    person: str
    roles: tuple[str, ...]
    scopes: frozenset[Scope]
    address: str = ""
    account: str = ""
    session: str = ""
    token: str = ""
    rights: frozenset[str] | None = None

    @property
    def who(self) -> str:
        """As the audit writes it: the account or token, and where from."""
        return f"{self.name}@{self.address or 'unknown'}"


#: Who asks where no token is needed.
ANYONE = Caller("anyone", "", "", (), frozenset())
