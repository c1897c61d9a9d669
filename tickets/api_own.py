"""Lists beside tickets: whose rows somebody is shown, and what goes into the audit (R14.8, R25.1, R25.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Protocol

from pydantic import Field
from sqlalchemy import Connection

from common.api import words
from common.api.ask import Ask
from common.api.fields import Paged
from common.paging import Cursor, Page
from tickets.api_register_shown import Code
from tickets.seeing import is_own, may_see, own_units, unknown_to
from tickets.store import TicketStore
from tickets.store.listing import Listed
from tickets.unit_tree import UnitTree

#: What a page of rows says of its length.
ROWS = "可能不足 limit 条；还有没有以 next 为准。"


class OfUnitQuery(Paged):
    """Whose rows."""

    unit: Annotated[Code | None, Field(description="单位编号；不写则为本单位及其下级，一级机构为全部。")] = None


class Reading(Protocol):
    """Reads a page of a list; ``units`` None stands for all, complaints about those of ``apart`` are left out."""

    def __call__(
        self,
        connection: Connection,
        units: Sequence[str] | None,
        *,
        limit: int,
        after: Cursor | None,
        apart: Sequence[str],
    ) -> Page[Listed]:
        """The page.

        Raises:
            ValueError: the cursor is another list's.
        """


async def own_rows(
    store: TicketStore,
    ask: Ask,
    query: Paged,
    reading: Reading,
    *,
    unit: str | None = None,
    every: bool = False,
) -> tuple[list[Listed], str | None]:
    """A page of a list, and where the next begins: rows of the reader's own and lower units, and of what they may see.

    ``every`` shows the rows of all units. What is not theirs to see is left out: a page may be short.

    Raises:
        Problem: 400, the cursor is another list's.
    """
    tree = (await store.register()).tree
    units = None if every else units_of(ask, unit, tree)
    if units is not None and not units:
        return [], None
    reading_apart = partial(reading, apart=unknown_to(ask, tree))
    try:
        page = await store.read(partial(reading_apart, units=units, limit=query.limit, after=query.cursor))
    except ValueError as error:
        raise words.other_list() from error
    own = ask.caller.unit
    rows = [one for one in page.rows if every or is_own(one.row["unit"], own, tree) or may_see(one.ticket, ask, tree)]
    return rows, str(page.next) if page.next else None


def units_of(ask: Ask, unit: str | None, tree: UnitTree) -> tuple[str, ...] | None:
    """The units that are asked about: None for all of them, empty where the reader may not look."""
    own = own_units(ask, tree)
    if unit is None:
        return own
    return (unit,) if unit in tree and (own is None or unit in own) else ()


def numbers(rows: Iterable[Listed]) -> list[str]:
    """The tickets that a list shows something of, for the audit."""
    return list(dict.fromkeys(one.ticket.number for one in rows))
