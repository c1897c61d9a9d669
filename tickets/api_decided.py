"""What was decided on whose duty something is, over HTTP: rulings, and returns and their outcome (R21.3, R22.6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from common.api.ask import Ask
from common.api.operation import Reply, operation
from tickets.api_acting import roles_of
from tickets.api_own import numbers, own_rows
from tickets.api_register_shown import (
    MatterQuery,
    ReturnList,
    ReturnsQuery,
    RulingList,
    return_shown,
    ruling_shown,
)
from tickets.store import TicketStore
from tickets.store.listing import returns_of, rulings_on
from tickets.workflow_terms import Role

_TAG = "名录"


@dataclass(frozen=True, slots=True)
class DecidedPages:
    """Who looks for the like. A unit is shown its own; adjudicators are shown every ruling, so that theirs agree."""

    store: TicketStore

    @operation("GET", "/api/v1/rulings", summary="职责裁定，新的在前", tag=_TAG, audit="rulings.list")
    async def list_rulings(self, ask: Ask, query: MatterQuery) -> Reply[RulingList]:
        """Rulings on duty; each has changed the catalogue (R21.3)."""
        every = Role.ADJUDICATOR in roles_of(ask)
        reading = partial(rulings_on, category=query.category or "")
        rows, after = await own_rows(self.store, ask, query, reading, every=every)
        body = RulingList(rulings=[ruling_shown(one.ticket.number, one.row) for one in rows], next=after)
        return Reply(body, numbers(rows))

    @operation("GET", "/api/v1/returns", summary="申请退回及其结果，新的在前", tag=_TAG, audit="returns.list")
    async def list_returns(self, ask: Ask, query: ReturnsQuery) -> Reply[ReturnList]:
        """Returns that units have asked for: who dispatches the like reads them (R21.0, R22.6)."""
        reading = partial(returns_of, category=query.category or "")
        rows, after = await own_rows(self.store, ask, query, reading, unit=query.unit)
        body = ReturnList(returns=[return_shown(one.ticket.number, one.row) for one in rows], next=after)
        return Reply(body, numbers(rows))
