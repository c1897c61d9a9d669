"""What a handler knows of the one who asks, and what it owes before it answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from common import clock
from common.api.caller import Caller
from common.api.once import Claim, Kept, claiming
from common.audit import Audit, AuditEntry
from common.reach import Reach
from common.text import masked


def _nowhere(_right: str) -> Reach:
    return Reach.NONE


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. ``caller`` is ``ANYONE`` where an operation is open.

    ``reach`` is how far their right to this operation goes, and ``further`` tells it of another right by its name.
    ``reason`` is why full numbers are wanted, empty where they stay masked; ``version`` what ``If-Match`` speaks of;
    ``claim`` the idempotency key under which the change is made, and ``kept`` makes of a reply what is kept under it.
    """

    caller: Caller
    audit: Audit
    action: str
    reach: Reach = Reach.NONE
    further: Callable[[str], Reach] = _nowhere
    reason: str = ""
    version: int = 0
    claim: Claim | None = None
    kept: Callable[[Any], Kept] | None = None

    @property
    def number(self) -> Callable[[str], str]:
        """Masks a number, unless a reason to see it was given."""
        return str if self.reason else masked

    async def saw(self, objects: Sequence[str]) -> None:
        """Write down who sees these. Only then may the answer go out.

        Raises:
            NotWritten: the audit could not be written.
        """
        await self.audit(AuditEntry(clock.now(), self.caller.who, self.action, tuple(objects), self.reason))

    @contextlib.contextmanager
    def once(self, answer: Callable[[Any], Any]) -> Iterator[None]:
        """The first change written in this block is written together with its idempotency key and its answer.

        ``answer`` makes the ``Reply`` from what the change gave; the one who asks again with the same key gets that.
        It gives None where nothing was changed: some stores answer a refusal instead of raising it, so as not to spoil
        the batch for others.
        """
        claim, kept = self.claim, self.kept
        if claim is None or kept is None:
            raise RuntimeError("the operation is not declared with once=True")

        def keep(result: Any) -> Kept | None:
            reply = answer(result)
            return None if reply is None else kept(reply)

        with claiming(claim, keep):
            yield
