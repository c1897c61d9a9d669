"""Exchanges that were put aside, for the hotline: why, sending them anew, being done with them (R16.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Id, Line, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import missing
from hotline.outside.exchange_rows import Exchanged, aside, close, revive
from tickets.store import TicketStore

_TAG = "待办"


class OfExchange(Asked):
    """An exchange's id in an address."""

    id: Id


class ClosingTold(Told):
    """Why nothing is sent any more."""

    why: Annotated[Line, Field(description="怎样另行办理的，或为何不必再送。")]


class AsideShown(Shown):
    """One exchange that did not arrive."""

    id: str
    partner: str
    direction: Annotated[str, Field(description="out 转出的工单未送达，in 对方的工单有进展而未能告知。")]
    ref: Annotated[str, Field(description="转出方的编号：out 时即本市的工单号。")]
    error: Annotated[str, Field(description="最后一次未成的原因。")]
    tries: int
    since: Stamp


class AsideList(Shown):
    """Those that were put aside, the latest first."""

    exchanges: list[AsideShown]


class AsideReceipt(Shown):
    """What has become of one."""

    id: str
    state: Annotated[str, Field(description="waiting 待送，closed 已了结。")]


@dataclass(frozen=True, slots=True)
class AsidePages:
    """The part of ``/api/v1`` for what partners did not take; ``changed`` is told when one is aside no longer."""

    store: TicketStore
    now: Callable[[], datetime]
    changed: Callable[[], None] = lambda: None

    @operation("GET", "/api/v1/failed-exchanges", summary="搁置的工单交换", tag=_TAG, audit="exchanges.failed")
    async def list_failed_exchanges(self) -> Reply[AsideList]:
        """What partners did not take, with the reason; 200 at most."""
        found = await self.store.read(aside)
        return Reply(AsideList(exchanges=[_shown(one) for one in found]), [one.id for one in found])

    @operation(
        "POST",
        "/api/v1/failed-exchanges/{id}/retry",
        summary="重新送出一件搁置的工单交换",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="exchanges.retry",
        status=202,
    )
    async def retry_exchange(self, ids: OfExchange) -> Reply[AsideReceipt]:
        """Once what was wrong is mended; it is tried within seconds, and its tries count from the start."""
        return await self._settled(
            ids.id, "waiting", await self.store.run(lambda work: revive(work, ids.id, self.now()))
        )

    @operation(
        "POST",
        "/api/v1/failed-exchanges/{id}/close",
        summary="了结一件搁置的工单交换",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="exchanges.close",
    )
    async def close_exchange(self, ask: Ask, ids: OfExchange, body: ClosingTold) -> Reply[AsideReceipt]:
        """Handed over otherwise, or not to be; who says so and why stay with it. A ticket of theirs is told of anew."""
        why = f"{ask.caller.person}了结：{body.why}"
        return await self._settled(ids.id, "closed", await self.store.run(lambda work: close(work, ids.id, why)))

    async def _settled(self, exchange_id: str, state: str, found: bool) -> Reply[AsideReceipt]:
        if not found:
            raise missing("搁置的交换")
        self.changed()
        return Reply(AsideReceipt(id=exchange_id, state=state), [exchange_id])


def _shown(one: Exchanged) -> AsideShown:
    return AsideShown(
        id=one.id,
        partner=one.partner,
        direction=one.direction,
        ref=one.ref,
        error=one.error,
        tries=one.tries,
        since=one.created_at,
    )
