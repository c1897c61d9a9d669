"""What the clock sets off: cards, escalations, our own limits, the end of a pause (R3.3, R7.2, A24, A26).

A timer fires in the transaction that writes what it does, under the lock of its ticket: so it fires exactly once,
however many services run, and a crash leaves it either done with all its effects or not done at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tickets.desk.acting import Acting, make
from tickets.desk.consequences import tell
from tickets.desk.moving import move_ticket
from tickets.model import Ticket
from tickets.notice_texts import NoticeKind
from tickets.notices import Notice
from tickets.store.tables_work import acknowledgements, timers
from tickets.store.work import Work
from tickets.timer_rules import RANKS, Timer, TimerKind, wanted
from tickets.workflow import possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

log = structlog.get_logger(__name__)

_due = (
    sa.select(timers.c.ticket_id)
    .where(timers.c.done_at.is_(None), timers.c.at <= sa.bindparam("now"))
    .order_by(timers.c.at, timers.c.ticket_id)
    .limit(sa.bindparam("most"))
)
_of_tickets = (
    sa.select(timers)
    .where(timers.c.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .where(timers.c.done_at.is_(None), timers.c.at <= sa.bindparam("now"))
    .order_by(timers.c.at, timers.c.ticket_id, timers.c.kind, timers.c.subject)
)
_one = (
    (timers.c.ticket_id == sa.bindparam("b_ticket"))
    & (timers.c.kind == sa.bindparam("b_kind"))
    & (timers.c.subject == sa.bindparam("b_subject"))
)
_done = (
    timers.update()
    .where(_one, timers.c.done_at.is_(None))
    .values(done_at=sa.bindparam("now"), outcome=sa.bindparam("how"))
)
_later = timers.update().where(_one).values(failures=timers.c.failures + 1, at=sa.bindparam("again"))
_climb = (
    acknowledgements.update()
    .where(acknowledgements.c.ticket_id == sa.bindparam("b_ticket"), acknowledgements.c.unit == sa.bindparam("b_unit"))
    .where(acknowledgements.c.acknowledged_at.is_(None))
    .values(rank=sa.bindparam("to"))
)

_LEVEL_1 = (Role.REVIEWER, Role.LEADER)
_UNIT = (Role.HANDLER, Role.DEPUTY)
_WHOLE_UNIT = (Role.HANDLER, Role.DEPUTY, Role.PRINCIPAL)
_OF_UNIT: Mapping[TimerKind, tuple[Role, ...]] = {
    TimerKind.SIGN: _UNIT,
    TimerKind.YELLOW: _UNIT,
    TimerKind.RED: _WHOLE_UNIT,
    TimerKind.INNER_DUE: _UNIT,
    TimerKind.EMERGENCY_REPORT: _WHOLE_UNIT,
}
#: What level 1 hears of as well.
_OF_LEVEL_1 = frozenset(TimerKind) - {
    TimerKind.YELLOW,
    TimerKind.TASK,
    TimerKind.INNER_DUE,
    TimerKind.PAUSE_ENDS,
}
_BY_RANK = {1: (Role.DEPUTY,), 2: (Role.PRINCIPAL,)}


@dataclass(frozen=True, slots=True)
class Fired:
    """How many timers have fired, were void, or failed; ``more`` if others may be due already."""

    fired: int
    void: int
    failed: int
    more: bool


def fire_due(work: Work, now: datetime, most: int = 200) -> Fired:
    """Fire what is due, the oldest first."""
    ids = list(dict.fromkeys(work.connection.execute(_due, {"now": now, "most": most}).scalars()))
    if not ids:
        return Fired(0, 0, 0, more=False)
    # Once their tickets are locked, nobody else fires or changes these timers: what is still waiting now is ours.
    work.prefetch(ids)
    counts = {"fired": 0, "void": 0, "failed": 0}
    for row in work.connection.execute(_of_tickets, {"ids": ids, "now": now}).all():
        counts[_fire_one(work, row, now)] += 1
    return Fired(**counts, more=len(ids) == most)


def _fire_one(work: Work, row: Any, now: datetime) -> str:
    key = {"b_ticket": row.ticket_id, "b_kind": row.kind, "b_subject": row.subject}
    work.begin()
    try:
        how = "fired" if _fire(work, work.ticket(row.ticket_id), row.kind, row.subject, now) else "void"
    except SQLAlchemyError:
        raise
    except Exception:
        # One ticket that cannot be moved must not keep the timers of all others from firing.
        log.exception("a timer failed and is tried again later", ticket=row.ticket_id, timer=row.kind)
        work.begin()
        again = now + timedelta(minutes=min(2 ** min(row.failures, 10), 1440))
        work.connection.execute(_later, {**key, "again": again})
        return "failed"
    # At once, not at the end: another look within this very transaction must find it done.
    if work.connection.execute(_done, {**key, "now": now, "how": how}).rowcount != 1:
        work.begin()
        return "void"
    work.keep()
    return how


def _fire(work: Work, ticket: Ticket, kind: str, subject: str, now: datetime) -> bool:
    """False where what the timer was for is over."""
    timer = next((one for one in wanted(ticket, work.register) if (one.kind, one.subject) == (kind, subject)), None)
    if timer is None:
        return False
    clock = Acting(Actor("system", work.register.tree.root, Role.SYSTEM), now)
    if timer.kind is TimerKind.PAUSE_ENDS:
        move_ticket(work, ticket.id, Move.RESUME, clock, Facts(remark=timer.kind.words))
        return True
    if timer.kind is TimerKind.REVIEW_TARGET:
        # That it has fired is all: it stands on the list of duties, and nobody is told (A24).
        return True
    facts = Facts(ground=timer.kind.value, reason=timer.kind.words, due=timer.at)
    after = make(work, ticket, Move.WARN, clock, facts)
    _escalate(work, after, timer)
    if timer.kind is TimerKind.RED and _may_supervise(work, after, clock):
        make(work, after, Move.SUPERVISE, clock, Facts(reason="超过办理期限"))
    return True


def _may_supervise(work: Work, ticket: Ticket, clock: Acting) -> bool:
    world = work.register.surroundings(ticket.turn, clock.now)
    return any(one.move is Move.SUPERVISE for one in possible(ticket.case, clock.actor, world))


def _escalate(work: Work, ticket: Ticket, timer: Timer) -> None:
    """Tell those who are to hear of it, by their roles in the units (R12.2)."""
    root = work.register.tree.root
    entry = work.steps_since(ticket.id, ticket.steps - 1)[-1]
    text = f"工单{ticket.number}:{timer.kind.words}"

    def warn(unit: str, roles: tuple[Role, ...]) -> None:
        tell(work, ticket, entry, Notice(NoticeKind.WARNING, text, unit, roles))

    if timer.kind is TimerKind.ACKNOWLEDGE:
        unit, rank = timer.subject.split(" ", 1)[0], int(timer.subject.rsplit(" ", 1)[1])
        work.change(_climb, b_ticket=ticket.id, b_unit=unit, to=rank)
        warn(root if rank == RANKS else unit, _BY_RANK.get(rank, (Role.LEADER,)))
        return
    if roles := _OF_UNIT.get(timer.kind):
        warn(ticket.case.offered_to or ticket.unit, roles)
    if timer.kind is TimerKind.TASK:
        warn(timer.subject.split(" ", 1)[0], _UNIT)
    if timer.kind is TimerKind.UPPER_DECIDE:
        warn(ticket.case.upper, (Role.DEPUTY, Role.PRINCIPAL))
    if timer.kind is TimerKind.ADJUDICATE and ticket.case.adjudicator:
        warn(ticket.case.adjudicator, (Role.ADJUDICATOR,))
    if timer.kind is TimerKind.INNER_DUE:
        warn(ticket.case.upper, (Role.DEPUTY,))
    if timer.kind in _OF_LEVEL_1:
        warn(root, _LEVEL_1)
