"""Tickets given out as a file, and the archive by class, over HTTP (R14.8, R25.2)."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.fields import Instant, Line, Paged, Revealing, Shown
from common.api.operation import Reply, operation
from tickets.api_shown import TicketList, ticket_shown
from tickets.model import Kind, Status
from tickets.seeing import own_units, sight, unknown_to
from tickets.sheets.exporting import Batch, exported, headings, watermark
from tickets.sheets.formulas import harmless
from tickets.store import TicketFilter, TicketStore
from tickets.store.archive import on_shelf, shelves

_TAG = "工单"


class ExportQuery(Revealing):
    """Which tickets are given out; with ``reveal`` also who the callers are."""

    kind: Annotated[Kind | None, Field(description="如何进来的。")] = None
    status: Annotated[Status | None, Field(description="办理状态。")] = None
    since: Annotated[Instant | None, Field(description="自此时（含）。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）。")] = None
    category: Annotated[Line | None, Field(description="诉求类别的代码。")] = None
    open: Annotated[bool | None, Field(description="true 未办结，false 已办结。")] = None
    overdue: Annotated[bool, Field(description="true 只要已超期的。")] = False


class ShelfQuery(Paged, Revealing):
    """One class of one year."""

    archive_class: Annotated[Line, Field(description="存档类别。")]
    year: Annotated[int, Field(ge=2000, le=2999, description="办结的年份。")]


class ShelfShown(Shown):
    """One class of one year."""

    archive_class: str
    year: int
    count: int


class ArchiveShown(Shown):
    """The archive's classes, the latest year first."""

    shelves: list[ShelfShown]


@dataclass(frozen=True, slots=True)
class ExportPages:
    """What leaves the house as a file, and what is kept in it."""

    store: TicketStore

    @operation(
        "GET",
        "/api/v1/exports/tickets.csv",
        summary="导出工单（CSV，新的在前）",
        tag=_TAG,
        audit="tickets.export",
        media="text/csv",
    )
    async def export_tickets(self, ask: Ask, query: ExportQuery) -> web.Response:
        """All tickets of a filter as CSV, as many as there are; a unit is given its own, nobody the confidential ones.

        Who the caller is stands in it only where ``reveal`` gives a reason, and never where the caller asked for it to
        be hidden from the one who exports (A16). Each part is audited before it goes out.
        """
        register = await self.store.register()
        tree = register.tree
        shown = TicketFilter(
            kind=query.kind,
            status=query.status,
            since=query.since,
            until=query.until,
            units=own_units(ask, tree),
            apart_from=unknown_to(ask, tree),
            category=query.category or "",
            open=query.open,
            overdue_at=clock.now() if query.overdue else None,
        )
        contacts = bool(ask.reason)
        mark = watermark(ask.caller.person, clock.now())
        batches = exported(self.store, shown, contacts=contacts, mark=mark, seen=partial(sight, ask=ask))
        # The first part is read and audited before anything is promised: what fails then is a problem, no torn file.
        first = await anext(batches, None)
        if first:
            await ask.saw(first.numbers)
        return web.Response(
            body=_csv(ask, headings(contacts=contacts), first, batches),
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": 'attachment; filename="tickets.csv"',
            },
        )

    @operation("GET", "/api/v1/archive", summary="存档的类别和年份", tag=_TAG)
    async def list_archive(self, ask: Ask) -> ArchiveShown:
        """The classes in which the asking unit has tickets that are not confidential; level 1 sees all (R14.8)."""
        tree = (await self.store.register()).tree
        found = await self.store.read(partial(shelves, units=own_units(ask, tree), apart=unknown_to(ask, tree)))
        rows = [ShelfShown(archive_class=one.archive_class, year=one.year, count=one.count) for one in found]
        return ArchiveShown(shelves=rows)

    @operation(
        "GET", "/api/v1/archive/tickets", summary="某类某年的存档工单，后办结的在前", tag=_TAG, audit="tickets.archive"
    )
    async def list_archived(self, ask: Ask, query: ShelfQuery) -> Reply[TicketList]:
        """The asking unit's tickets in one class and year; confidential ones are never there (R14.8, R25.1)."""
        register = await self.store.register()
        read = partial(
            on_shelf,
            archive_class=query.archive_class,
            year=query.year,
            units=own_units(ask, register.tree),
            apart=unknown_to(ask, register.tree),
            limit=query.limit,
            after=query.cursor,
        )
        page = await self.store.read(read)
        rows = [ticket_shown(one, ask, register.tree) for one in page.rows]
        body = TicketList(tickets=rows, next=str(page.next) if page.next else None)
        return Reply(body, [one.number for one in page.rows])


async def _csv(ask: Ask, head: Sequence[str], first: Batch | None, rest: AsyncIterator[Batch]) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([head])
    if first:
        yield _lines(first.rows)
    async for batch in rest:
        await ask.saw(batch.numbers)
        yield _lines(batch.rows)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
