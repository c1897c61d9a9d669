"""Any move of the workflow as one use case: looked at, prepared, judged, written, and what it sets in motion."""

from __future__ import annotations

from dataclasses import replace

from common.clock import civil
from tickets.deadlines import PauseReason
from tickets.desk.acting import Acting, looked_at, make
from tickets.desk.preparing import as_inherited, moved_inside, prepared
from tickets.model import Status, Ticket
from tickets.pauses import DECISIONS
from tickets.store.work import Work
from tickets.turns import shifted
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

#: The result is there: those who called for the same matter are called back too (A13).
_RESULT = frozenset(
    {Status.AWAITING_CALLBACK, Status.NO_FURTHER_HANDLING, Status.CLOSED, Status.ANSWERED, Status.NOT_ACCEPTED}
)


def move_ticket(work: Work, ticket_id: str, move: Move, acting: Acting, facts: Facts) -> Ticket:
    """The ticket after the move.

    Raises:
        IllegalMoveError: the table does not allow it.
        NotReadyError: something must be done or told first.
        Conflict, NoSuchTicketError: see ``looked_at``.
    """
    ticket = looked_at(work, ticket_id, acting)
    ready = prepared(work, ticket, move, acting, facts)
    after = make(work, ticket, ready.move, acting, ready.facts, turn=ready.turn)
    if ready.move is Move.APPROVE_EXTENSION and not (after.details.contact or after.caller_number):
        after = _nobody_to_tell(work, after, acting)
    if ticket.status in DECISIONS and after.status is not ticket.status:
        after = our_silence(work, after, acting)
    if after.status in _RESULT and after.status is not ticket.status:
        for other in work.linked_to(after.id):
            make(work, work.ticket(other), Move.CALL_BACK_LINKED, system(work, acting), Facts())
    if ready.move is Move.LINK and work.ticket(after.handling_ticket).status in _RESULT:
        make(work, after, Move.CALL_BACK_LINKED, system(work, acting), Facts())
    return work.ticket(after.id)


def _nobody_to_tell(work: Work, ticket: Ticket, acting: Acting) -> Ticket:
    """Who left no way to be reached cannot be told: that is recorded instead (A28, A18)."""
    by = system(work, acting)
    told = prepared(work, ticket, Move.RECORD_EXTENSION_NOTICE, by, Facts(notice_id="无联系方式,无法告知"))
    return make(work, ticket, told.move, by, told.facts, turn=told.turn)


def system(work: Work, acting: Acting) -> Acting:
    """The system, at the same instant."""
    return Acting(Actor("system", work.register.tree.root, Role.SYSTEM), acting.now)


def our_silence(work: Work, ticket: Ticket, acting: Acting) -> Ticket:
    """A decision of ours that came late has cost the unit nothing: its limits move by as much (A24)."""
    last = ticket.pauses[-1] if ticket.pauses else None
    late = last is not None and last.reason is PauseReason.SILENCE and last.until == acting.now
    if ticket.turn is None or not late or ticket.status in _RESULT:
        return ticket
    rules = work.register.rules(ticket.turn, civil(acting.now).date())
    turn = shifted(as_inherited(ticket, ticket.turn), work.register.calendar, rules, ticket.pauses)
    facts = moved_inside(work.register, ticket, turn, turn.limits(Facts()))
    facts = replace(facts, reason="审批逾期,期限顺延(A24)")
    return make(work, ticket, Move.SHIFT_LIMITS, system(work, acting), facts, turn=turn)
