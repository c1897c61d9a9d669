"""Who sees what of a ticket: the one place where that is decided (R14.8, R25.1, R25.2, A15, A16; docs/seeing.md)."""

from __future__ import annotations

from dataclasses import dataclass

from common.api.ask import Ask
from common.reach import Reach
from common.roles import Role
from tickets.model import Status, Ticket
from tickets.protecting import above_and_self, for_units, protected, shut_out
from tickets.store.rows import ENDED
from tickets.unit_tree import UnitTree

#: How far this right goes says who may know the caller.
_CONTACTS = "contacts.reveal"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader sees of a ticket that they may see.

    ``original`` is the record as it was taken; without it the reader gets ``matter`` and nothing that tells who said
    it. ``contacts`` are name, number, contact, address, call and recording: masked unless a reason is given.
    """

    matter: str
    original: bool
    contacts: bool


def may_see(ticket: Ticket, ask: Ask, tree: UnitTree) -> bool:
    """Whether a ticket is there for the one who asks; where it is not, they are answered as if there were none.

    A unit complained of, and those below it, see nothing of it, whoever handles it (A16). A confidential ticket is for
    those who were named (R25.1). Level 1 sees the rest; a unit what it or a unit below it has to do with (R14.8); an
    adjudicator what is before their body (R21.3).
    """
    caller = ask.caller
    if caller.unit in shut_out(ticket.details, tree):
        return False
    if ticket.confidential and not ({caller.account, caller.person} - {""}) & set(ticket.readers):
        return False
    if ask.reach is Reach.ALL:
        return True
    case = ticket.case
    if (
        case.status is Status.ADJUDICATION
        and caller.unit == case.adjudicator
        and Role.ADJUDICATOR.value in caller.roles
    ):
        return True
    return ask.reach is Reach.OWN and any(is_own(unit, caller.unit, tree) for unit in concerned(ticket))


def concerned(ticket: Ticket) -> frozenset[str]:
    """The units that have to do with a ticket: answerable, passed it, having given it on, or with an open task."""
    case = ticket.case
    return frozenset({case.unit, case.offered_to, *case.givers, *case.tasks} - {""})


def is_own(unit: str, reader: str, tree: UnitTree) -> bool:
    """Whether a unit is the reader's, or below it (R14.8)."""
    return unit == reader or (unit in tree and reader in tree.above(unit))


def own_units(ask: Ask, tree: UnitTree) -> tuple[str, ...] | None:
    """The units whose tickets the one who asks is shown in lists; None stands for all."""
    return None if ask.reach is Reach.ALL else unit_and_below(ask.caller.unit, tree)


def unit_and_below(unit: str, tree: UnitTree) -> tuple[str, ...]:
    """A unit and all below it."""
    return (unit, *(one for one in tree.parents if unit in tree.above(one)))


def unknown_to(ask: Ask, tree: UnitTree) -> tuple[str, ...]:
    """Complaints about these units are in no list of the one who asks; lists leave them out while they read (A16)."""
    return above_and_self(ask.caller.unit, tree)


def sight(ticket: Ticket, ask: Ask) -> Sight:
    """What the one who asks sees of a ticket that they may see."""
    if ask.reach is Reach.ALL:
        original, contacts = True, ask.further(_CONTACTS) is Reach.ALL
        return Sight(ticket.details.matter, original, contacts)
    return sight_of_unit(ticket, ask.caller.unit, contacts=ask.further(_CONTACTS) is not Reach.NONE)


def sight_of_unit(ticket: Ticket, unit: str, *, contacts: bool) -> Sight:
    """What people of a unit see of a ticket that they may see; ``contacts``: they may know who called at all."""
    original = not protected(ticket.details)
    return Sight(for_units(ticket.details), original, contacts and original and in_hands(ticket, unit))


def in_hands(ticket: Ticket, unit: str) -> bool:
    """Whether a unit has an open ticket in its hands: only so long does it need to know who said it (R25.2)."""
    case = ticket.case
    if case.status in ENDED:
        return False
    reviews = case.status is Status.AWAITING_UPPER_REVIEW and unit in (case.upper, case.level_2)
    return reviews or unit in {case.unit, case.offered_to, *case.tasks}


def hidden_from(ticket: Ticket, ask: Ask) -> bool:
    """Whether the one who asks must not learn who said it, whatever reason is given (A16)."""
    return not sight(ticket, ask).original
