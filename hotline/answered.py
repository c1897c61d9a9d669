"""A question that was answered at once, although the knowledge base had no entry for it, makes a task by itself (A19).

Here and not in ``tickets`` or ``knowledge``, which know nothing of each other. It is written in the transaction of the
answer: no crash can lose it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from common.clock import civil
from common.ids import new_id
from knowledge.model import BY_ITSELF, Task, TaskKind
from knowledge.rows import row_of
from knowledge.rules import DEFAULTS
from knowledge.tables import entries, tasks
from tickets.details import Nature
from tickets.errors import NotReadyError
from tickets.model import Ticket
from tickets.register import Register
from tickets.store.work import Work
from tickets.workflow_terms import Facts

_in_use = sa.select(entries.c.id).where(entries.c.id == sa.bindparam("entry"), entries.c.withdrawn.is_(sa.false()))


def owe_entry(work: Work, ticket: Ticket, facts: Facts, now: datetime) -> None:
    """Note what is owed after a ticket was answered at once; nothing of the caller is in it (R25.2).

    The unit of the dispatch catalogue owes the entry, level 1 where no line speaks of the matter.

    Raises:
        NotReadyError: there is no such entry to have answered from.
    """
    if facts.entry:
        if work.connection.execute(_in_use, {"entry": facts.entry}).first() is None:
            raise NotReadyError("知识库中没有这个编号的现行条目,请核对 entry;没有依据条目的,不写(A19)")
        return
    # What is confidential is on nobody's list (R25.1).
    if ticket.details.nature is not Nature.CONSULTATION or ticket.confidential:
        return
    today = civil(now).date()
    category = work.register.categories.get(ticket.details.category)
    task = Task(
        id=new_id(),
        kind=TaskKind.CONSULTATION,
        unit=_owing(work.register, ticket, now),
        title=f"{BY_ITSELF}{category.name if category else '未分类'}",
        about=ticket.number,
        began_on=today,
        due=work.register.calendar.add(today, DEFAULTS.entry),
    )
    work.insert(tasks, **row_of(task))


def _owing(register: Register, ticket: Ticket, now: datetime) -> str:
    day = civil(now).date()
    leads = (line.lead for line in register.lines(ticket.details.category, ticket.details.place, day))
    return next((lead for lead in leads if lead in register.units and register.units[lead].active(day)), "") or (
        register.tree.root
    )
