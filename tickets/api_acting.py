"""Who acts through the interface, what they may see, and what the desk's refusals look like there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from common.api.ask import Ask
from common.api.problem import STALE, ProblemKind, missing
from tickets.entry_words import bare_words, words
from tickets.errors import Conflict, NoSuchTicketError, NotForUnitsError, NotReadyError
from tickets.model import Ticket
from tickets.protecting import protected
from tickets.register import NotRegisteredError, Register
from tickets.ticket_deadlines import ExtensionError
from tickets.workflow import IllegalMoveError, Possible, possible
from tickets.workflow_moves import Move
from tickets.workflow_table import TABLE
from tickets.workflow_terms import Actor, Role

NOT_POSSIBLE = ProblemKind(
    "move-not-possible", 409, "现在不能这样办理", "请看 detail 中的原因；possible 是现在可以办理的。"
)
NOT_READY = ProblemKind("not-ready", 409, "还不能办理", "请先按 detail 补全或更正。")
NOT_FOR_UNITS = ProblemKind(
    "not-for-units",
    409,
    "须先确认给承办单位的文字",
    "请核对 proposal，删去能看出诉求人的内容后，写入 for_unit 重新办理。",
)
NO_ROLE = ProblemKind("no-role", 403, "令牌没有这个身份", "请换用令牌具有的身份，或不写 role。")
#: What any change of a ticket may end in.
OF_A_CHANGE = (NOT_POSSIBLE, NOT_READY, NOT_FOR_UNITS, NO_ROLE)


def roles_of(ask: Ask) -> tuple[Role, ...]:
    """The roles of the one who asks, as the workflow knows them."""
    known = {role.value: role for role in Role}
    return tuple(known[name] for name in ask.caller.roles if name in known)


def actor(ask: Ask, role: Role) -> Actor:
    """The one who asks, in one of their roles.

    Raises:
        Problem: 403, the role is not theirs.
    """
    if role not in roles_of(ask):
        raise NO_ROLE.problem()
    return Actor(ask.caller.person, ask.caller.unit, role)


def options(ticket: Ticket, ask: Ask, register: Register, now: datetime) -> Iterator[tuple[Role, Possible]]:
    """Every move that the one who asks may make now, with the first of their roles that allows it."""
    seen: set[Move] = set()
    for role in roles_of(ask):
        world = register.surroundings(ticket.turn, now)
        for one in possible(ticket.case, Actor(ask.caller.person, ask.caller.unit, role), world):
            if one.move not in seen:
                seen.add(one.move)
                yield role, one


def role_for(move: Move, offered: Iterable[tuple[Role, Possible]], ask: Ask) -> Role:
    """The role in which a move is made when none is named: one that allows it, else one that does so at other times.

    Raises:
        Problem: 403, the token has no role at all.
    """
    mine = roles_of(ask)
    if not mine:
        raise NO_ROLE.problem()
    now = [role for role, one in offered if one.move is move]
    usual = {role for row in TABLE if row.move is move for by in row.by for role in by.roles}
    return next(iter([*now, *(role for role in mine if role in usual), *mine]))


@contextlib.contextmanager
def refusals(offered: Iterable[tuple[Role, Possible]] = ()) -> Iterator[None]:
    """The desk's refusals as problems of the interface; ``offered`` is what the one who asks may do instead."""
    try:
        yield
    except NoSuchTicketError as error:
        raise missing("工单") from error
    except Conflict as error:
        # Who is told this may be of a unit, and a reason may name the reporter (A16).
        said = bare_words if protected(error.ticket.details) else words
        meanwhile = [
            {"seq": one.seq, "who": one.actor.who, "unit": one.actor.unit, "at": one.at.isoformat(), "what": said(one)}
            for one in error.meanwhile
        ]
        raise STALE.problem(str(error), version=error.ticket.steps, meanwhile=meanwhile) from error
    except IllegalMoveError as error:
        instead = [{"move": one.move.value, "words": one.move.words, "role": role.value} for role, one in offered]
        raise NOT_POSSIBLE.problem(str(error), current=error.status.value, possible=instead) from error
    except NotForUnitsError as error:
        raise NOT_FOR_UNITS.problem(str(error), proposal=error.proposal, marked=list(error.marked)) from error
    except (NotReadyError, NotRegisteredError, ExtensionError) as error:
        raise NOT_READY.problem(str(error)) from error
