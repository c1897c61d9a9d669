"""What the desk adds to a move before the table judges it: dates, what is already known, and its own checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from common.clock import civil
from common.ids import new_id
from tickets.deadlines import deadline, end_of
from tickets.desk.acting import Acting
from tickets.desk.closing import as_recorded, asked_whether_solved
from tickets.desk.filing import archive_class
from tickets.desk.readiness import check_dispatch, check_level, check_not_complained_of, check_unit, for_units
from tickets.details import LAWFUL_CHANNELS, Refusal
from tickets.disputes import Dispute
from tickets.errors import NotReadyError
from tickets.from_above import InheritedLimit
from tickets.model import Status, Ticket
from tickets.pauses import after_step
from tickets.protecting import shut_out
from tickets.register import Register
from tickets.ruleset import RuleId
from tickets.store.work import Work
from tickets.turns import Turn, delivered, extended_by, handled_again, shifted
from tickets.units import Right
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A move as it goes to the table."""

    move: Move
    facts: Facts
    turn: Turn | None = None


def prepared(work: Work, ticket: Ticket, move: Move, acting: Acting, facts: Facts) -> Prepared:
    """The move with everything that the desk knows by itself.

    Raises:
        NotReadyError: something must be done first.
    """
    preparing = _PREPARING.get(move)
    return preparing(work, ticket, Prepared(move, facts), acting) if preparing else Prepared(move, facts)


def _dispatch(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    facts = asked.facts
    if asked.move is Move.FORCE_DISPATCH:
        facts = replace(facts, unit=facts.unit or ticket.case.ruled)
        for unit in (facts.unit, *facts.co_handlers):
            check_not_complained_of(unit, ticket, work.register)
    elif ticket.status is Status.AWAITING_REVIEW:
        check_dispatch(ticket, work.register, acting, facts)
    facts = for_units(ticket, acting, facts)
    register, day = work.register, civil(acting.now).date()
    case = ticket.case
    if ticket.turn and asked.move is Move.FORCE_DISPATCH and facts.unit in (case.unit, *case.givers):
        # Not a new unit: the time it has used is used, but for the adjudication's (R22.6, A3).
        pauses = after_step(ticket.pauses, ticket.status, Status.AWAITING_SIGNATURE, acting.now, late=False)
        turn = shifted(ticket.turn, register.calendar, register.rules(ticket.turn, day), pauses)
    else:
        turn = delivered(
            ticket.steps + 1,
            acting.now,
            register.calendar,
            register.rules(None, day),
            category=register.statutory(ticket.details.category, day),
            inherited=ticket.details.inherited,
        )
    told = turn.limits(facts)
    if facts.unit in register.tree and register.tree.level(facts.unit) > 2:  # noqa: PLR2004 - level 3, by exception (A12)
        by = deadline(RuleId.RETURN_TO_LEVEL_2, acting.now, register.calendar, register.rules(turn, day))
        told = replace(told, inner_return_by=by.at)
    return replace(asked, facts=told, turn=turn)


def _pass_down(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """Level 3 returns within 1 WD (A12); level 2 may set an inner due date before its own (R18)."""
    register, facts = work.register, asked.facts
    if facts.unit in register.units and not register.units[facts.unit].active(civil(acting.now).date()):
        raise NotReadyError(f"「{register.name(facts.unit)}」已停用,不能转交")
    check_not_complained_of(facts.unit, ticket, register)
    check_level(facts.unit, ticket, register, civil(acting.now).date())
    for_units(ticket, acting, facts)
    if facts.due and ticket.case.due and facts.due > ticket.case.due:
        raise NotReadyError("内部期限不能晚于本单位的办结期限(第十八条)")
    if facts.due and facts.due <= acting.now:
        raise NotReadyError("内部期限应在今后(第十八条)")
    rules = register.rules(ticket.turn, civil(acting.now).date())
    by = deadline(RuleId.RETURN_TO_LEVEL_2, acting.now, register.calendar, rules)
    return replace(asked, facts=replace(facts, return_by=by.at))


def _send_back(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    register = work.register
    rules = register.rules(None, civil(acting.now).date())
    if asked.move is Move.SENT_BACK_BY_ISSUER and not ticket.case.givers:
        return asked
    turn = handled_again(ticket.steps + 1, acting.now, register.calendar, rules)
    if until := _named_above(ticket, asked, acting, turn):
        turn = handled_again(ticket.steps + 1, acting.now, register.calendar, rules, inherited=until)
    return replace(asked, facts=replace(asked.facts, due=turn.due.at), turn=turn)


def _named_above(ticket: Ticket, asked: Prepared, acting: Acting, turn: Turn) -> InheritedLimit | None:
    """The day that the issuer names anew holds; its first one still does where it comes before the three days (A27)."""
    above = ticket.details.inherited
    if above is None:
        return None
    if asked.move is Move.SENT_BACK_BY_ISSUER and asked.facts.due:
        if asked.facts.due <= acting.now:
            raise NotReadyError("上级规定的新时限应在今后(A27)")
        return replace(above, due=asked.facts.due)
    return above if above.due and acting.now < above.due < turn.due.at else None


def _extension_notice(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """The caller has been told: now the new limit holds (R22.4, A18)."""
    facts = asked.facts
    if not facts.reason.strip():
        asking = [one for one in work.steps_since(ticket.id, 0) if one.row == Move.REQUEST_EXTENSION]
        facts = replace(facts, reason=asking[-1].facts.reason if asking else "")
    if ticket.turn is None or not ticket.case.granted_days:
        return replace(asked, facts=facts)
    rules = work.register.rules(ticket.turn, civil(acting.now).date())
    turn = extended_by(ticket.turn, ticket.case.granted_days, work.register.calendar, rules, ticket.pauses)
    return replace(asked, facts=replace(facts, due=turn.due.at, apply_by=turn.limits(facts).apply_by), turn=turn)


def _resume(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    if ticket.turn is None or ticket.status is not Status.WAITING_FOR_MATERIAL:
        return asked
    pauses = after_step(ticket.pauses, ticket.status, Status.IN_HANDLING, acting.now, late=False)
    rules = work.register.rules(ticket.turn, civil(acting.now).date())
    turn = shifted(as_inherited(ticket, ticket.turn), work.register.calendar, rules, pauses)
    return replace(asked, facts=moved_inside(work.register, ticket, turn, turn.limits(asked.facts)), turn=turn)


def as_inherited(ticket: Ticket, turn: Turn) -> Turn:
    """The turn under the limit from above that is written down now: a named day knows of no extension (A27)."""
    above = ticket.details.inherited
    if turn.rule is not RuleId.HANDLE or turn.inherited == above:
        return turn
    return replace(turn, inherited=above, extended_days=0 if above and above.due else turn.extended_days)


def moved_inside(register: Register, ticket: Ticket, turn: Turn, facts: Facts) -> Facts:
    """The facts of moved limits: those that a level 2 set for its level 3 move by as many working days (R18, A12)."""
    if ticket.turn is None or turn.due.on <= ticket.turn.due.on:
        return facts
    calendar = register.calendar
    days = calendar.between(ticket.turn.due.on, turn.due.on)
    rules = register.rules(turn, turn.due.on)

    def later(instant: datetime | None) -> datetime | None:
        if instant is None:
            return None
        moment = civil(instant)
        if moment.time() != time():
            return datetime.combine(calendar.add(moment.date(), days), moment.time(), moment.tzinfo)
        # 00:00 is the end of the day before.
        return end_of(calendar.add(moment.date() - timedelta(days=1), days), rules)

    case = ticket.case
    return replace(facts, inner_return_by=later(case.inner_return_by), inner_due=later(case.inner_due))


def _shift(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    if ticket.turn is None or ticket.paused:
        raise NotReadyError("工单没有在走的期限,不能重算")
    rules = work.register.rules(ticket.turn, civil(acting.now).date())
    turn = shifted(as_inherited(ticket, ticket.turn), work.register.calendar, rules, ticket.pauses)
    return replace(asked, facts=moved_inside(work.register, ticket, turn, turn.limits(asked.facts)), turn=turn)


def _extension(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """Asked for too late it is refused, and recorded as late (A5)."""
    _check_right(work, ticket, acting, Right.EXTEND)
    late = ticket.case.apply_by is not None and acting.now >= ticket.case.apply_by
    return replace(asked, move=Move.REQUEST_EXTENSION_LATE) if late else asked


def _sign(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """What was learnt since it was offered holds too: nobody takes in hand a complaint about itself (A16)."""
    check_not_complained_of(acting.actor.unit, ticket, work.register)
    return asked


def _ruler(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """Who rules is neither complained of nor below who is (A16)."""
    if acting.actor.unit in shut_out(ticket.details, work.register.tree):
        raise NotReadyError("诉求反映的是裁定人员所在的单位,应由他人裁定(A16)")
    return _named(work, ticket, asked, acting)


def _hand_over(_: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    for_units(ticket, acting, asked.facts)
    return asked


def _return(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    _check_right(work, ticket, acting, Right.RETURN)
    return asked


def _adjudication(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """The body of the level decides; a unit that does not say what it disputes disputes the duty (R21.3)."""
    dispute, case = asked.facts.dispute or Dispute.DUTY, ticket.case
    day = civil(acting.now).date()
    body = work.register.adjudicator(dispute, case.unit, case.givers[1:], day)
    if body in shut_out(ticket.details, work.register.tree):
        # Level 1 is told, as where there is no body at all, and refers it to another (A16).
        body = ""
    return replace(asked, facts=replace(asked.facts, dispute=dispute, adjudicator=body))


def _answer(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    _check_right(work, ticket, acting, Right.ANSWER)
    turn, told = ticket.turn, asked.facts.answered_at
    if told and told < ticket.opened_at:
        raise NotReadyError("答复诉求人的时间不能早于诉求提出的时间(第十四条)")
    if turn and turn.rule is RuleId.HANDLE_AGAIN and told and told < turn.received:
        raise NotReadyError("重新办理后须重新答复诉求人,答复时间不能早于发回重办(第二十四条)")
    return asked


def _check_right(work: Work, ticket: Ticket, acting: Acting, right: Right) -> None:
    """What a unit of level 3 may do, its level 2 defines (R18-19)."""
    unit = acting.actor.unit
    if unit != ticket.unit or ticket.case.upper == work.register.tree.root:
        return
    if not work.register.delegated(unit, right, civil(acting.now).date()):
        upper = work.register.name(ticket.case.upper)
        raise NotReadyError(f"「{upper}」没有授予「{work.register.name(unit)}」{right.words}的权限(第十九条)")


def _refuse(_: Work, __: Ticket, asked: Prepared, ___: Acting) -> Prepared:
    """The reason is one of Article 6; the lawful channel is at hand (R6, R22.1)."""
    try:
        code = Refusal.of(asked.facts.reason_code)
    except ValueError as error:
        offered = "、".join(f"{one.value}({one.words})" for one in Refusal)
        raise NotReadyError(f"不予受理的理由应为:{offered}") from error
    facts = asked.facts
    said = replace(
        facts, lawful_channel=facts.lawful_channel or LAWFUL_CHANNELS[code], reason=facts.reason or code.words
    )
    return replace(asked, facts=said)


def _link(work: Work, ticket: Ticket, asked: Prepared, _: Acting) -> Prepared:
    """One ticket is handled, the others keep their own record (A13)."""
    other = work.ticket(asked.facts.handling_ticket)
    if other.id == ticket.id or other.status in _NOT_HANDLING:
        raise NotReadyError(f"工单{other.number}{other.status.words},不能作为承办的工单(A13)")
    if work.linked_to(ticket.id):
        raise NotReadyError("已有其他诉求人的工单关联到此件,此件不能再关联到别的工单(A13)")
    return asked


_NOT_HANDLING = frozenset(
    {Status.LINKED, Status.DRAFT, Status.CLOSED, Status.ARCHIVED, Status.ANSWERED, Status.NOT_ACCEPTED}
)


def _close(work: Work, ticket: Ticket, asked: Prepared, _: Acting) -> Prepared:
    raw = asked.move is Move.CLOSE_AS_UNREASONABLE
    return replace(asked, facts=as_recorded(work, ticket, asked.facts, raw=raw))


def _callback(_: Work, __: Ticket, asked: Prepared, ___: Acting) -> Prepared:
    asked_whether_solved(asked.facts)
    return asked


def _named(work: Work, ticket: Ticket, asked: Prepared, acting: Acting) -> Prepared:
    """Whoever is named takes tickets, and may have this one (R21.2, R21.3, A16)."""
    facts, day = asked.facts, civil(acting.now).date()
    for unit in (facts.unit, *facts.co_handlers):
        if unit in work.register.units:
            check_unit(unit, ticket, work.register, day)
    return replace(asked, facts=for_units(ticket, acting, facts)) if facts.co_handlers else asked


def _pause(_: Work, ticket: Ticket, asked: Prepared, ___: Acting) -> Prepared:
    """The notice goes out with the consent: its id is the record that the caller is told (A26).

    What else was said of how they were told is kept as a remark.
    """
    facts = asked.facts
    remark = "；".join(filter(None, (facts.remark, facts.notice_id)))
    record = new_id() if ticket.details.contact or ticket.caller_number else "无联系方式,无法告知"
    return replace(asked, facts=replace(facts, notice_id=record, remark=remark))


def _submit(_: Work, ticket: Ticket, asked: Prepared, __: Acting) -> Prepared:
    return replace(asked, facts=replace(asked.facts, matter=asked.facts.matter or ticket.details.matter))


def _withdraw(work: Work, ticket: Ticket, asked: Prepared, __: Acting) -> Prepared:
    """One caller of several withdraws: the others still want it handled (A13, A25)."""
    if not work.linked_to(ticket.id):
        return asked
    said = f"本诉求人撤诉:{asked.facts.reason};其他关联诉求人的事项继续办理"
    return Prepared(Move.SUPPLEMENT, replace(asked.facts, matter=said))


def _archive(work: Work, ticket: Ticket, asked: Prepared, _: Acting) -> Prepared:
    """By the class of the category, if none is said (R14.8)."""
    kept = asked.facts.archive_class or archive_class(work.register, ticket.details.category)
    return replace(asked, facts=replace(asked.facts, archive_class=kept))


_PREPARING: dict[Move, Callable[[Work, Ticket, Prepared, Acting], Prepared]] = {
    Move.SUBMIT: _submit,
    Move.REFUSE: _refuse,
    Move.LINK: _link,
    Move.DISPATCH: _dispatch,
    Move.FORCE_DISPATCH: _dispatch,
    Move.PASS_DOWN: _pass_down,
    Move.REQUEST_RETURN: _return,
    Move.REQUEST_ADJUDICATION: _adjudication,
    Move.REFER_DISPUTE: _adjudication,
    Move.REQUEST_EXTENSION: _extension,
    Move.RECORD_EXTENSION_NOTICE: _extension_notice,
    Move.PAUSE: _pause,
    Move.RESUME: _resume,
    Move.SHIFT_LIMITS: _shift,
    Move.SUBMIT_ANSWER: _answer,
    Move.SEND_BACK: _send_back,
    Move.NAME_CO_HANDLERS: _named,
    Move.RULE: _ruler,
    Move.SIGN: _sign,
    Move.HAND_OVER: _hand_over,
    Move.RECORD_CALLBACK: _callback,
    Move.SENT_BACK_BY_ISSUER: _send_back,
    Move.CLOSE: _close,
    Move.CLOSE_AS_UNREASONABLE: _close,
    Move.ARCHIVE: _archive,
    Move.WITHDRAW: _withdraw,
}
