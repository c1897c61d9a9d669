"""What callers and units are told of a step (A18, A25, R12.2): rows of an outbox. No text holds the matter.

The words for callers stand in ``tickets.notice_texts``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from common.clock import civil
from tickets.model import Entry, Status, Ticket
from tickets.notice_texts import NoticeKind, notice_text, way_to_bring
from tickets.protecting import protected
from tickets.workflow_moves import Move
from tickets.workflow_terms import Role


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: to the caller (``unit`` empty), or to these roles of a unit."""

    kind: NoticeKind
    text: str
    unit: str = ""
    roles: tuple[Role, ...] = ()


HANDLERS = (Role.HANDLER,)
LEADERS = (Role.HANDLER, Role.DEPUTY, Role.PRINCIPAL)
#: Who decides in an upper unit.
DECIDERS = (Role.REVIEWER, Role.DEPUTY, Role.PRINCIPAL)

#: What the accountable unit is told of at once.
_TO_UNIT = {
    Move.FORCE_DISPATCH: "经裁定强制派单,请签收办理",
    Move.REFUSE_RETURN: "退回未获同意,请继续办理",
    Move.APPROVE_EXTENSION: "延期已获同意,告知诉求人后生效",
    Move.REFUSE_EXTENSION: "延期未获同意,请按期办结",
    Move.PAUSE: "已同意待补充材料,期限暂停",
    Move.REFUSE_PAUSE: "待补充未获同意,请继续办理",
    Move.SENT_BACK_BY_ISSUER: "交办上级退回,重新办理",
    Move.SET_INNER_DUE: "上级机构改定了内部期限",
    Move.RESUME: "恢复办理",
    Move.REFUSE_TERMINATION: "不再办理未获同意,请继续办理",
    Move.RETURN_ANSWER: "答复被退改",
    Move.SEND_BACK: "发回重新办理",
    Move.SUPERVISE: "已转为督办",
    Move.URGE: "诉求人催办",
    Move.SUPPLEMENT: "诉求人补充了材料",
    Move.WITHDRAW: "诉求人撤诉",
    Move.NAME_CO_HANDLERS: "已指定协办单位",
    Move.SHIFT_LIMITS: "办理期限已重新计算",
}
#: What the upper unit is asked to decide.
_TO_UPPER = {
    Move.REQUEST_RETURN: "申请退回,请审批",
    Move.REQUEST_EXTENSION: "申请延期,请审批",
    Move.ASK_FOR_PAUSE: "申请待补充材料,请审批",
    Move.REQUEST_TERMINATION: "申请不再办理,请审批",
    Move.REQUEST_ADJUDICATION: "申请职责裁定",
    Move.DECLINE: "退还了转交的工单",
    Move.APPEAL: "对发回重办提出申诉",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What the caller is told beside the step: until when, and why (R22.4); a link for material (R14.2)."""

    limit: date
    reason: str = ""
    link: str = ""


def notices_of(
    before: Ticket, after: Ticket, entry: Entry, promise: Promise | None = None, *, tried: bool = False
) -> Iterator[Notice]:
    """Every notice that a move of the workflow brings with it; ``promise`` goes with an extension and a pause.

    ``tried`` says that enough callbacks have reached nobody, from this step on (A7).
    """
    move = Move.of(entry.row.partition("/")[0])
    yield from _to_caller(before, after, move, entry, promise, tried=tried)
    told = f"工单{after.number}"
    if move in (Move.DISPATCH, Move.PASS_DOWN):
        urgent = "紧急工单" if after.emergency_at else "工单"
        roles = LEADERS if after.emergency_at else HANDLERS
        for unit in (entry.facts.unit, *entry.facts.co_handlers):
            yield Notice(NoticeKind.UNIT, f"{urgent}{after.number}已派到本单位,请签收", unit, roles)
    if move is Move.NAME_CO_HANDLERS:
        for unit in entry.facts.co_handlers:
            yield Notice(NoticeKind.UNIT, f"{told}请协办", unit, HANDLERS)
    if text := _TO_UNIT.get(move):
        # A withdrawal or a ruling may have taken it from the unit that must hear of it.
        for unit in dict.fromkeys((after.unit, *before.case.tasks)):
            yield Notice(NoticeKind.UNIT, f"{told}:{text}", unit, HANDLERS)
    if move in (Move.REQUEST_ADJUDICATION, Move.REFER_DISPUTE):
        yield _to_body(after, told)
    if text := _TO_UPPER.get(move):
        yield Notice(NoticeKind.UNIT, f"{told}:{text}", before.case.upper, DECIDERS)


def _to_body(ticket: Ticket, told: str) -> Notice:
    """The body that has to rule; level 1 where the city has registered none for such disputes (R21.3)."""
    case = ticket.case
    words = case.dispute.words if case.dispute else "争议"
    if case.adjudicator:
        return Notice(NoticeKind.UNIT, f"{told}:{words}待裁定", case.adjudicator, (Role.ADJUDICATOR,))
    text = f"{told}:{words}没有可送的裁定机构,请在机构名录登记后改送"
    return Notice(NoticeKind.UNIT, text, case.givers[0], (Role.REVIEWER, Role.LEADER))


def extended_notice(ticket: Ticket, promise: Promise, day: date) -> Notice:
    """What a caller is told of an extension: the handling ticket's own, and each who was linked to it (R22.4, A13)."""
    told = {"limit": _day(promise.limit), "reason": promise.reason or "情况特别复杂"}
    return _notice(NoticeKind.EXTENDED, ticket, day, **told)


def _notice(kind: NoticeKind, ticket: Ticket, day: date, **told: str) -> Notice:
    # Who asked not to be known is written to as discreetly as about a confidential matter (A16).
    discreet = ticket.confidential or protected(ticket.details)
    return Notice(kind, notice_text(kind, day, confidential=discreet, number=ticket.number, **told))


def _to_caller(
    before: Ticket, after: Ticket, move: Move, entry: Entry, promise: Promise | None, *, tried: bool
) -> Iterator[Notice]:
    day, facts = civil(entry.at).date(), entry.facts
    if _accepted(before, after):
        yield _notice(NoticeKind.ACCEPTED, after, day, code=after.query_code)
    elif move is Move.APPROVE_EXTENSION and promise:
        yield extended_notice(after, promise, day)
    elif move is Move.PAUSE and promise:
        way = way_to_bring(promise.link)
        yield _notice(NoticeKind.WAITING, after, day, reason=promise.reason, limit=_day(promise.limit), way=way)
    elif move is Move.REFUSE:
        yield _notice(NoticeKind.NOT_ACCEPTED, after, day, reason=facts.reason, channel=facts.lawful_channel)
    elif _finished(before, after) and move not in (Move.WITHDRAW, Move.GRANT_APPEAL):
        yield _notice(NoticeKind.FINISHED, after, day)
    elif tried:
        yield _notice(NoticeKind.SURVEY, after, day)


def _day(day: date) -> str:
    return f"{day:%Y年%m月%d日}"


def _accepted(before: Ticket, after: Ticket) -> bool:
    """Told once: a ticket that comes back from a unit, or from a link, is not accepted anew (A18)."""
    return after.told_accepted and not before.told_accepted and not before.case.transferred


def _finished(before: Ticket, after: Ticket) -> bool:
    return after.status is Status.AWAITING_CALLBACK and before.status is not Status.AWAITING_CALLBACK
