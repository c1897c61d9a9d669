"""Tickets found by their words over HTTP (R14.8, R25.1, R25.2; docs/search.md)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated

from pydantic import Field, StringConstraints

from common.api import words
from common.api.ask import Ask
from common.api.fields import Instant, Line, Next, Paged, Revealing, Shown
from common.api.operation import Reply, operation
from common.bigrams import QUERY_CHARACTERS, Query
from common.paging import Page
from common.search import Hit
from common.search_sql import Wanted
from tickets.api_shown import TicketShown, ticket_shown
from tickets.model import Status
from tickets.search import CATEGORY, OPEN, UNIT
from tickets.seeing import may_see, own_units
from tickets.store import TicketStore
from tickets.store.finding import of_ids
from tickets.unit_tree import UnitTree

_Typed = Annotated[str, StringConstraints(min_length=1, max_length=QUERY_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Order(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    RELEVANCE = "relevance"


class SearchQuery(Paged, Revealing):
    """What is looked for, and among which tickets."""

    query: Annotated[
        _Typed, Field(description="要找的词，1 到 100 个字，用空格分开，须全部出现；电话和证件号码不可检索。")
    ]
    order: Annotated[Order, Field(description="newest 新的在前，relevance 最相关的在前。")] = Order.NEWEST
    status: Annotated[Status | None, Field(description="办理状态。")] = None
    unit: Annotated[Line | None, Field(description="经办单位的编号：承办、待签收、转交或协办的。")] = None
    category: Annotated[Line | None, Field(description="诉求类别的代码，含其下各类。")] = None
    open: Annotated[bool | None, Field(description="true 未办结，false 已办结。")] = None
    since: Annotated[Instant | None, Field(description="自此时（含）。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）。")] = None


class HitShown(Shown):
    """One ticket that was found."""

    ticket: TicketShown
    excerpt: Annotated[str, Field(description="查到的词前后的文字（统一为半角、小写，不含电话和证件号码）。")]


class HitList(Shown):
    """What was found."""

    hits: Annotated[list[HitShown], Field(description="可能不足 limit 条；还有没有以 next 为准。")]
    next: Next
    searchable: Annotated[
        bool, Field(description="false：所写的没有可检索的词，或含有电话、证件号码，因此什么也不查。")
    ]
    capped: Annotated[bool, Field(description="true：符合的太多，只比较了最新的 2000 件（relevance）。")]


@dataclass(frozen=True, slots=True)
class SearchPages:
    """What the search of tickets answers to those who may see them."""

    store: TicketStore

    @operation("GET", "/api/v1/search/tickets", summary="按内容检索工单", tag="工单", audit="tickets.search")
    async def search_tickets(self, ask: Ask, query: SearchQuery) -> Reply[HitList]:
        """Tickets that have all the words; confidential ones are never found (R25.1), a unit finds its own (R14.8).

        Each is looked at again as it is now, since it may have been made confidential or moved on since it was found.
        """
        tree = (await self.store.register()).tree
        parsed = Query.parse(query.query)
        wanted = Wanted(
            parsed,
            statuses=(query.status.value,) if query.status else (),
            facets=_facets(query, _units(query.unit, ask, tree)),
            since=query.since,
            until=query.until,
        )
        page, capped = await self._found(query, wanted)
        known = await self.store.read(partial(of_ids, ids=[hit.id for hit in page.rows]))
        seen = [(hit, known[hit.id]) for hit in page.rows if hit.id in known and may_see(known[hit.id], ask, tree)]
        hits = [HitShown(ticket=ticket_shown(one, ask, tree), excerpt=hit.excerpt) for hit, one in seen]
        body = HitList(
            hits=hits, next=str(page.next) if page.next else None, searchable=not parsed.hopeless, capped=capped
        )
        return Reply(body, [one.number for _, one in seen])

    async def _found(self, query: SearchQuery, wanted: Wanted) -> tuple[Page[Hit], bool]:
        search = self.store.search
        if query.order is Order.NEWEST:
            # A place among the best has a dot in it, the id of a ticket has none.
            if query.cursor and "." in query.cursor.id:
                raise words.other_list()
            return await search.newest(wanted, limit=query.limit, after=query.cursor), False
        try:
            best = await search.best(wanted, limit=query.limit, after=query.cursor)
        except ValueError as error:
            raise words.other_list() from error
        return best.page, best.capped


def _units(asked: str | None, ask: Ask, tree: UnitTree) -> Collection[str] | None:
    """The units of which tickets are sought; None is all, no unit is none. A unit may ask for itself or one below."""
    own = own_units(ask, tree)
    if asked is None:
        return own
    return (asked,) if own is None or asked in own else ()


def _facets(query: SearchQuery, units: Collection[str] | None) -> dict[str, Collection[str]]:
    facets: dict[str, Collection[str]] = {}
    if units is not None:
        facets[UNIT] = units
    if query.category is not None:
        facets[CATEGORY] = (query.category,)
    if query.open is not None:
        facets[OPEN] = ("yes" if query.open else "no",)
    return facets
