"""The ticket that a history makes: every step of every kind, folded one after the other (R3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tickets.cards import Card
from tickets.details import Urgency
from tickets.model import Described, Entry, ForUnits, Opened, Raised, Readers, Ticket, begun, issuer_of, raised
from tickets.pauses import LATE_DECISION, after_step
from tickets.ruleset import RuleSet
from tickets.unit_tree import UnitTree
from tickets.workflow import Step
from tickets.workflow import follow as follow_case
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Case, Facts, Role, Status

#: The *ground* of a warning.
YELLOW, RED = "yellow_card", "red_card"
_CARDS = {YELLOW: Card.YELLOW, RED: Card.RED}
#: From here on a decision is another's to give, which has its own time (A4, A24, R21.3).
_HANDED_ON = frozenset({Move.ENDORSE_EXTENSION, Move.REFER_DISPUTE})
_NEW_ROUND = frozenset({Move.SEND_BACK, Move.SENT_BACK_BY_ISSUER, Move.DISPATCH, Move.FORCE_DISPATCH})
#: With these the caller comes back to an open ticket (A25).
_NEWS = frozenset({Move.URGE, Move.SUPPLEMENT, Move.WITHDRAW})
#: The unit has given its answer, and has nothing more in hand.
_ANSWERED = frozenset({Status.AWAITING_CALLBACK, Status.NO_FURTHER_HANDLING, Status.LINKED})
_OVER = frozenset({Status.CLOSED, Status.ARCHIVED, Status.ANSWERED, Status.NOT_ACCEPTED})


def follow(ticket: Ticket, entry: Entry, tree: UnitTree, rules: RuleSet) -> Ticket:
    """The ticket after one more step.

    Raises:
        ValueError: the step does not follow.
    """
    if entry.seq != ticket.steps + 1 or entry.ticket_id != ticket.id:
        raise ValueError(f"step {entry.seq} of the history ({entry.row}) does not follow")
    if isinstance(entry.told, Raised):
        return raised(ticket, entry.told)
    if isinstance(entry.told, Described):
        return described(ticket, entry.told, entry)
    if isinstance(entry.told, Readers | ForUnits):
        return noted(ticket, entry.told, entry)
    facts = entry.facts
    step = Step(entry.seq, entry.at, entry.actor, entry.row, facts, entry.status, entry.accountable)
    return advanced(ticket, follow_case(ticket.case, step, tree, rules), entry, facts)


def noted(ticket: Ticket, told: Readers | ForUnits, entry: Entry) -> Ticket:
    """The ticket after its readers were named (R25.1), or what units get of it was confirmed (A16)."""
    if isinstance(told, Readers):
        return replace(ticket, readers=told.readers, steps=entry.seq)
    said = replace(ticket.details, for_unit=told.text, released=told.released)
    return replace(ticket, details=said, steps=entry.seq)


def described(ticket: Ticket, told: Described, entry: Entry) -> Ticket:
    """The ticket after its details were completed; an emergency runs from when it was first declared (R7.2)."""
    emergency = told.details.urgency is Urgency.EMERGENCY
    return replace(
        ticket,
        case=replace(ticket.case, issuer=issuer_of(told.details)),
        details=told.details,
        confidential=told.confidential,
        steps=entry.seq,
        emergency_at=(ticket.emergency_at or entry.at) if emergency else None,
        awaited=_asked_now(ticket, entry) if emergency else (),
    )


def _asked_now(ticket: Ticket, entry: Entry) -> tuple[tuple[str, datetime], ...]:
    """Becoming an emergency with its units, a ticket is to be acknowledged by each that has it in hand (R7.2)."""
    case = ticket.case
    if ticket.emergency_at or case.due is None or case.status in _ANSWERED:
        return ticket.awaited
    return tuple((unit, entry.at) for unit in dict.fromkeys((case.unit, case.offered_to, *case.tasks)) if unit)


def advanced(ticket: Ticket, case: Case, entry: Entry, facts: Facts) -> Ticket:
    """The ticket after a move of the workflow that has led to ``case``."""
    move = Move.of(entry.row.partition("/")[0])
    moved = (case.status, case.unit) != (ticket.case.status, ticket.case.unit) or move in _NEW_ROUND | _HANDED_ON
    level_1_has_it = case.due is None
    turn = None if level_1_has_it else entry.turn or ticket.turn
    late = move is Move.WARN and facts.ground == LATE_DECISION
    missed = move is Move.RECORD_CALLBACK and facts.callback is CallbackResult.UNREACHED
    return replace(
        ticket,
        case=case,
        steps=entry.seq,
        since=entry.at if moved else ticket.since,
        turn=turn,
        pauses=after_step(ticket.pauses, ticket.status, case.status, (late and facts.due) or entry.at, late=late),
        card=_card(ticket, turn, move, facts),
        callbacks=0 if move in _NEW_ROUND else ticket.callbacks + (move is Move.RECORD_CALLBACK),
        awaited=_awaited(ticket, case, entry, move),
        attempts=() if move in _NEW_ROUND else (*ticket.attempts, entry.at) if missed else ticket.attempts,
        reported_at=entry.at if move is Move.REPORT else ticket.reported_at,
        handling_ticket=facts.handling_ticket if move is Move.LINK else ticket.handling_ticket,
        news=_news(ticket, case, entry, move),
        told_accepted=ticket.told_accepted or _accepts(move, facts),
        details=replace(ticket.details, for_unit=facts.for_unit) if facts.for_unit else ticket.details,
    )


def _accepts(move: Move, facts: Facts) -> bool:
    """The caller gets number and code: when a unit or another ticket takes it up, or where they wish for it (A18)."""
    return move in (Move.DISPATCH, Move.LINK) or (move is Move.ANSWER_AT_ONCE and facts.wants_notice is True)


def _news(ticket: Ticket, case: Case, entry: Entry, move: Move) -> tuple[str, ...]:
    """What the caller came back with, until the unit that answers for it has done something or says it has read it."""
    if case.status in _OVER:
        return ()
    if move in _NEWS:
        return tuple(dict.fromkeys((*ticket.news, move.value)))
    own = entry.actor.unit == ticket.unit and entry.actor.role not in (Role.SYSTEM, Role.CALLER)
    return () if own else ticket.news


def _awaited(ticket: Ticket, case: Case, entry: Entry, move: Move) -> tuple[tuple[str, datetime], ...]:
    """Every unit concerned acknowledges an emergency; a signature says as much (R7.2)."""
    if ticket.emergency_at is None or case.due is None:
        return ()
    waiting = ticket.awaited
    if move in (Move.DISPATCH, Move.FORCE_DISPATCH):
        waiting = ()
    if move in (Move.DISPATCH, Move.FORCE_DISPATCH, Move.NAME_CO_HANDLERS, Move.PASS_DOWN):
        known = {unit for unit, _ in waiting}
        concerned = dict.fromkeys(unit for unit in (entry.facts.unit, *entry.facts.co_handlers) if unit)
        waiting = (*waiting, *((unit, entry.at) for unit in concerned if unit not in known))
    heard = {entry.actor.unit} if move in (Move.ACKNOWLEDGE, Move.SIGN) else set()
    still = {case.unit, case.offered_to, *case.tasks} - heard
    return tuple(one for one in waiting if one[0] in still)


def _card(ticket: Ticket, turn: object, move: Move, facts: Facts) -> Card | None:
    """A card is shown until the date that it warned of has moved or the turn is over."""
    if move is Move.WARN:
        return _CARDS.get(facts.ground, ticket.card)
    same = turn is not None and ticket.turn is not None and turn == ticket.turn
    return ticket.card if same else None


def replay(entries: Iterable[Entry], tree: UnitTree, rules: RuleSet) -> Ticket:
    """The ticket that a whole history makes.

    Raises:
        ValueError: the history is empty, has a gap, or does not lead to what it says.
    """
    steps = iter(entries)
    first = next(steps, None)
    if first is None or first.seq != 1 or not isinstance(first.told, Opened):
        raise ValueError("a history begins with the opening of its ticket")
    ticket = begun(first, first.told)
    for entry in steps:
        ticket = follow(ticket, entry, tree, rules)
    return ticket
