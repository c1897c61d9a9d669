"""That a notice has reached somebody: the proof is kept, and an extension counts from then on (A18, R22.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from tickets.desk.acting import Acting
from tickets.desk.moving import move_ticket
from tickets.errors import NotReadyError
from tickets.model import Ticket
from tickets.notice_texts import NoticeKind
from tickets.store.tables_work import notices
from tickets.store.work import Work
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

_of_id = sa.select(notices.c.ticket_id, notices.c.kind, notices.c.state).where(notices.c.id == sa.bindparam("notice"))
_sent = (
    notices.update()
    .where(notices.c.id == sa.bindparam("b_id"))
    .values(state="sent", sent_at=sa.bindparam("at"), proof=sa.bindparam("proven"), tries=notices.c.tries + 1, error="")
)


def notice_sent(work: Work, notice_id: str, proof: Mapping[str, str], now: datetime) -> Ticket:
    """The ticket after its notice was sent; a second proof of one notice changes nothing.

    Raises:
        NotReadyError: there is no such notice.
    """
    found = work.connection.execute(_of_id, {"notice": notice_id}).first()
    if found is None:
        raise NotReadyError("没有这条告知")
    ticket = work.ticket(found.ticket_id)
    if found.state == "sent":
        return ticket
    work.change(_sent, b_id=notice_id, at=now, proven=dict(proof))
    if found.kind == NoticeKind.EXTENDED and ticket.case.granted_days:
        clock = Acting(Actor("system", work.register.tree.root, Role.SYSTEM), now)
        return move_ticket(work, ticket.id, Move.RECORD_EXTENSION_NOTICE, clock, Facts(notice_id=notice_id))
    return ticket
