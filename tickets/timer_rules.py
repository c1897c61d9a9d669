"""Which timers a ticket must have, as it stands: a pure function, so that they can always be set anew from it.

A timer's key says what it is for. When a date moves, the timer of the old date is no longer wanted and one of another
key is, so that each happens exactly once for what it was set for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain

from common.clock import CIVIL, civil
from common.worded import Worded
from tickets.cards import red_from, task_due, yellow_from
from tickets.deadlines import by_day, instant_due
from tickets.details import Urgency
from tickets.emergency_limits import emergency_limits
from tickets.model import Ticket
from tickets.pauses import DECISIONS, LATE_DECISION
from tickets.register import Register
from tickets.ruleset import RuleId, RuleSet
from tickets.turns import Dated
from tickets.workflow_terms import Status


class TimerKind(Worded):
    """What a timer is for; the words are what people read when it has fired."""

    REVIEW = "review_overdue", "审核派单超过时限"
    #: A warning only: nobody is told, it stands on the list of duties (A24).
    REVIEW_TARGET = "review_target", "审核派单已超过日间目标时间"
    SIGN = "sign_overdue", "签收超过时限"
    DECIDE = LATE_DECISION, "审批超过时限,承办单位的期限自此暂停"
    UPPER_DECIDE = "upper_decide_overdue", "上级机构审批超过时限"
    ADJUDICATE = "adjudicate_overdue", "职责裁定超过时限"
    CALLBACK = "callback_overdue", "未在时限内开始回访"
    YELLOW = "yellow_card", "黄牌:办理期限只剩最后时间"
    RED = "red_card", "红牌:已超过办理期限"
    TASK = "task_overdue", "协办任务已到期限"
    CITIZEN = "citizen_waits", "工单几经转办,诉求人自首次受理起的等待已超过办理时限"
    INNER_DUE = "inner_due", "已到上级机构规定的内部期限"
    REPORT_SOON = "report_back_soon", "上级交办件期限将到,尚未报告上级"
    REPORT_LATE = "report_back_late", "上级交办件期限已过,尚未报告上级"
    PAUSE_ENDS = "pause_ends", "待补充期满,恢复办理"
    EMERGENCY_TARGET = "emergency_target", "紧急件未在目标时间内派单"
    EMERGENCY_DISPATCH = "emergency_dispatch", "紧急件派单超过时限"
    EMERGENCY_REPORT = "emergency_report", "紧急件报告超过时限"
    ACKNOWLEDGE = "acknowledge", "紧急件尚未确认,通知上一级联系人"


@dataclass(frozen=True, slots=True)
class Timer:
    """What shall happen at an instant; ``subject`` tells timers of one kind apart."""

    kind: TimerKind
    subject: str
    at: datetime


#: Nobody works on it, and it waits for a person of ours.
_CALLBACK = (Status.AWAITING_CALLBACK, Status.NO_FURTHER_HANDLING)
_ENDED = (Status.CLOSED, Status.ANSWERED, Status.NOT_ACCEPTED, Status.ARCHIVED, Status.DRAFT)
#: The answer is given, or nobody is to give one: no card.
_ANSWERED = (*_CALLBACK, *_ENDED, Status.ADJUDICATION, Status.AWAITING_REVIEW, Status.LINKED)
#: Ranks that are told of an emergency one after the other: duty phone, deputy, principal, level 1's leader (R7.2).
RANKS = 3


def wanted(ticket: Ticket, register: Register) -> frozenset[Timer]:
    """Every timer that must stand for this ticket, those that have fired already included."""
    if ticket.status in _ENDED:
        return frozenset()
    rules = register.rules(ticket.turn, civil(ticket.since).date())
    kinds = (_ours(ticket, register, rules), _cards(ticket, register, rules), _emergency(ticket, rules))
    watched = (*_citizen(ticket, register, rules), *_reports(ticket, register, rules))
    return frozenset((*chain.from_iterable(kinds), *watched))


def _key(instant: datetime) -> str:
    """An instant in a timer's key: the same however it was read."""
    return instant.astimezone(UTC).isoformat()


def _ours(ticket: Ticket, register: Register, rules: RuleSet) -> Iterator[Timer]:
    """Limits on ourselves, and on signing (A2, A24, R21.3)."""
    urgent = ticket.details.urgency is not Urgency.NORMAL
    status = ticket.status
    since = _key(ticket.since)

    def within(kind: TimerKind, rule: RuleId) -> Timer:
        return Timer(kind, since, instant_due(rule, ticket.since, register.calendar, rules))

    if status is Status.AWAITING_REVIEW and ticket.emergency_at is None:
        yield within(TimerKind.REVIEW, RuleId.REVIEW_TARGET if urgent else RuleId.REVIEW)
        if not urgent:
            at = by_day(RuleId.REVIEW_TARGET, ticket.since, register.calendar, rules)
            yield Timer(TimerKind.REVIEW_TARGET, since, at)
    elif status is Status.AWAITING_SIGNATURE:
        yield within(TimerKind.SIGN, RuleId.SIGN_URGENT if urgent else RuleId.SIGN)
    elif status in DECISIONS:
        kind = TimerKind.DECIDE if _level_1_decides(ticket, register) else TimerKind.UPPER_DECIDE
        yield within(kind, RuleId.DECIDE)
    elif status is Status.ADJUDICATION:
        yield within(TimerKind.ADJUDICATE, RuleId.ADJUDICATE)
    elif status in _CALLBACK and not ticket.callbacks:
        yield within(TimerKind.CALLBACK, RuleId.CALLBACK)
    elif status is Status.WAITING_FOR_MATERIAL:
        begun = civil(ticket.pauses[-1].since).date()
        last = register.calendar.add(begun, rules.limits[RuleId.PAUSE_FOR_MATERIAL].amount)
        yield Timer(TimerKind.PAUSE_ENDS, since, datetime.combine(last + timedelta(days=1), time(), CIVIL))


def _cards(ticket: Ticket, register: Register, rules: RuleSet) -> Iterator[Timer]:
    """Yellow and red, and the limit that a level 2 set before its own (R18)."""
    if ticket.turn is None or ticket.paused or ticket.status in _ANSWERED:
        return
    due = ticket.turn.due
    subject = f"{ticket.turn.seq} {due.on}"
    yield Timer(TimerKind.YELLOW, subject, yellow_from(due, register.calendar, rules))
    # Nobody is late while they wait for a decision of ours that they asked for in time (A24).
    if not (ticket.status in DECISIONS and _level_1_decides(ticket, register)):
        yield Timer(TimerKind.RED, subject, red_from(due, register.calendar))
    for unit in ticket.case.tasks:
        yield Timer(TimerKind.TASK, f"{unit} {subject}", task_due(due, register.calendar, rules))
    if inner := ticket.case.inner_due:
        yield Timer(TimerKind.INNER_DUE, f"{ticket.unit} {_key(inner)}", inner)


def _level_1_decides(ticket: Ticket, register: Register) -> bool:
    """Whether it is ours to decide, or first a level 2's: only our silence stops the clock (A4, A12, A24)."""
    if ticket.status is Status.TERMINATION_REQUESTED or ticket.case.upper == register.tree.root:
        return True
    return ticket.status is Status.EXTENSION_REQUESTED and ticket.case.endorsed


def _citizen(ticket: Ticket, register: Register, rules: RuleSet) -> Iterator[Timer]:
    """After a return or a ruling the new unit has its own days, the citizen none: their time is watched too (A3)."""
    if ticket.status in (*_CALLBACK, Status.LINKED) or not (ticket.case.returned_to or ticket.case.forced):
        return
    at = citizen_limit(ticket, register, rules)
    if ticket.turn is None or ticket.turn.original_due.at > at:
        yield Timer(TimerKind.CITIZEN, _key(ticket.opened_at), at)


def citizen_limit(ticket: Ticket, register: Register, rules: RuleSet) -> datetime:
    """By when the citizen would have had an answer if one unit had had the ticket from first acceptance on (A3)."""
    law = rules.statutory.get(register.statutory(ticket.details.category, civil(ticket.opened_at).date()))
    limit = law.limit if law else None
    return instant_due(RuleId.HANDLE, ticket.opened_at, register.calendar, rules, limit=limit)


def _reports(ticket: Ticket, register: Register, rules: RuleSet) -> Iterator[Timer]:
    """Whoever gave a ticket from above waits for the report by the day it has named (A27)."""
    above = ticket.details.inherited
    if above is None or above.due is None or not ticket.case.issuer or ticket.case.reported:
        return
    day = (civil(above.due) - timedelta(microseconds=1)).date()
    due = Dated(day, above.due, provisional=False, promised=day)
    yield Timer(TimerKind.REPORT_SOON, _key(above.due), yellow_from(due, register.calendar, rules))
    yield Timer(TimerKind.REPORT_LATE, _key(above.due), above.due)


def _emergency(ticket: Ticket, rules: RuleSet) -> Iterator[Timer]:
    """Clock time, not working days (R7.2)."""
    if ticket.emergency_at is None or ticket.status in (*_CALLBACK, Status.LINKED):
        return
    limits = emergency_limits(ticket.emergency_at, rules)
    if ticket.status is Status.AWAITING_REVIEW:
        yield Timer(TimerKind.EMERGENCY_TARGET, _key(ticket.since), limits.dispatch_target)
        yield Timer(TimerKind.EMERGENCY_DISPATCH, _key(ticket.since), limits.dispatch_by)
        return
    report = ticket.reported_at + limits.report_every if ticket.reported_at else limits.first_report_by
    yield Timer(TimerKind.EMERGENCY_REPORT, _key(report), report)
    for unit, asked in ticket.awaited:
        for rank in range(1, RANKS + 1):
            at = asked + timedelta(minutes=rank * rules.acknowledge_minutes)
            yield Timer(TimerKind.ACKNOWLEDGE, f"{unit} {_key(asked)} {rank}", at)
