"""How one move is made at the desk: looked at, judged by the table, written down with all that follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tickets.desk.consequences import follow_up
from tickets.desk.filing import file_away
from tickets.entry_words import bare_words, words
from tickets.errors import Conflict
from tickets.history import advanced
from tickets.model import Entry, Ticket
from tickets.protecting import protected
from tickets.store.work import Work
from tickets.turns import Turn
from tickets.workflow import apply
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts

#: Overlays: who has not seen them has still seen where the ticket stands.
_OVERLAYS = frozenset(
    {
        Move.WARN,
        Move.URGE,
        Move.ACKNOWLEDGE,
        Move.REPORT,
        Move.READ_NEWS,
        Move.HAND_OVER,
        Move.PARTNER_NEWS,
    }
)
_NEW_TURN = frozenset({Move.DISPATCH, Move.FORCE_DISPATCH, Move.SEND_BACK, Move.SENT_BACK_BY_ISSUER})


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, at which instant, and which version of the ticket (``Ticket.steps``) they have seen; None: any."""

    actor: Actor
    now: datetime
    seen: int | None = None


def looked_at(work: Work, ticket_id: str, acting: Acting) -> Ticket:
    """The ticket, if it still is as the actor has seen it.

    Raises:
        NoSuchTicketError: there is none.
        Conflict: somebody else acted on it meanwhile.
        SealedTicketError: it is confidential, and what it tells cannot be read: nobody acts blindly.
    """
    ticket = work.ticket(ticket_id)
    if ticket.sealed:
        work.seals.require(ticket)
    if acting.seen is not None and acting.seen != ticket.steps:
        meanwhile = [one for one in work.steps_since(ticket_id, acting.seen) if one.row not in _OVERLAYS]
        if meanwhile or acting.seen > ticket.steps:
            # Who is told this may be of a unit, and a reason may name the reporter (A16).
            read = bare_words if protected(ticket.details) else words
            said = "；".join(f"{work.register.name(one.actor.unit)}{one.actor.who}{read(one)}" for one in meanwhile)
            raise Conflict(ticket, meanwhile, said or "所见的版本不存在")
    return ticket


def make(work: Work, ticket: Ticket, move: Move, acting: Acting, facts: Facts, *, turn: Turn | None = None) -> Ticket:
    """Make one move, write it down, and let follow what must.

    Raises:
        IllegalMoveError: the table does not allow it; nothing has changed.
    """
    world = work.register.surroundings(None if move in _NEW_TURN else ticket.turn, acting.now)
    case, step = apply(ticket.case, move, acting.actor, facts, world, seq=ticket.steps + 1)
    entry = Entry(ticket.id, step.seq, acting.now, acting.actor, step.row, facts, case.status, case.unit, turn)
    after = advanced(ticket, case, entry, facts)
    work.add(after, entry)
    follow_up(work, ticket, after, entry)
    file_away(work, ticket, after, entry)
    return after
