"""Who may read a confidential ticket, and what units get of a protected reporter's matter, over HTTP (R25.1, A16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Line, Shown, Text, Told
from common.api.operation import Reply, operation
from common.api.problem import STALE, missing
from common.reach import Reach
from tickets.api_acting import NO_ROLE, NOT_FOR_UNITS, NOT_READY, actor, refusals, roles_of
from tickets.api_shown import OfTicket, Receipt, receipt
from tickets.desk import Acting, TicketDesk
from tickets.desk.readiness import CONFIRMERS
from tickets.model import Ticket
from tickets.protecting import proposed, protected
from tickets.seeing import may_see
from tickets.store import TicketStore
from tickets.workflow_terms import Role

_TAG = "工单"
_Reader = Annotated[Line, Field(max_length=80, description="账号的编号。")]


class ReadersTold(Told):
    """Who may read a confidential ticket from now on, as a whole."""

    readers: Annotated[list[_Reader], Field(max_length=50, description="阅看人账号的编号；整体替换，可以为空。")]
    reason: Annotated[Line, Field(description="为何由他们阅看。")]


class ReadersShown(Shown):
    """What was written down."""

    number: str
    readers: list[str]


class ForUnitsTold(Told):
    """What units get of the matter from now on."""

    text: Annotated[Text, Field(description="给承办单位的文字，其中不得看出诉求人是谁。")]
    released: Annotated[
        list[Line],
        Field(default_factory=list, max_length=100, description="核对后可给承办单位看的附件编号；整体替换。"),
    ]


class ForUnitsShown(Shown):
    """What units get now, and what the machine would give them."""

    protected: Annotated[bool, Field(description="诉求人要求隐去信息，或属举报。")]
    text: Annotated[str, Field(description="现在给承办单位的文字；尚未确认为空。")]
    released: list[str]
    proposal: Annotated[str, Field(description="系统所拟的文字，须由人核对：看不出来的，系统也删不掉。")]
    marked: Annotated[list[str], Field(description="系统删去的内容。")]


@dataclass(frozen=True, slots=True)
class ProtectingPages:
    """The protection of reporters, for level 1."""

    store: TicketStore
    desk: TicketDesk

    @operation(
        "POST",
        "/api/v1/tickets/{number}/readers",
        summary="指定保密工单的阅看人（整体替换）",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="tickets.readers",
        once=True,
        status=201,
        problems=(NOT_READY, NO_ROLE),
    )
    async def name_readers(self, ask: Ask, ids: OfTicket, body: ReadersTold) -> Reply[ReadersShown]:
        """The leader names them without having to read it; only those named see it from then on (R25.1)."""
        ticket = await self.store.by_number(ids.number)
        if ticket is None:
            raise missing("工单")
        acting = Acting(actor(ask, Role.LEADER), clock.now())
        with refusals(), ask.once(_named):
            found = await self.desk.name_readers(ticket.id, acting, tuple(body.readers), body.reason)
            return Reply(_readers(found), [ticket.number])

    @operation(
        "GET",
        "/api/v1/tickets/{number}/for-units",
        summary="给承办单位的文字及系统所拟的文字",
        tag=_TAG,
        audit="tickets.for_units",
    )
    async def read_for_units(self, ask: Ask, ids: OfTicket) -> Reply[ForUnitsShown]:
        """What a reviewer looks through before it is confirmed (A16)."""
        ticket = await self._seen(ask, ids.number)
        proposal, details = proposed(ticket), ticket.details
        body = ForUnitsShown(
            protected=protected(details),
            text=details.for_unit,
            released=list(details.released),
            # A machine overlooks things: what it proposes is for level 1 alone.
            proposal=proposal.text if ask.reach is Reach.ALL else "",
            marked=list(proposal.marked) if ask.reach is Reach.ALL else [],
        )
        return Reply(body, [ticket.number], version=ticket.steps)

    @operation(
        "PUT",
        "/api/v1/tickets/{number}/for-units",
        summary="确认给承办单位的文字和附件（整体替换）",
        tag=_TAG,
        scope=Scope.WRITE,
        audit="tickets.for_units",
        once=True,
        versioned=True,
        problems=(NOT_READY, NOT_FOR_UNITS, NO_ROLE, STALE),
    )
    async def confirm_for_units(self, ask: Ask, ids: OfTicket, body: ForUnitsTold) -> Reply[Receipt]:
        """From then on every unit that has to do with the ticket reads this instead of the matter (A16)."""
        ticket = await self._seen(ask, ids.number)
        role = next((one for one in roles_of(ask) if one in CONFIRMERS), Role.HANDLER)
        acting = Acting(actor(ask, role), clock.now(), ask.version)
        with refusals(), ask.once(_confirmed):
            found = await self.desk.confirm_for_units(ticket.id, acting, body.text, tuple(body.released))
            return Reply(receipt(found), [ticket.number], version=found.steps)

    async def _seen(self, ask: Ask, number: str) -> Ticket:
        ticket, tree = await self.store.by_number(number), (await self.store.register()).tree
        if ticket is None or not may_see(ticket, ask, tree):
            raise missing("工单")
        return ticket


def _readers(ticket: Ticket) -> ReadersShown:
    return ReadersShown(number=ticket.number, readers=list(ticket.readers))


def _named(found: object) -> Reply[ReadersShown] | None:
    return Reply(_readers(found), [found.number]) if isinstance(found, Ticket) else None


def _confirmed(found: object) -> Reply[Receipt] | None:
    return Reply(receipt(found), [found.number], version=found.steps) if isinstance(found, Ticket) else None
