"""The feedback check over HTTP: for the unit before it submits an answer, for the reviewer before deciding (R14.5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.fields import Instant, Shown, Told
from common.api.operation import Reply, operation
from common.api.problem import missing
from tickets.api_shown import OfTicket
from tickets.feedback import Answer, Assessment, Earlier, Fault, Matter, assess
from tickets.model import Ticket
from tickets.protecting import for_units, protected
from tickets.register import Register
from tickets.seeing import may_see, unknown_to
from tickets.store import TicketStore
from tickets.store.answers import recent_answers
from tickets.workflow_moves import Move

Written = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


class FindingShown(Shown):
    """One thing that is wrong."""

    fault: Fault
    why: str
    quoted: list[str]


class AnswerTold(Told):
    """An answer that is to be submitted, as far as it is written."""

    facts_found: Annotated[Written, Field(description="查明的事实。")] = ""
    done: Annotated[Written, Field(description="采取的措施。")] = ""
    result: Annotated[Written, Field(description="办理结果。")] = ""
    answered_at: Annotated[Instant | None, Field(description="答复诉求人的时间。")] = None
    contact: Annotated[Written, Field(description="与诉求人联系情况。")] = ""


class AnswerAdvice(Shown):
    """The advice; it decides nothing."""

    advises_return: Annotated[bool, Field(description="是否建议退改。")]
    words: str
    findings: list[FindingShown]
    version: Annotated[str, Field(description="所用词表的版本。")]


class FeedbackAdvice(AnswerAdvice):
    """The advice on an answer that was submitted."""

    seq: Annotated[int, Field(description="所评的答复在办理过程中的序号。")]


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
        ticket, register = await self._seen(ask, ids.number)
        history = await self.store.history(ticket.id)
        given = [one for one in history if one.row.partition("/")[0] == Move.SUBMIT_ANSWER]
        if not given:
            raise missing("答复")
        advice = await self._assessed(ask, Answer.of(given[-1].facts), ticket, register, given[-1].actor.unit)
        return Reply(FeedbackAdvice(**_advice(advice), seq=given[-1].seq), [ticket.number])

    @operation(
        "POST",
        "/api/v1/tickets/{number}/feedback-check",
        summary="提交办理结果前的检查（不提交，也不保存）",
        tag="工单",
        audit="tickets.advice",
    )
    async def check_feedback(self, ask: Ask, ids: OfTicket, body: AnswerTold) -> Reply[AnswerAdvice]:
        """What the reviewer will be told of an answer like this; nothing is submitted or kept."""
        ticket, register = await self._seen(ask, ids.number)
        answer = Answer(body.facts_found, body.done, body.result, body.answered_at, body.contact)
        advice = await self._assessed(ask, answer, ticket, register, ask.caller.unit)
        return Reply(AnswerAdvice(**_advice(advice)), [ticket.number])

    async def _seen(self, ask: Ask, number: str) -> tuple[Ticket, Register]:
        register = await self.store.register()
        ticket = await self.store.by_number(number)
        if ticket is None or not may_see(ticket, ask, register.tree):
            raise missing("工单")
        await self.store.require(ticket)
        return ticket, register

    async def _assessed(self, ask: Ask, answer: Answer, ticket: Ticket, register: Register, unit: str) -> Assessment:
        apart = unknown_to(ask, register.tree)
        given = await self.store.read(partial(recent_answers, unit=unit, beside=ticket.id, apart=apart))
        earlier = [Earlier(one.number, Answer.of(one.facts).text) for one in given]
        return assess(answer, matter_of(ticket, register), earlier)


def _advice(advice: Assessment) -> dict[str, Any]:
    return {
        "advises_return": advice.advises_return,
        "words": advice.words,
        "findings": [FindingShown(fault=one.fault, why=one.why, quoted=list(one.quoted)) for one in advice.findings],
        "version": advice.version,
    }


def matter_of(ticket: Ticket, register: Register) -> Matter:
    """What an answer to this ticket must speak of, as the unit knows it: a finding quotes from it (A16)."""
    details = ticket.details
    hidden = protected(details)
    names = [register.categories[code].name for code in register.category_path(details.category)]
    place = [register.name(details.place)] if details.place else []
    address = [details.address] if details.address and not hidden else []
    return Matter(for_units(details), tuple(names), (*place, *address))
