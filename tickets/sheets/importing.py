"""Another system's open tickets taken in: each row wholly or not at all, and never twice (R3.1, R4.1)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from common.ids import new_id
from common.worded import Worded
from tickets.desk.acting import Acting
from tickets.desk.intake import open_ticket
from tickets.desk.moving import move_ticket
from tickets.errors import DeskError
from tickets.model import Channel, Kind, Opening, Ticket, opened
from tickets.register import Register
from tickets.sheets.mapping import Mapping
from tickets.sheets.reading import SheetError, SheetRow
from tickets.sheets.translating import Foreign, RowError, Stage, understood
from tickets.store import TicketStore
from tickets.store.tables import tickets
from tickets.store.tables_import import imports
from tickets.store.work import Work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

#: So many rows are written in one go.
_AT_ONCE = 200
_known = (
    sa.select(tickets.c.number)
    .join(imports, imports.c.ticket_id == tickets.c.id)
    .where(imports.c.system == sa.bindparam("system"), imports.c.number == sa.bindparam("number"))
)


class Outcome(Worded):
    """What has become of a row."""

    TAKEN = "taken", "已导入"
    POSSIBLE = "possible", "可以导入"
    KNOWN = "known", "以前已导入"
    NOT_OPEN = "not_open", "不是在办件,未导入"
    REFUSED = "refused", "未导入"


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row of the report; ``ours`` is the ticket's number here."""

    row: int
    theirs: str
    outcome: Outcome
    ours: str = ""
    why: str = ""


class _Rehearsed(Exception):  # noqa: N818 - nothing went wrong
    """The row could be taken; raised so that nothing of it is written."""


async def import_tickets(
    store: TicketStore, rows: Iterable[SheetRow], mapping: Mapping, now: datetime, *, who: str, dry: bool = False
) -> list[RowReport]:
    """Take every row that can be taken, and say of each what has become of it. ``dry`` changes nothing at all.

    Raises:
        SheetError: the file cannot be read to its end, or lacks a column of the mapping; nothing was taken.
        NotWritten: the database refused. What came before is taken.
    """
    everything = list(rows)
    if everything and (missing := sorted(mapping.used() - {*everything[0].cells})):
        raise SheetError(f"文件中没有对照文件写的列:{'、'.join(missing)}")
    register = await store.register()
    reports: list[RowReport] = []
    seen: Counter[str] = Counter()
    for first in range(0, len(everything), _AT_ONCE):
        some = everything[first : first + _AT_ONCE]
        asked = [_one(store, row, mapping, register, now, who=who, dry=dry, seen=seen) for row in some]
        reports += await asyncio.gather(*asked)
    return reports


async def _one(
    store: TicketStore,
    row: SheetRow,
    mapping: Mapping,
    register: Register,
    now: datetime,
    *,
    who: str,
    dry: bool,
    seen: Counter[str],
) -> RowReport:
    theirs = row.cells.get(mapping.columns["number"], "")
    try:
        foreign = understood(row, mapping, register, now)
        if foreign is None:
            return RowReport(row.number, theirs, Outcome.NOT_OPEN)
        theirs = foreign.number
        seen[theirs] += 1
        if seen[theirs] > 1:
            return RowReport(row.number, theirs, Outcome.REFUSED, why="原工单编号与前面的行重复")
        outcome, ours = await store.run(lambda work: _take(work, foreign, mapping.system, now, who=who, dry=dry))
    except _Rehearsed:
        return RowReport(row.number, theirs, Outcome.POSSIBLE)
    except (RowError, DeskError, IllegalMoveError) as problem:
        return RowReport(row.number, theirs, Outcome.REFUSED, why=str(problem))
    return RowReport(row.number, theirs, outcome, ours)


def _take(work: Work, foreign: Foreign, system: str, now: datetime, *, who: str, dry: bool) -> tuple[Outcome, str]:
    """The whole row in one use case: opened, sent and signed as it was there."""
    key = {"system": system, "number": foreign.number}
    if known := work.connection.execute(_known, key).scalar():
        return Outcome.KNOWN, known
    actor = Actor(who, work.register.tree.root, Role.REVIEWER)
    ticket = _opened(work, _opening(foreign, actor), dry=dry)
    if foreign.stage is not Stage.REVIEW:
        facts = Facts(
            unit=foreign.unit,
            basis=f"{system}已派单",
            reason=f"在{system}已由该单位承办",
            exception=f"在{system}已直接派到该单位" if work.register.tree.level(foreign.unit) > 2 else "",  # noqa: PLR2004 - R11.1
            remark=f"{system} {foreign.number}",
        )
        ticket = move_ticket(work, ticket.id, Move.DISPATCH, Acting(actor, foreign.sent_at), facts)
    if foreign.stage is Stage.HANDLING:
        signs = Acting(Actor(who, foreign.unit, Role.HANDLER), now)
        ticket = move_ticket(work, ticket.id, Move.SIGN, signs, Facts(remark=f"在{system}已签收"))
    if dry:
        raise _Rehearsed
    work.change(imports.insert(), **key, ticket_id=ticket.id, at=now)
    return Outcome.TAKEN, ticket.number


def _opening(foreign: Foreign, actor: Actor) -> Opening:
    return Opening(
        call_id="",
        number=foreign.caller_number,
        kind=Kind.MATTER,
        opened_at=foreign.opened_at,
        automatic=False,
        who=actor.who,
        unit=actor.unit,
        role=actor.role,
        channel=Channel.IMPORT,
        details=foreign.details,
        confidential=foreign.confidential,
    )


def _opened(work: Work, opening: Opening, *, dry: bool) -> Ticket:
    if not dry:
        return open_ticket(work, opening)
    # A rehearsal takes no number: nothing may be different afterwards.
    ticket, entry = opened(opening, ticket_id=new_id(), number="", root=work.register.tree.root)
    work.add(ticket, entry)
    return ticket
