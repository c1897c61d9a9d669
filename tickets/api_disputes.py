"""What waits for a ruling, over HTTP: each body sees its own disputes, level 1 sees all of them (R21.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.fields import Next, Paged, Shown, Stamp
from common.api.operation import Reply, operation
from tickets.api_acting import roles_of
from tickets.api_own import ROWS
from tickets.deadlines import instant_due
from tickets.disputes import Dispute
from tickets.model import Ticket
from tickets.register import Register
from tickets.ruleset import RuleId
from tickets.seeing import unknown_to
from tickets.store import TicketStore
from tickets.store.disputes import disputes
from tickets.workflow_terms import Role


class DisputeShown(Shown):
    """A dispute that waits for a ruling."""

    ticket: str
    dispute: Annotated[Dispute | None, Field(description="duty 职责争议，law 法律适用争议；早先未区分的为 null。")]
    body: Annotated[str, Field(description="应作裁定的机构；名录中没有的为空，由一级机构登记后改送。")]
    unit: Annotated[str, Field(description="提出争议的单位。")]
    since: Annotated[Stamp, Field(description="送该机构的时间。")]
    due: Annotated[Stamp, Field(description="裁定期限。")]
    overdue: bool


class DisputeList(Shown):
    """The longest wait first."""

    disputes: Annotated[list[DisputeShown], Field(description=ROWS)]
    next: Next


@dataclass(frozen=True, slots=True)
class DisputePages:
    """Who has to rule on what."""

    store: TicketStore
    now: Callable[[], datetime] = clock.now

    @operation("GET", "/api/v1/disputes", summary="待裁定的争议，等得最久的在前", tag="待办", audit="disputes.list")
    async def list_disputes(self, ask: Ask, query: Paged) -> Reply[DisputeList]:
        """Those before the reader's own body; for level 1 those before every body, and those that have none."""
        register = await self.store.register()
        root, mine = register.tree.root, ask.caller.unit
        if mine != root and Role.ADJUDICATOR not in roles_of(ask):
            return Reply(DisputeList(disputes=[], next=None))
        body, apart = None if mine == root else mine, unknown_to(ask, register.tree)
        page = await self.store.read(partial(disputes, body=body, limit=query.limit, after=query.cursor, apart=apart))
        now = self.now()
        shown = [_shown(one, register, now) for one in page.rows]
        after = str(page.next) if page.next else None
        return Reply(DisputeList(disputes=shown, next=after), [one.ticket for one in shown])


def _shown(ticket: Ticket, register: Register, now: datetime) -> DisputeShown:
    rules = register.rules(ticket.turn, clock.civil(ticket.since).date())
    due = instant_due(RuleId.ADJUDICATE, ticket.since, register.calendar, rules)
    return DisputeShown(
        ticket=ticket.number,
        dispute=ticket.case.dispute,
        body=ticket.case.adjudicator,
        unit=ticket.unit,
        since=ticket.since,
        due=due,
        overdue=now >= due,
    )
