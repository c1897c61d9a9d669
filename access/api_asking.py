"""Who asks, as the pages here need it: their session as it stands, and whether it was proven lately."""

from __future__ import annotations

from dataclasses import dataclass

from access.api_problems import NO_SESSION, refusals
from access.door import Door, Found
from access.granting import Doer
from access.own import proven
from access.signing_in import SignIn
from access.visit import present
from common import clock
from common.api.ask import Ask
from common.roles import Role


@dataclass(frozen=True, slots=True)
class Asking:
    """Finds the session of the present request."""

    door: Door
    signing: SignIn

    async def session(self) -> Found:
        """The session, however far it has come.

        Raises:
            Problem: 401, there is none.
        """
        found = await self.door.by_session(present().cookie)
        if found is None:
            raise NO_SESSION.problem()
        return found

    async def proven(self) -> Found:
        """The session, if password and code were given lately: for what touches accounts and rights.

        Raises:
            Problem: 401, there is none; 403, they must be given again.
        """
        found = await self.session()
        with refusals():
            proven(found, self.signing, clock.now())
        return found


def doer(ask: Ask) -> Doer:
    """The one who asks, as the desks here know them."""
    caller = ask.caller
    return Doer(caller.account, caller.unit, frozenset(Role.of(name) for name in caller.roles), caller.who)
