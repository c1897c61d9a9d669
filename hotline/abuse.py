"""Abuse of the line put together: its part of the interface, and whether a number is restricted now (R8.1, A21)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from common import clock
from common.api.ask import Ask
from common.api.operation import Operation, operations
from common.store import Ledger
from ivr.abuse.api import AbusePages
from ivr.abuse.desk import AbuseDesk
from ivr.abuse.standing import Standing
from ivr.abuse.store import AbuseStore, standing
from ivr.callerid import nobody
from tickets.seeing import may_see
from tickets.store import TicketStore


@dataclass(frozen=True, slots=True)
class AbuseParts:
    """What the service takes in. ``restricted`` answers from memory, which ``works`` keep up to date."""

    operations: list[Operation]
    restricted: Callable[[str], bool]
    works: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]


def abuse_of(
    reads: AsyncEngine,
    once: Ledger,
    tickets: TicketStore,
    *,
    restricting: bool,
    now: Callable[[], datetime] = clock.now,
) -> AbuseParts:
    """The parts of a city that restricts numbers, or of one that does not: then nobody is restricted (A21)."""
    store = AbuseStore(reads, once)
    known = Standing(lambda: store.read(lambda connection: standing(connection, now())), now=now)
    desk = AbuseDesk(store, restricting, known.refresh, now)
    served = operations(AbusePages(desk, partial(_concerns, tickets)))
    if not restricting:
        return AbuseParts(served, nobody, {})
    return AbuseParts(served, known, {"restrictions": known.run})


async def _concerns(tickets: TicketStore, ask: Ask, call_id: str) -> bool:
    tree = (await tickets.register()).tree
    return any(may_see(ticket, ask, tree) for ticket in await tickets.of_call(call_id))
