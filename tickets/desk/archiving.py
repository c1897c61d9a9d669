"""Archiving by the system: what has ended is settled in its class once nobody comes back to it (R14.8)."""

from __future__ import annotations

from datetime import datetime

from tickets.desk.acting import Acting
from tickets.desk.filing import ended_before
from tickets.desk.moving import move_ticket
from tickets.model import Status
from tickets.store.rows import ENDED
from tickets.store.work import Work
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

#: Until then a refusal may still be taken back and a class put right.
SETTLED_AFTER_DAYS = 30
_SETTLED = ENDED - {Status.ARCHIVED}


def archive_ended(work: Work, now: datetime, *, days: int = SETTLED_AFTER_DAYS, most: int = 200) -> int:
    """Archive what ended so many days ago, some at a time; gives how many that were."""
    clock = Acting(Actor("system", work.register.tree.root, Role.SYSTEM), now)
    found = ended_before(work, now, days=days, most=most)
    work.prefetch(found)
    done = 0
    for ticket_id in found:
        ticket = work.ticket(ticket_id)
        # Another service may have archived it, or a person taken it up again, before it was ours. One that is
        # confidential and cannot be opened waits for its key.
        if ticket.status in _SETTLED and not ticket.sealed:
            move_ticket(work, ticket_id, Move.ARCHIVE, clock, Facts())
            done += 1
    return done
