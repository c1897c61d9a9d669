"""What must be known and right before a ticket goes to a unit (R14.1, R21.0, A16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from common.clock import civil
from tickets.desk.acting import Acting
from tickets.details import Details
from tickets.errors import NotReadyError
from tickets.model import Ticket
from tickets.register import Register
from tickets.workflow_terms import Facts

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
    about = ticket.details.about
    if about and about in register.tree and about != register.tree.root:
        forbidden = {about, *register.tree.above(about)} - {register.tree.root}
        if unit in forbidden:
            raise NotReadyError(f"诉求反映的是「{register.name(about)}」,不得派给该单位或其上级(A16)")


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
    if facts.unit != line.lead and not facts.reason.strip():
        raise NotReadyError(
            f"派单目录规定由「{register.name(line.lead)}」承办({line.legal_basis});派给其他单位须写明理由(第二十一条)"
        )
