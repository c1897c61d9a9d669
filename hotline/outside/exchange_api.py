"""Handing a ticket to a partner, for the people of the hotline (R16.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Line, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import CONFLICT, missing
from hotline.outside.exchange import Exchange, ExchangeError
from hotline.outside.exchange_rows import Exchanged, of_ticket
from tickets.api_shown import OfTicket
from tickets.model import Ticket
from tickets.protecting import redacted
from tickets.seeing import hidden_from, may_see
from tickets.store import TicketStore


class HandOverTold(Told):
    """To whom, and why."""

    partner: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="协作单位的代号，见设置 partners。")]
    reason: Line


class ExchangeShown(Shown):
    """One partner with whom a ticket is shared."""

    partner: str
    direction: Annotated[str, Field(description="out 转出，in 转入。")]
    number: Annotated[str, Field(description="对方的编号；尚未送达时为空。")]
    status: str
    words: str
    state: Annotated[
        str, Field(description="waiting 待送，idle 已送达，failed 多次未成已搁置，closed 搁置后已由人了结。")
    ]
    error: str
    since: Stamp


class ExchangeList(Shown):
    """All of a ticket's."""

    exchanges: list[ExchangeShown]


@dataclass(frozen=True, slots=True)
class ExchangePages:
    """The exchange's part of ``/api/v1``."""

    store: TicketStore
    exchange: Exchange

    @operation(
        "GET", "/api/v1/tickets/{number}/exchanges", summary="工单与协作单位的交换", tag="工单", audit="exchanges.list"
    )
    async def list_exchanges(self, ask: Ask, ids: OfTicket) -> Reply[ExchangeList]:
        """Where it went, where it came from, and how far it is there."""
        ticket = await self._seen(ask, ids.number)
        found = await self.store.read(lambda connection: of_ticket(connection, ticket.id))
        return Reply(ExchangeList(exchanges=[_shown(one, ticket, ask) for one in found]), [ticket.number])

    @operation(
        "POST",
        "/api/v1/tickets/{number}/exchanges",
        summary="转给协作单位（其他热线、110）",
        tag="工单",
        scope=Scope.WRITE,
        audit="exchanges.add",
        status=202,
        problems=(CONFLICT,),
    )
    async def hand_over(self, ask: Ask, ids: OfTicket, body: HandOverTold) -> Reply[ExchangeList]:
        """Sent until it arrives; asked for twice, it is refused the second time, so that nothing goes twice."""
        ticket = await self._seen(ask, ids.number)
        try:
            await self.exchange.hand_over(ticket.id, body.partner, body.reason, ask.caller.person)
        except ExchangeError as error:
            raise CONFLICT.problem(str(error)) from error
        found = await self.store.read(lambda connection: of_ticket(connection, ticket.id))
        return Reply(ExchangeList(exchanges=[_shown(one, ticket, ask) for one in found]), [ticket.number])

    async def _seen(self, ask: Ask, number: str) -> Ticket:
        ticket, tree = await self.store.by_number(number), (await self.store.register()).tree
        if ticket is None or not may_see(ticket, ask, tree):
            raise missing("工单")
        await self.store.require(ticket)
        return ticket


def _shown(one: Exchanged, ticket: Ticket, ask: Ask) -> ExchangeShown:
    # Why it was handed over, and what a partner says of it, may name a protected reporter (A16).
    words = redacted(one.words, ticket) if hidden_from(ticket, ask) else one.words
    return ExchangeShown(
        partner=one.partner,
        direction=one.direction,
        number=one.number,
        status=one.status,
        words=words,
        state=one.state,
        error=one.error,
        since=one.created_at,
    )
