"""The feedback check over HTTP: what a reviewer should know of the latest answer before deciding (R14.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from common.api.ask import Ask
from common.api.fields import Shown
from common.api.operation import Reply, operation
from common.api.problem import missing
from tickets.api_acting import may_see
from tickets.api_shown import OfTicket
from tickets.feedback import Answer, Fault, Matter, assess
from tickets.model import Ticket
from tickets.register import Register
from tickets.store import TicketStore
from tickets.workflow_moves import Move


class FindingShown(Shown):
    """One thing that is wrong."""

    fault: Fault
    why: str
    quoted: list[str]


class FeedbackAdvice(Shown):
    """The advice; it decides nothing."""

    seq: Annotated[int, Field(description="所评的答复在办理过程中的序号。")]
    advises_return: Annotated[bool, Field(description="是否建议退改。")]
    words: str
    findings: list[FindingShown]
    version: Annotated[str, Field(description="所用词表的版本。")]


@dataclass(frozen=True, slots=True)
class FeedbackPages:
    """The check's part of ``/api/v1``."""

    store: TicketStore

    @operation(
        "GET",
        "/api/v1/tickets/{number}/feedback-advice",
        summary="对最近一次答复的检查意见（仅供审核人员参考）",
        tag="工单",
        audit="tickets.advice",
    )
    async def read_feedback_advice(self, ask: Ask, ids: OfTicket) -> Reply[FeedbackAdvice]:
        """What the check says of the latest answer that a unit has handed in."""
        register = await self.store.register()
        ticket = await self.store.by_number(ids.number)
        if ticket is None or not may_see(ticket, ask, register.tree.root):
            raise missing("工单")
        history = await self.store.history(ticket.id)
        given = [one for one in history if one.row.partition("/")[0] == Move.SUBMIT_ANSWER]
        if not given:
            raise missing("答复")
        advice = assess(Answer.of(given[-1].facts), matter_of(ticket, register))
        body = FeedbackAdvice(
            seq=given[-1].seq,
            advises_return=advice.advises_return,
            words=advice.words,
            findings=[FindingShown(fault=one.fault, why=one.why, quoted=list(one.quoted)) for one in advice.findings],
            version=advice.version,
        )
        return Reply(body, [ticket.number])


def matter_of(ticket: Ticket, register: Register) -> Matter:
    """What an answer to this ticket must speak of."""
    details = ticket.details
    names = [register.categories[code].name for code in register.category_path(details.category)]
    place = [register.name(details.place)] if details.place else []
    return Matter(details.matter, tuple(names), (*place, *([details.address] if details.address else ())))
