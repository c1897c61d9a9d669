"""The register over HTTP: units, categories, the dispatch catalogue, delegated rights, calendars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Nothing, Revealing
from common.api.operation import Reply, operation
from common.api.problem import ProblemKind
from common.ids import new_id
from tickets.api_acting import NO_ROLE, NOT_READY
from tickets.api_register_shown import (
    CalendarList,
    CalendarShown,
    CalendarTold,
    CatalogueList,
    CatalogueQuery,
    CategoryList,
    CategoryShown,
    CategoryTold,
    DelegationList,
    DelegationShown,
    DelegationTold,
    LineShown,
    LineTold,
    OfCategory,
    OfUnit,
    UnitList,
    UnitShown,
    UnitTold,
    calendar_shown,
    category_shown,
    delegation_shown,
    line_shown,
    unit_shown,
)
from tickets.calendar_notice import from_ics, from_json
from tickets.catalogue import CatalogueLine, Category
from tickets.store import TicketStore
from tickets.store.registering import Entry
from tickets.units import Delegation, Unit
from tickets.workdays import CalendarError

S = TypeVar("S", bound=BaseModel)
_TAG = "名录"
BAD_CALENDAR = ProblemKind("bad-calendar", 422, "放假安排有误", "请按 detail 更正后重发。")
_KEPT = (NOT_READY,)


@dataclass(frozen=True, slots=True)
class RegisterPages:
    """What moves are judged by. Level 1 keeps it; each level 2 says what its level 3 may do (R18-19)."""

    store: TicketStore

    @operation("GET", "/api/v1/units", summary="机构树", tag=_TAG)
    async def list_units(self, ask: Ask, query: Revealing) -> UnitList:
        """All units; who is above whom (R11.1)."""
        del query  # the reason in it has reached ``ask``
        register = await self.store.register()
        return UnitList(units=[unit_shown(unit, ask) for unit in register.units.values()])

    @operation(
        "PUT", "/api/v1/units/{id}", summary="新设或更改机构", tag=_TAG, scope=Scope.WRITE, once=True, problems=_KEPT
    )
    async def put_unit(self, ask: Ask, ids: OfUnit, body: UnitTold) -> Reply[UnitShown]:
        """A new unit, or another name, duty phones and dates of one; it never hangs elsewhere."""
        unit = Unit(
            ids.id,
            body.name,
            body.kind,
            body.parent,
            body.duty_phones,
            body.area,
            body.active_from,
            body.active_until,
        )
        if unit.parent and unit.parent not in (await self.store.register()).units:
            raise NOT_READY.problem(f"没有「{unit.parent}」这个上级单位，请先设立。")
        return await self._put(ask, unit, lambda: unit_shown(unit, ask))

    @operation("GET", "/api/v1/categories", summary="诉求类别", tag=_TAG)
    async def list_categories(self, query: Nothing) -> CategoryList:
        """The tree of contents, with what each asks for (R14.1) and its limit set by law (R22.5)."""
        del query
        register = await self.store.register()
        return CategoryList(categories=[category_shown(one) for one in register.categories.values()])

    @operation(
        "PUT",
        "/api/v1/categories/{id}",
        summary="新设或更改诉求类别",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        problems=_KEPT,
    )
    async def put_category(self, ask: Ask, ids: OfCategory, body: CategoryTold) -> Reply[CategoryShown]:
        """A category by its code."""
        register = await self.store.register()
        if body.parent and (body.parent not in register.categories or ids.id in register.category_path(body.parent)):
            raise NOT_READY.problem(f"「{body.parent}」不能作上级类别：没有这个类别，或它在本类别之下。")
        one = Category(
            ids.id, body.name, body.parent, body.required, body.statutory, body.archive_class, active=body.active
        )
        return await self._put(ask, one, lambda: category_shown(one))

    @operation("GET", "/api/v1/catalogue", summary="派单目录：哪类事在哪里归谁办", tag=_TAG)
    async def list_catalogue(self, query: CatalogueQuery) -> CatalogueList:
        """The lines in force today for a matter, the closest first; all of them where no category is named (R21.0)."""
        register = await self.store.register()
        today = clock.civil(clock.now()).date()
        if query.category is None:
            lines = [line for line in register.catalogue if line.holds(today)]
        else:
            lines = list(register.lines(query.category, query.place or "", today))
        return CatalogueList(lines=[line_shown(line) for line in lines])

    @operation(
        "POST",
        "/api/v1/catalogue",
        summary="增加派单目录条目",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=_KEPT,
    )
    async def add_line(self, ask: Ask, body: LineTold) -> Reply[LineShown]:
        """A line of the dispatch catalogue (R21.0)."""
        register = await self.store.register()
        unknown = [unit for unit in (body.lead, *body.co_handlers) if unit not in register.units]
        if unknown or body.category not in register.categories:
            raise NOT_READY.problem(f"名录中没有：{'、'.join(unknown) or body.category}。请先设立。")
        line = CatalogueLine(
            new_id(),
            body.category,
            body.lead,
            body.legal_basis,
            body.place,
            body.co_handlers,
            body.level,
            body.since,
            body.until,
            body.source,
        )
        return await self._put(ask, line, lambda: line_shown(line))

    @operation("GET", "/api/v1/delegations", summary="授予下级的权限", tag=_TAG)
    async def list_delegations(self, query: Nothing) -> DelegationList:
        """What each level 2 has granted and taken, with its dates (R18-19)."""
        del query
        register = await self.store.register()
        return DelegationList(delegations=[delegation_shown(one) for one in register.delegations])

    @operation(
        "POST",
        "/api/v1/delegations",
        summary="授予或收回下级的权限",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(*_KEPT, NO_ROLE),
    )
    async def add_delegation(self, ask: Ask, body: DelegationTold) -> Reply[DelegationShown]:
        """Granted or taken by a head of a unit above (R18-19)."""
        register = await self.store.register()
        if body.unit not in register.units:
            raise NOT_READY.problem(f"没有「{body.unit}」这个单位。")
        if ask.caller.unit not in register.tree.above(body.unit):
            raise NO_ROLE.problem("权限由上级机构的负责人授予和收回。")
        one = Delegation(
            new_id(),
            body.unit,
            body.right,
            body.granted,
            body.since,
            body.until,
            ask.caller.person,
            body.reason,
        )
        return await self._put(ask, one, lambda: delegation_shown(one))

    @operation("GET", "/api/v1/calendars", summary="各年的放假安排", tag=_TAG)
    async def list_calendars(self, query: Nothing) -> CalendarList:
        """Every version of every year's notice, the newest year first."""
        del query
        years = (await self.store.register()).years
        shown = sorted((calendar_shown(one) for one in years), key=lambda one: (-one.year, one.version))
        return CalendarList(calendars=shown)

    @operation(
        "POST",
        "/api/v1/calendars",
        summary="导入一年的放假安排（JSON 或 ICS）",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(*_KEPT, BAD_CALENDAR),
    )
    async def import_calendar(self, ask: Ask, body: CalendarTold) -> Reply[CalendarShown]:
        """The State Council's notice of a year; deadlines that stand are recomputed by a command of their own."""
        try:
            read = from_json if body.format == "json" else from_ics
            year = read(body.text, body.source)
        except (CalendarError, OverflowError, RecursionError) as error:
            raise BAD_CALENDAR.problem(str(error)) from error
        return await self._put(ask, year, lambda: calendar_shown(year))

    async def _put(self, ask: Ask, record: Entry, shown: Callable[[], S]) -> Reply[S]:
        reply = Reply(shown())
        try:
            # A register's change gives nothing; anything else is a refusal, for which no key is kept.
            with ask.once(lambda found: reply if found is None else None):
                await self.store.put(record, at=clock.now())
        except ValueError as error:
            raise NOT_READY.problem(str(error)) from error
        return reply
