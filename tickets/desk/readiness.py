"""What must be known and right before a ticket goes to a unit (R14.1, R21.0, A16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from common.clock import civil
from tickets.desk.acting import Acting
from tickets.details import Details
from tickets.errors import NotForUnitsError, NotReadyError
from tickets.model import Ticket
from tickets.protecting import barred, proposed, protected, tells
from tickets.register import Register
from tickets.workflow_terms import Facts, Role

#: Who says what units get of a matter whose reporter is protected.
CONFIRMERS = frozenset({Role.REVIEWER, Role.LEADER})
#: Required fields that are part of the record itself; all others are fields of the category.
OWN_FIELDS = {
    "matter": "诉求事项",
    "address": "地址",
    "caller_name": "诉求人姓名",
    "contact": "联系方式",
    "place": "事发地",
}


def missing_fields(ticket: Ticket, register: Register) -> tuple[str, ...]:
    """What still must be recorded, as people read it (R14.1)."""
    return tuple(_missing(ticket.details, ticket.caller_number, register))


def _missing(details: Details, number: str, register: Register) -> Iterator[str]:
    if not details.matter.strip():
        yield OWN_FIELDS["matter"]
    if details.nature is None:
        yield "诉求性质"
    if not details.category:
        yield "诉求类别"
    for name in register.required(details.category):
        value = getattr(details, name, "") if name in OWN_FIELDS else details.field(name)
        # A28: the number that somebody called from is a contact; who left none is asked, not turned away.
        if not value and not (name == "contact" and number):
            yield OWN_FIELDS.get(name, name)


def check_dispatch(ticket: Ticket, register: Register, acting: Acting, facts: Facts) -> None:
    """All that the desk looks at before a dispatch, beside the workflow's table.

    Raises:
        NotReadyError: says what is missing or wrong.
    """
    day = civil(acting.now).date()
    missing = missing_fields(ticket, register)
    # An emergency goes out at once; the rest is recorded while it is handled (R7.2).
    if ticket.emergency_at and ticket.details.matter.strip():
        missing = ()
    if missing:
        raise NotReadyError(f"派单前须补全:{'、'.join(missing)}(第十四条)")
    for unit in (facts.unit, *facts.co_handlers):
        check_unit(unit, ticket, register, day)
    check_level(facts.unit, ticket, register, day)
    _check_lead(ticket, register, day, facts)


def check_unit(unit: str, ticket: Ticket, register: Register, day: date) -> None:
    """That a unit takes tickets, and may have this one (A16).

    Raises:
        NotReadyError: says why not.
    """
    if unit not in register.units:
        raise NotReadyError(f"没有「{unit}」这个单位")
    if not register.units[unit].active(day):
        raise NotReadyError(f"「{register.name(unit)}」已停用,不能派单")
    check_not_complained_of(unit, ticket, register)


def check_not_complained_of(unit: str, ticket: Ticket, register: Register) -> None:
    """That a complaint goes neither to the unit complained of, nor below it, nor to those above it (A16).

    Raises:
        NotReadyError: it would.
    """
    about = ticket.details.about
    if not barred(unit, ticket.details, register.tree):
        return
    which = f"「{register.name(about)}」"
    if unit == about or unit in register.tree.above(about):
        raise NotReadyError(f"诉求反映的是{which},不得派给该单位或其上级(A16)")
    raise NotReadyError(f"诉求反映的是{which},「{register.name(unit)}」是其下级,或与其同属一个上级,不得派给(A16)")


def for_units(ticket: Ticket, acting: Acting, facts: Facts) -> Facts:
    """The facts with what units get of a matter whose reporter is protected; nothing is told of one who is not (A16).

    Raises:
        NotForUnitsError: nobody has confirmed it, with the machine's proposal for level 1; or it still tells who.
    """
    if not protected(ticket.details):
        return replace(facts, for_unit="")
    if facts.for_unit.strip():
        if acting.actor.role not in CONFIRMERS:
            raise NotReadyError("给承办单位的文字应由一级机构的审核派单员或负责人确认(A16)")
        check_for_units(facts.for_unit, ticket)
    elif not ticket.details.for_unit:
        raise _not_confirmed(ticket, acting)
    return facts


def check_for_units(text: str, ticket: Ticket) -> None:
    """That a text for units names nobody who is on record as the reporter (A16).

    Raises:
        NotForUnitsError: it does; says what kind of thing it tells.
    """
    told = tells(text, ticket.details, ticket.caller_number)
    if told:
        proposal = proposed(ticket)
        words = f"给承办单位的文字中仍有诉求人的{'、'.join(told)},请删去后再办(A16)"
        raise NotForUnitsError(words, proposal.text, proposal.marked)


def _not_confirmed(ticket: Ticket, acting: Acting) -> NotForUnitsError:
    if acting.actor.role not in CONFIRMERS | {Role.DISPATCHER}:
        return NotForUnitsError("此件的诉求人受保护,须先由一级机构确认给承办单位的文字(A16)")
    proposal = proposed(ticket)
    words = "此件的诉求人受保护,须先确认给承办单位的文字(for_unit),其中不得看出诉求人是谁(A16)"
    return NotForUnitsError(words, proposal.text, proposal.marked)


def check_level(unit: str, ticket: Ticket, register: Register, day: date) -> None:
    """Nothing goes below the level that is responsible, neither sent nor passed down (R21.0).

    Raises:
        NotReadyError: says whose it is.
    """
    lines = register.lines(ticket.details.category, ticket.details.place, day)
    line = lines[0] if lines else None
    if line and line.level and unit in register.tree and register.tree.level(unit) > line.level:
        raise NotReadyError(
            f"派单目录规定此类诉求由第{line.level}级机构负责({line.legal_basis}),不得派到第"
            f"{register.tree.level(unit)}级的「{register.name(unit)}」(第二十一条)"
        )


def _check_lead(ticket: Ticket, register: Register, day: date, facts: Facts) -> None:
    """Another lead than the catalogue's is reasoned (R21.0)."""
    lines = register.lines(ticket.details.category, ticket.details.place, day)
    if not lines:
        return
    line = lines[0]
    if barred(line.lead, ticket.details, register.tree):
        # The catalogue's own lead is complained of: whoever else it is, that is why (A16).
        return
    if facts.unit != line.lead and not facts.reason.strip():
        raise NotReadyError(
            f"派单目录规定由「{register.name(line.lead)}」承办({line.legal_basis});派给其他单位须写明理由(第二十一条)"
        )
