"""What is recorded of a matter: opened through any channel, completed, marked (R3.1, R4.1, R14.1, R7.2, A15)."""

from __future__ import annotations

from dataclasses import replace

from common.clock import civil
from tickets.attachment_rows import of_ticket
from tickets.desk.acting import Acting, looked_at, make
from tickets.desk.consequences import acknowledgements, tell
from tickets.desk.filing import refile
from tickets.desk.preparing import as_inherited
from tickets.desk.readiness import CONFIRMERS, check_for_units
from tickets.details import Details, Nature, Urgency, based
from tickets.errors import NotReadyError
from tickets.history import described, noted
from tickets.model import Described, Entry, ForUnits, Opening, Readers, Status, Ticket
from tickets.notice_texts import NoticeKind
from tickets.notices import LEADERS, Notice
from tickets.protecting import protected, tells
from tickets.store.opening import open_one
from tickets.store.work import Work
from tickets.turns import shifted
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

_BEFORE_DISPATCH = frozenset({Status.DRAFT, Status.AWAITING_REVIEW})
#: A unit's clock runs in these; in others its limit is computed when the clock runs again.
_RUNNING = frozenset(
    {
        Status.AWAITING_SIGNATURE,
        Status.IN_HANDLING,
        Status.CO_HANDLING,
        Status.HANDLED_AGAIN,
        Status.SUPERVISED,
        Status.RETURN_REQUESTED,
        Status.EXTENSION_REQUESTED,
        Status.TERMINATION_REQUESTED,
        Status.AWAITING_UPPER_REVIEW,
    }
)
_HOTLINE = frozenset({Role.AGENT, Role.REVIEWER, Role.LEADER})
_LATER = frozenset({Role.REVIEWER, Role.LEADER})


def open_ticket(work: Work, opening: Opening) -> Ticket:
    """A new ticket.

    Raises:
        NotReadyError: its details cannot be.
    """
    _check(work, opening.details, opening.role)
    return open_one(work, replace(opening, details=based(opening.details)))


def describe(work: Work, ticket_id: str, acting: Acting, details: Details, confidential: bool | None) -> Ticket:
    """Write down what is known of the matter from now on; the old stays in the history.

    Raises:
        NotReadyError: not theirs to do, or not like this.
        Conflict, NoSuchTicketError: see ``looked_at``.
    """
    ticket = looked_at(work, ticket_id, acting)
    actor = acting.actor
    allowed = _HOTLINE if ticket.status in _BEFORE_DISPATCH else _LATER
    if actor.unit != work.register.tree.root or actor.role not in allowed:
        raise NotReadyError(f"诉求信息应由一级机构的{'/'.join(role.words for role in Role if role in allowed)}修改")
    if ticket.status in (Status.CLOSED, Status.ARCHIVED):
        raise NotReadyError("工单已办结,不能再修改诉求信息")
    details = _with_what_units_get(ticket, based(details))
    _check(work, details, actor.role)
    marked = ticket.confidential if confidential is None else confidential
    marked = marked or _protected(details)
    if ticket.confidential and not marked and actor.role is not Role.LEADER:
        raise NotReadyError("保密标记只能由一级机构负责人解除(第二十五条)")
    if (details, marked) == (ticket.details, ticket.confidential):
        return ticket
    told = Described(details, marked)
    entry = Entry(ticket.id, ticket.steps + 1, acting.now, actor, "describe", told, ticket.status, ticket.unit)
    after = described(ticket, told, entry)
    work.add(after, entry)
    if after.confidential != ticket.confidential:
        refile(work, after)
    acknowledgements(work, ticket, after, entry)
    for unit, _ in after.awaited if not ticket.emergency_at else ():
        text = f"工单{after.number}转为突发紧急件,请立即确认"
        tell(work, after, entry, Notice(NoticeKind.UNIT, text, unit, LEADERS))
    return _under_its_limit(work, ticket, after, acting)


def name_readers(work: Work, ticket_id: str, acting: Acting, readers: tuple[str, ...], reason: str) -> Ticket:
    """From now on these may read a confidential ticket, and nobody else; each naming stays in the history (R25.1).

    Raises:
        NotReadyError: not theirs to do, not a confidential ticket, or no reason.
    """
    ticket = looked_at(work, ticket_id, acting)
    if acting.actor.unit != work.register.tree.root or acting.actor.role is not Role.LEADER:
        raise NotReadyError("保密工单的阅看人由一级机构负责人指定(第二十五条)")
    if not ticket.confidential:
        raise NotReadyError("不是保密工单,不需指定阅看人")
    if not reason.strip():
        raise NotReadyError("应写明为何指定这些人阅看(第二十五条)")
    return _noted(work, ticket, acting, Readers(tuple(dict.fromkeys(readers)), reason))


def confirm_for_units(work: Work, ticket_id: str, acting: Acting, text: str, released: tuple[str, ...]) -> Ticket:
    """From now on units get this of a matter whose reporter is protected, and these of its files (A16).

    Raises:
        NotReadyError: not theirs to do, nobody to protect, or the text still tells who it was.
    """
    ticket = looked_at(work, ticket_id, acting)
    if acting.actor.unit != work.register.tree.root or acting.actor.role not in CONFIRMERS:
        raise NotReadyError("给承办单位的文字应由一级机构的审核派单员或负责人确认(A16)")
    if not protected(ticket.details):
        raise NotReadyError("此件的诉求人没有要求隐去信息,也不是举报,单位看到的就是诉求事项")
    check_for_units(text, ticket)
    if unknown := {*released} - {one.id for one in of_ticket(work.connection, ticket.id, work.seals.sealing)}:
        raise NotReadyError(f"本工单没有这些附件:{'、'.join(sorted(unknown))}")
    return _noted(work, ticket, acting, ForUnits(text, tuple(dict.fromkeys(released))))


def _noted(work: Work, ticket: Ticket, acting: Acting, told: Readers | ForUnits) -> Ticket:
    row = "readers" if isinstance(told, Readers) else "for_units"
    entry = Entry(ticket.id, ticket.steps + 1, acting.now, acting.actor, row, told, ticket.status, ticket.unit)
    after = noted(ticket, told, entry)
    work.add(after, entry)
    return after


def _with_what_units_get(ticket: Ticket, details: Details) -> Details:
    """What was confirmed for units stays, unless it tells what has been learnt of the reporter since (A16)."""
    known = ticket.details
    text = "" if tells(known.for_unit, details, ticket.caller_number) else known.for_unit
    return replace(details, for_unit=text, released=known.released)


def _under_its_limit(work: Work, before: Ticket, after: Ticket, acting: Acting) -> Ticket:
    """A limit from above that is learnt of only now holds from now on (A27)."""
    turn, above = after.turn, after.details.inherited
    if turn is None or above == before.details.inherited or after.paused or after.status not in _RUNNING:
        return after
    rules = work.register.rules(turn, civil(acting.now).date())
    new = shifted(as_inherited(after, turn), work.register.calendar, rules, after.pauses)
    if new.due.at == turn.due.at:
        return after
    said = f"{above.issuer}({above.number})规定了时限" if above else "上级不再规定时限"
    clock = Acting(Actor("system", work.register.tree.root, Role.SYSTEM), acting.now)
    return make(work, after, Move.SHIFT_LIMITS, clock, replace(new.limits(Facts()), reason=f"{said}(A27)"), turn=new)


def _protected(details: Details) -> bool:
    """Reports on persons or units become confidential by themselves (A15)."""
    return details.nature is Nature.ACCUSATION


def _check(work: Work, details: Details, role: Role) -> None:
    register = work.register
    if details.category and details.category not in register.categories:
        raise NotReadyError(f"没有「{details.category}」这个诉求类别")
    if details.about and details.about not in register.units:
        raise NotReadyError(f"没有「{details.about}」这个单位")
    if details.urgency is Urgency.EMERGENCY and role in (Role.CALLER, Role.SYSTEM):
        raise NotReadyError("突发紧急工单由工作人员认定,不由来电人按键或系统认定(第七条)")
