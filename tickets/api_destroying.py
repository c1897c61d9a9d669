"""Destroying what must not be here, over HTTP: one person of level 1 asks, its head approves (R6.6, A15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeVar

import sqlalchemy as sa
from pydantic import Field, StringConstraints

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import CONFLICT, missing
from tickets import destroying
from tickets.api_shown import OfTicket
from tickets.destroying import Destruction, Reason
from tickets.errors import DeskError
from tickets.store import TicketStore
from tickets.store.tables import tickets
from tickets.store.work import Work

T = TypeVar("T")
_TAG = "销毁"


class OfDestruction(Asked):
    """A wish's id."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class DestructionTold(Told):
    """Why: a code and never a text, which could tell what it was."""

    reason: Annotated[Reason, Field(description="state_secret 涉及国家秘密，by_law 依法应当删除。")]


class DestructionShown(Shown):
    """One wish, or the tombstone of what was destroyed."""

    id: str
    number: str
    reason: Reason
    asked_by: str
    asked_at: Stamp
    approved_by: str
    approved_at: Stamp | None
    declined_by: str
    declined_at: Stamp | None
    done_at: Annotated[Stamp | None, Field(description="各处副本清除完毕的时间。")]
    report: Annotated[
        dict[str, int | bool | list[str]],
        Field(description="清除了多少；other_tickets_of_the_call 和 files_of_other_tickets_too 须由人查看。"),
    ]


class DestructionList(Shown):
    """Wishes and tombstones, newest first."""

    destructions: list[DestructionShown]


@dataclass(frozen=True, slots=True)
class DestructionPages:
    """The part of ``/api/v1`` by which two persons have content destroyed; a loop of the service carries it out."""

    store: TicketStore

    @operation("GET", "/api/v1/destructions", summary="销毁申请和记录", tag=_TAG, audit="destructions.list")
    async def list_destructions(self) -> Reply[DestructionList]:
        """What was asked for, approved, declined and done; for the head of level 1."""
        found = await destroying.listed(self.store)
        return Reply(DestructionList(destructions=[_shown(one) for one in found]), [one.number for one in found])

    @operation(
        "POST",
        "/api/v1/tickets/{number}/destruction",
        summary="申请销毁一件工单的内容",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="destructions.ask",
        status=202,
        problems=(CONFLICT,),
    )
    async def ask_destruction(self, ask: Ask, ids: OfTicket, body: DestructionTold) -> Reply[DestructionShown]:
        """Anybody of level 1 who comes upon it; nothing is destroyed before another person approves."""
        rows = await self.store.rows(sa.select(tickets.c.id).where(tickets.c.number == ids.number))
        if not rows:
            raise missing("工单")
        wish = partial(destroying.ask, ticket_id=rows[0].id, reason=body.reason, who=ask.caller.person, now=clock.now())
        await self._decided(wish)
        return self._reply((await destroying.listed(self.store, number=ids.number))[0])

    @operation(
        "POST",
        "/api/v1/destructions/{id}/approval",
        summary="批准销毁（不可撤回）",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="destructions.approve",
        status=202,
        problems=(CONFLICT,),
    )
    async def approve_destruction(self, ask: Ask, ids: OfDestruction) -> Reply[DestructionShown]:
        """By the head of level 1, never by who asked; it is carried out within the minute and cannot be taken back."""
        approve = partial(destroying.approve, destruction_id=ids.id, who=ask.caller.person, now=clock.now())
        return self._reply(await self._decided(approve))

    @operation(
        "POST",
        "/api/v1/destructions/{id}/refusal",
        summary="不批准销毁",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="destructions.decline",
        problems=(CONFLICT,),
    )
    async def decline_destruction(self, ask: Ask, ids: OfDestruction) -> Reply[DestructionShown]:
        """By the head of level 1; that it was asked for stays on record."""
        decline = partial(destroying.decline, destruction_id=ids.id, who=ask.caller.person, now=clock.now())
        return self._reply(await self._decided(decline))

    async def _decided(self, decide: Callable[[Work], T]) -> T:
        try:
            return await self.store.run(decide)
        except DeskError as error:
            raise CONFLICT.problem(str(error)) from error

    @staticmethod
    def _reply(one: Destruction) -> Reply[DestructionShown]:
        return Reply(_shown(one), [one.number, one.id])


def _shown(one: Destruction) -> DestructionShown:
    return DestructionShown(
        id=one.id,
        number=one.number,
        reason=one.reason,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        approved_by=one.approved_by,
        approved_at=one.approved_at,
        declined_by=one.declined_by,
        declined_at=one.declined_at,
        done_at=one.done_at,
        # While it is not done, what is still to be removed stands there: nobody's to read.
        report=dict(one.report) if one.done_at else {},
    )
