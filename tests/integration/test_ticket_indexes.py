"""What is looked for among very many tickets is found by an index, on SQLite too, which is particular about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tests.books import Books, books
from tests.city import TUESDAY
from tickets import outbox_rows
from tickets.desk import consequences
from tickets.model import Status
from tickets.store import TicketFilter, answers, work
from tickets.store.duties import reminders_query
from tickets.store.emergencies import EmergencyFilter, emergencies_query
from tickets.store.listing import linked_to
from tickets.store.reading import page_query


async def plan(at_work: Books, query: sa.Select[*tuple[Any, ...]]) -> str:
    """How SQLite means to look."""
    told = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    explain: Any = sa.text(f"EXPLAIN QUERY PLAN {told}")
    return " ".join(str(row[-1]) for row in await at_work.tickets.rows(explain))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (linked_to("t1"), "ix_tickets_linked"),
        (consequences._linked_since.params(handling="t1", since=None), "ix_tickets_linked"),
        (work._waiting.params(ids=["t1"]), "ix_tickets_linked"),
        (answers._open.params(unit="u"), "ix_tickets_board"),
        (answers._ended.params(unit="u"), "COVERING INDEX ix_filings_unit"),
        (page_query(TicketFilter(category="0101"), limit=10, after=None), "ix_tickets_matter"),
        (page_query(TicketFilter(unit="u", news=True), limit=10, after=None), "ix_tickets_news"),
        (reminders_query(["u"], limit=10), "ix_notices_of_unit"),
        (outbox_rows._aside, "ix_notices_failed"),
        (outbox_rows._exhausted.params(tries=1), "ix_notices_failed"),
        (emergencies_query(EmergencyFilter(), limit=10), "ix_tickets_emergencies"),
    ],
)
async def test_a_query_for_few_looks_into_the_index_of_few(
    tmp_path: Path, query: sa.Select[*tuple[Any, ...]], index: str
) -> None:
    """Linked tickets and those of one category are not searched for among all."""
    async with books(tmp_path) as at_work:
        assert index in await plan(at_work, query)


@pytest.mark.parametrize(
    ("shown", "index"),
    [
        (TicketFilter(overdue_at=TUESDAY), "ix_tickets_due"),
        (TicketFilter(overdue_at=TUESDAY, unit="u"), "ix_tickets_board"),
        (TicketFilter(open=True, unit="u"), "ix_tickets_board"),
        (TicketFilter(open=True, unit="u", status=Status.IN_HANDLING), "ix_tickets_board"),
        (TicketFilter(unit="u"), "ix_tickets_unit_opened_at_id"),
        (TicketFilter(units=("u",), apart_from=("u",)), "ix_tickets_unit_opened_at_id"),
        (TicketFilter(news=True, unit="u"), "ix_tickets_news"),
        (TicketFilter(open=True, status=Status.AWAITING_CALLBACK), "ix_tickets_queue"),
    ],
)
async def test_a_board_is_read_in_the_order_in_which_it_is_shown(
    tmp_path: Path, shown: TicketFilter, index: str
) -> None:
    """Thousands of open tickets are not sorted for the fifty that are shown."""
    async with books(tmp_path) as at_work:
        found = await plan(at_work, page_query(shown, limit=50, after=None))
        assert index in found
        assert "TEMP B-TREE" not in found


async def test_of_a_branch_each_unit_gives_its_newest(tmp_path: Path) -> None:
    """However many tickets the units of a county ever had, a page reads of each no more than it shows."""
    async with books(tmp_path) as at_work:
        shown = TicketFilter(units=("u", "v"), open=True)
        told = await plan(at_work, page_query(shown, limit=10, after=None))
        assert told.count("USING INDEX ix_tickets_board") + told.count("COVERING INDEX ix_tickets_board") == 2
        assert "SCAN tickets" not in told
