"""What a clerk sees before a ticket is sent, and what is like a text, over HTTP (R21.0)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.fields import Revealing, Shown, Stamp, Text, Told
from common.api.operation import Reply, operation
from common.api.problem import missing
from tickets.alike import alike
from tickets.api_register_shown import Code, LineShown, line_shown
from tickets.api_shown import OfTicket, TicketShown, ticket_shown
from tickets.catalogue import Ruling
from tickets.desk import TicketDesk
from tickets.desk.advising import EarlierReturn, Similar, similar
from tickets.model import Status
from tickets.register import Register
from tickets.seeing import may_see, own_units
from tickets.store import TicketStore
from tickets.store.finding import of_ids

_TAG = "工单"
_MOST_LIKE = 20


class ReturnedShown(Shown):
    """A unit wanted to return it."""

    unit: str
    unit_name: str
    outcome: Annotated[str, Field(description="accepted 同意退回，refused 不同意；尚未决定为空。")]


class FateShown(Shown):
    """A ticket of the like, and what became of it."""

    ticket: Annotated[str, Field(description="工单编号。")]
    opened_at: Stamp
    status: Status
    status_words: str
    unit: Annotated[str, Field(description="责任单位的编号。")]
    unit_name: str
    words: Annotated[list[str], Field(description="两件工单的文字中相同的词；仅类别和地点相同的为空。")]
    returned: Annotated[list[ReturnedShown], Field(description="申请过退回的单位及其结果。")]
    ruled: Annotated[str, Field(description="职责裁定的承办单位；没有裁定为空。")]


class SimilarShown(FateShown):
    """A handled ticket of the like."""

    same_place: Annotated[bool, Field(description="事发地相同。")]


class EarlierReturnShown(Shown):
    """A return of such a matter."""

    ticket: str
    unit: str
    unit_name: str
    at: Stamp
    reason: str
    basis: str
    suggestion: str
    outcome: Annotated[str, Field(description="accepted 同意退回，refused 不同意；尚未决定为空。")]


class EarlierRulingShown(Shown):
    """A ruling on such a matter."""

    ticket: str
    unit: str
    unit_name: str
    ruling: str
    basis: str
    on: date


class AdviceShown(Shown):
    """Everything that speaks for or against a unit, the weightiest first."""

    missing: Annotated[list[str], Field(description="派单前还须补全的内容。")]
    lines: Annotated[list[LineShown], Field(description="派单目录，最贴近的在前；第一条的 lead 为承办单位。")]
    rulings: Annotated[list[EarlierRulingShown], Field(description="同类事项的职责裁定。")]
    returns: Annotated[list[EarlierReturnShown], Field(description="同类事项的退回。")]
    similar: Annotated[list[SimilarShown], Field(description="已办的相似工单：文字相近的在前，再列类别、地点相同的。")]
    repeats: Annotated[list[TicketShown], Field(description="同一诉求人或同一事项未办结的工单，可关联。")]


class LikeTold(Told):
    """A text, and among which tickets its like are sought."""

    text: Annotated[Text, Field(description="一段文字，例如诉求内容；其中的电话和证件号码不参与比较。")]
    open: Annotated[bool | None, Field(description="true 只看未办结的，false 只看已办结的；不写则都看。")] = None
    category: Annotated[Code | None, Field(description="诉求类别的代码，含其下各类；不写则不限。")] = None
    limit: Annotated[int, Field(ge=1, le=_MOST_LIKE, description=f"至多几件，1 到 {_MOST_LIKE}。")] = 10


class LikeList(Shown):
    """The tickets that are most like a text, the most like first."""

    tickets: list[FateShown]


@dataclass(frozen=True, slots=True)
class AdvicePages:
    """The desk's advice. It decides nothing."""

    store: TicketStore
    desk: TicketDesk

    @operation(
        "GET",
        "/api/v1/tickets/{number}/advice",
        summary="派单前的参考：派单目录、裁定、退回、相似工单、可关联的工单",
        tag=_TAG,
        audit="tickets.advice",
    )
    async def read_advice(self, ask: Ask, ids: OfTicket, query: Revealing) -> Reply[AdviceShown]:
        """The catalogue first, what became of the like second (R21.0); for level 1, which dispatches."""
        del query  # the reason in it has reached ``ask``
        register = await self.store.register()
        tree = register.tree
        ticket = await self.store.by_number(ids.number)
        if ticket is None or not may_see(ticket, ask, tree):
            raise missing("工单")
        await self.store.require(ticket)
        advice = await self.desk.advice(ticket.id, clock.now())
        known = await self.store.read(partial(of_ids, ids=[one.ticket_id for one in advice.rulings]))
        repeats = [one for one in advice.repeats if may_see(one, ask, tree)]
        body = AdviceShown(
            missing=list(advice.missing),
            lines=[line_shown(line) for line in advice.lines],
            rulings=[_ruling(one, known[one.ticket_id].number, register) for one in advice.rulings],
            returns=[_return(one, register) for one in advice.returns],
            similar=[SimilarShown(**_fate(one, register), same_place=one.same_place) for one in advice.similar],
            repeats=[ticket_shown(one, ask, tree) for one in repeats],
        )
        shown = [one.ticket for group in (body.rulings, body.returns, body.similar) for one in group]
        return Reply(body, list(dict.fromkeys([ticket.number, *shown, *(one.number for one in repeats)])))

    @operation(
        "POST",
        "/api/v1/search/similar",
        summary="查与一段文字相似的工单及其结果",
        tag=_TAG,
        audit="tickets.similar",
    )
    async def find_similar(self, ask: Ask, body: LikeTold) -> Reply[LikeList]:
        """The like of what somebody says, whether or not there is a ticket of it yet; each reader's own (R14.8, R25.1).

        The text goes in the body, since addresses of pages are written down in many places.
        """
        register = await self.store.register()
        tree = register.tree
        found = await alike(
            self.store,
            body.text,
            limit=body.limit,
            is_open=body.open,
            category=body.category or "",
            units=own_units(ask, tree),
        )
        seen = [one for one in found if may_see(one.fate.ticket, ask, tree)][: body.limit]
        shown = [FateShown(**_fate(similar(one.fate, one.words), register)) for one in seen]
        return Reply(LikeList(tickets=shown), [one.ticket for one in shown])


def _fate(one: Similar, register: Register) -> dict[str, Any]:
    return {
        "ticket": one.number,
        "opened_at": one.opened_at,
        "status": one.status,
        "status_words": one.status.words,
        "unit": one.unit,
        "unit_name": register.name(one.unit),
        "words": list(one.words),
        "returned": [
            ReturnedShown(unit=back.unit, unit_name=register.name(back.unit), outcome=back.outcome)
            for back in one.returned
        ],
        "ruled": one.ruled,
    }


def _return(one: EarlierReturn, register: Register) -> EarlierReturnShown:
    return EarlierReturnShown(
        ticket=one.number,
        unit=one.unit,
        unit_name=register.name(one.unit),
        at=one.at,
        reason=one.reason,
        basis=one.basis,
        suggestion=one.suggestion,
        outcome=one.outcome,
    )


def _ruling(one: Ruling, number: str, register: Register) -> EarlierRulingShown:
    return EarlierRulingShown(
        ticket=number, unit=one.unit, unit_name=register.name(one.unit), ruling=one.ruling, basis=one.basis, on=one.on
    )
