"""What is known before a ticket closes: the callbacks on record, the message after them, whom nobody could reach."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from tickets.errors import NotReadyError
from tickets.model import Ticket
from tickets.notice_texts import NoticeKind
from tickets.store.tables_work import notices
from tickets.store.work import Work
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

_NOT_SATISFIED = frozenset({CallbackResult.DISSATISFIED, CallbackResult.PARTIAL, CallbackResult.REFUSED})
#: Who answers says whether it is solved.
_ASKED = frozenset({CallbackResult.SATISFIED, CallbackResult.PARTIAL, CallbackResult.DISSATISFIED})
_survey_of = (
    sa.select(notices.c.id)
    .where(notices.c.ticket_id == sa.bindparam("ticket"), notices.c.kind == NoticeKind.SURVEY.value)
    .where(notices.c.created_at >= sa.bindparam("since"), notices.c.state == "sent")
    .order_by(notices.c.created_at.desc(), notices.c.id.desc())
    .limit(1)
)


def as_recorded(work: Work, ticket: Ticket, facts: Facts) -> Facts:
    """The facts of a closing, with attempts, message and answers as they were recorded, whatever else is said (A7).

    Raises:
        NotReadyError: the caller could have been called (R14.6, A28), or said something else when they were.
    """
    if facts.callback is CallbackResult.NO_CONTACT and (ticket.details.contact or ticket.caller_number):
        raise NotReadyError("诉求人留有联系方式,须经回访(第十四条)")
    last = _last_callback(work, ticket)
    if facts.callback is CallbackResult.SATISFIED and last.callback in _NOT_SATISFIED:
        raise NotReadyError("最近一次回访记录的不是满意,结果有变的,须先记录新的回访(第十四条)")
    solved = last.solved if facts.solved is None else facts.solved
    known = replace(facts, attempts=ticket.attempts, solved=solved, sms_id=facts.sms_id or _survey(work, ticket, facts))
    asked_whether_solved(known)
    return known


def asked_whether_solved(facts: Facts) -> None:
    """Whom the callback reached has been asked whether it is solved (R14.6).

    Raises:
        NotReadyError: they have not.
    """
    if facts.callback in _ASKED and facts.solved is None:
        raise NotReadyError("回访须记录问题是否解决(第十四条)")


def _last_callback(work: Work, ticket: Ticket) -> Facts:
    """What the latest callback of this round came to; nothing where there was none."""
    last = work.latest(ticket.id, Move.RECORD_CALLBACK.value) if ticket.callbacks else None
    return last.facts if last else Facts()


def _survey(work: Work, ticket: Ticket, facts: Facts) -> str:
    if facts.callback is not CallbackResult.UNREACHED or not ticket.attempts:
        return ""
    told = {"ticket": ticket.id, "since": ticket.attempts[0]}
    return work.connection.execute(_survey_of, told).scalar() or ""
