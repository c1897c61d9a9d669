"""What follows from a step in the same transaction: tasks, acknowledgements, notices, rulings, linked tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from common.clock import civil
from common.ids import new_id
from tickets.cards import task_due
from tickets.catalogue import CatalogueLine, Ruling
from tickets.deadlines import end_of
from tickets.model import Entry, Ticket
from tickets.notice_texts import NoticeKind
from tickets.notices import LEADERS, Notice, Promise, extended_notice, notices_of
from tickets.protecting import protected, shut_out
from tickets.ruleset import RuleId
from tickets.store import tables_register as r
from tickets.store import tables_work as t
from tickets.store.columns import row_of
from tickets.store.registering import put
from tickets.store.tables import is_linked, tickets
from tickets.store.work import Work
from tickets.turns import extended_by
from tickets.upload_links import make_link
from tickets.workflow_conditions import tried_enough
from tickets.workflow_moves import Move
from tickets.workflow_terms import Role

_end_task = (
    t.tasks.update()
    .where(t.tasks.c.ticket_id == sa.bindparam("b_ticket"), t.tasks.c.unit == sa.bindparam("b_unit"))
    .where(t.tasks.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), outcome=sa.bindparam("how"), result=sa.bindparam("said"))
)
_move_task = (
    t.tasks.update()
    .where(t.tasks.c.ticket_id == sa.bindparam("b_ticket"), t.tasks.c.unit == sa.bindparam("b_unit"))
    .where(t.tasks.c.ended_at.is_(None))
    .values(due=sa.bindparam("to"))
)
_acknowledge = (
    t.acknowledgements.update()
    .where(t.acknowledgements.c.ticket_id == sa.bindparam("b_ticket"))
    .where(t.acknowledgements.c.unit == sa.bindparam("b_unit"), t.acknowledgements.c.acknowledged_at.is_(None))
    .values(acknowledged_at=sa.bindparam("at"), who=sa.bindparam("by"), channel=sa.bindparam("via"))
)
_linked_since = sa.select(tickets.c.id).where(
    is_linked, tickets.c.handling_ticket == sa.bindparam("handling"), tickets.c.opened_at >= sa.bindparam("since")
)
_decide_return = (
    t.returns.update()
    .where(t.returns.c.ticket_id == sa.bindparam("b_ticket"), t.returns.c.outcome == "")
    .values(outcome=sa.bindparam("how"))
)
_hotter = (
    t.hot_topics.update()
    .where(t.hot_topics.c.ticket_id == sa.bindparam("b_ticket"))
    .values(callers=sa.bindparam("count"), last_at=sa.bindparam("at"))
)


def follow_up(work: Work, before: Ticket, after: Ticket, entry: Entry) -> None:
    """Stage everything that a move of the workflow brings with it."""
    _tasks(work, before, after, entry)
    acknowledgements(work, before, after, entry)
    move = Move.of(entry.row.partition("/")[0])
    if move in (Move.REQUEST_RETURN, Move.ACCEPT_RETURN, Move.REFUSE_RETURN):
        _return(work, after, entry, move)
    if move is Move.RULE:
        _ruling(work, after, entry)
    if move is Move.LINK:
        _hot_topic(work, after, entry)
    promise = _promise(work, after, entry, move)
    for notice in notices_of(before, after, entry, promise, tried=_tried(work, before, after)):
        tell(work, after, entry, notice)
    if promise and move is Move.APPROVE_EXTENSION:
        # Each caller of the same matter has a record, and gets a notice, of their own (A13).
        for other in map(work.ticket, work.linked_to(after.id)):
            post(work, other, other.steps, entry.at, extended_notice(other, promise, civil(entry.at).date()))


def tell(work: Work, ticket: Ticket, entry: Entry, notice: Notice) -> None:
    """Put a notice of a step into the outbox; to a caller who left no way to be reached there is none (A28)."""
    # A pause is consented to with the record of its notice, so that one has the id by which the step names it (A26).
    known = entry.facts.notice_id if notice.kind is NoticeKind.WAITING else ""
    post(work, ticket, entry.seq, entry.at, notice, notice_id=known)


def post(work: Work, ticket: Ticket, seq: int, at: datetime, notice: Notice, *, notice_id: str = "") -> None:
    """Put a notice into the outbox, about a ticket as it was after a step."""
    to_caller = not notice.unit
    if notice.unit in shut_out(ticket.details, work.register.tree):
        # Not even a reminder tells a unit that it is complained of (A16).
        return
    recipient = reach(ticket) if to_caller else notice.unit
    if recipient:
        work.insert(
            t.notices,
            id=notice_id or new_id(),
            ticket_id=ticket.id,
            seq=seq,
            kind=notice.kind.value,
            audience="caller" if to_caller else "unit",
            recipient=recipient,
            roles=[role.value for role in notice.roles],
            text=notice.text,
            created_at=at,
            state="waiting",
            tries=0,
            next_at=at,
            sent_at=None,
            proof=None,
            error="",
        )


def _promise(work: Work, ticket: Ticket, entry: Entry, move: Move) -> Promise | None:
    """The limit that will hold once the caller knows of it, and why (R22.4, A18); for material, by when and how."""
    if move is Move.PAUSE:
        return _pause(work, ticket, entry)
    if move is not Move.APPROVE_EXTENSION or ticket.turn is None:
        return None
    rules = work.register.rules(ticket.turn, civil(entry.at).date())
    turn = extended_by(ticket.turn, ticket.case.granted_days, work.register.calendar, rules, ticket.pauses)
    asked = [one for one in work.steps_since(ticket.id, 0) if one.row == Move.REQUEST_EXTENSION]
    return Promise(turn.due.on, asked[-1].facts.reason if asked else "")


def reach(ticket: Ticket) -> str:
    """By which number the caller is told; empty where none was left (A28)."""
    return ticket.details.contact or ticket.caller_number


def _pause(work: Work, ticket: Ticket, entry: Entry) -> Promise:
    """What is asked for, until when the ticket waits for it, and the link by which it is brought (A26, R14.2)."""
    rules = work.register.rules(ticket.turn, civil(entry.at).date())
    last = work.register.calendar.add(civil(entry.at).date(), rules.limits[RuleId.PAUSE_FOR_MATERIAL].amount)
    asked = [one for one in work.steps_since(ticket.id, 0) if one.row == Move.ASK_FOR_PAUSE]
    discreet = ticket.confidential or protected(ticket.details)
    # Nobody gets the link where there is nobody to write to, and a discreet notice names no way.
    wanted = bool(reach(ticket)) and not discreet
    link = make_link(work, ticket.id, entry.at, end_of(last, rules)) if wanted else ""
    return Promise(last, asked[-1].facts.reason if asked else "", link)


def _tried(work: Work, before: Ticket, after: Ticket) -> bool:
    """With this attempt it was tried often enough: now a message goes out, once in each round (A7, A18)."""
    if len(after.attempts) <= len(before.attempts):
        return False
    rules = work.register.rules(after.turn, civil(after.attempts[-1]).date())
    return bool(tried_enough(before.attempts, rules)) and not tried_enough(after.attempts, rules)


def _tasks(work: Work, before: Ticket, after: Ticket, entry: Entry) -> None:
    """Each co-handler has a task, due 1 WD before the parent (A10)."""
    had, has = before.case.tasks, after.case.tasks
    if before.turn and after.turn and before.turn.due.on != after.turn.due.on:
        for unit in set(had) & set(has):
            work.change(_move_task, b_ticket=after.id, b_unit=unit, to=_task_due(work, after))
    if had == has and not entry.facts.co_handlers:
        return
    fresh = [unit for unit in has if unit not in had or unit in entry.facts.co_handlers]
    for unit in had:
        if unit not in has or unit in fresh:
            finished = entry.row.startswith(Move.FINISH_TASK) and entry.actor.unit == unit
            waived = entry.row.startswith(Move.WAIVE_TASK) and entry.facts.unit == unit
            how = "finished" if finished else "waived" if waived else "dropped"
            said = entry.facts.result or entry.facts.reason
            said = work.seals.task_result(after, unit, said)
            work.change(_end_task, b_ticket=after.id, b_unit=unit, at=entry.at, how=how, said=said)
    for unit in fresh:
        work.insert(
            t.tasks,
            ticket_id=after.id,
            seq=entry.seq,
            unit=unit,
            named_at=entry.at,
            due=_task_due(work, after),
            ended_at=None,
            outcome="",
            result="",
        )


def _task_due(work: Work, ticket: Ticket) -> object:
    if ticket.turn is None:
        return None
    rules = work.register.rules(ticket.turn, civil(ticket.since).date())
    return task_due(ticket.turn.due, work.register.calendar, rules)


def acknowledgements(work: Work, before: Ticket, after: Ticket, entry: Entry) -> None:
    """Who is asked from this step on gets a row; who has acknowledged, or need not any more, has it ended (R7.2)."""
    had, has = dict(before.awaited), dict(after.awaited)
    for unit in has.keys() - had.keys():
        row = {"ticket_id": after.id, "seq": entry.seq, "unit": unit, "asked_at": has[unit], "rank": 0}
        work.insert(t.acknowledgements, **row, acknowledged_at=None, who="", channel="")
    for unit in sorted(had.keys() - has.keys()):
        heard = entry.actor.unit == unit
        by, via = (entry.actor.who, entry.facts.channel or "screen") if heard else ("", "void")
        work.change(_acknowledge, b_ticket=after.id, b_unit=unit, at=entry.at, by=by, via=via)


def _return(work: Work, ticket: Ticket, entry: Entry, move: Move) -> None:
    """Kept aside by matter: who dispatches the like is shown it (R21.0)."""
    if move is not Move.REQUEST_RETURN:
        how = "accepted" if move is Move.ACCEPT_RETURN else "refused"
        work.change(_decide_return, b_ticket=ticket.id, how=how)
        return
    facts, details = entry.facts, ticket.details
    work.insert(
        t.returns,
        ticket_id=ticket.id,
        seq=entry.seq,
        at=entry.at,
        category=details.category,
        place=details.place,
        unit=entry.actor.unit,
        reason=facts.reason,
        basis=facts.basis,
        suggestion=facts.suggestion,
        outcome="",
    )


def _ruling(work: Work, ticket: Ticket, entry: Entry) -> None:
    """A ruling is binding and updates the dispatch catalogue (R21.3)."""
    facts, details, day = entry.facts, ticket.details, civil(entry.at).date()
    ruling = Ruling(
        id=new_id(),
        ticket_id=ticket.id,
        category=details.category,
        place=details.place,
        unit=facts.unit,
        ruling=facts.ruling,
        basis=facts.basis,
        by=entry.actor.who,
        on=day,
        dispute=ticket.case.dispute.value if ticket.case.dispute else "",
    )
    work.insert(r.rulings, **row_of(r.rulings, ruling))
    # R25.1: the catalogue is for everybody to read; what was ruled in a confidential matter is told to no one by it.
    if not details.category or ticket.confidential:
        return
    told = work.register.lines(details.category, details.place, day)
    same = [line for line in told if (line.category, line.place) == (details.category, details.place)]
    fresh = CatalogueLine(
        id=new_id(),
        category=details.category,
        lead=facts.unit,
        legal_basis=facts.basis,
        place=details.place,
        since=day,
        source=f"裁定 {ruling.id}",
        supersedes=same[0].id if same else "",
    )
    put(work, [*(replace(line, until=day) for line in same), fresh], entry.at)


def _hot_topic(work: Work, ticket: Ticket, entry: Entry) -> None:
    """Many callers within a short time raise an alert, once, which then counts on (A13)."""
    handling = work.ticket(ticket.handling_ticket)
    rules = work.register.rules(None, civil(entry.at).date())
    since = entry.at - timedelta(days=rules.hot_topic_days)
    known = set(work.connection.execute(_linked_since, {"handling": handling.id, "since": since}).scalars())
    known |= {one.id for one in work.changed().values() if one.handling_ticket == handling.id}
    # The handling ticket's own caller counts too.
    callers = len(known) + 1
    if callers <= rules.hot_topic_callers:
        return
    work.change(_hotter, b_ticket=handling.id, count=callers, at=entry.at)
    row = {"ticket_id": handling.id, "raised_at": entry.at, "callers": callers, "last_at": entry.at}
    work.insert(t.hot_topics, **row)
    if callers == rules.hot_topic_callers + 1:
        text = f"工单{handling.number}:{rules.hot_topic_days}日内已有{callers}人反映同一事项"
        tell(work, handling, entry, Notice(NoticeKind.ALERT, text, work.register.tree.root, (Role.LEADER, *LEADERS)))
