"""Units, categories, catalogue, rights, calendars and rulings as the interface takes and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.fields import Asked, Line, Next, Paged, Phone, Shown, Stamp, Text, Told
from tickets.catalogue import CatalogueLine, Category
from tickets.disputes import Dispute
from tickets.units import Delegation, Right, Unit, UnitKind
from tickets.workdays import CalendarYear

#: A unit's id or a category's code: what people call it, without what an address could not hold.
Code = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x20/?#%\x7f]*$")]
Empty = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Many = Annotated[tuple[Code, ...], Field(max_length=20, strict=False)]
Day = Annotated[date | None, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31))]


class OfUnit(Asked):
    """A unit's id in an address."""

    id: Code


class OfCategory(Asked):
    """A category's code in an address."""

    id: Code


class UnitTold(Told):
    """A unit as it is from now on."""

    name: Line
    kind: UnitKind
    parent: Annotated[Empty, Field(description="上级机构；设立后不能改变。")] = ""
    duty_phones: Annotated[
        tuple[Phone, ...], Field(max_length=10, strict=False, description="值班电话，依次拨打。")
    ] = ()
    area: Empty = ""
    active_from: Day = None
    active_until: Annotated[Day, Field(description="自此日起不再接件。")] = None
    adjudicates: Annotated[
        tuple[Dispute, ...],
        Field(max_length=2, strict=False, description="裁定本级哪些争议：duty 职责（编办），law 法律（司法行政）。"),
    ] = ()


class UnitShown(UnitTold):
    """A unit."""

    id: str
    duty_phones: Annotated[tuple[str, ...], Field(description="值班电话；未写明理由时隐去中间几位。")] = ()


class UnitList(Shown):
    """All units."""

    units: list[UnitShown]


class CategoryTold(Told):
    """A category as it is from now on."""

    name: Line
    parent: Empty = ""
    required: Annotated[Many, Field(description="派单前必须补全的内容。")] = ()
    statutory: Annotated[Empty, Field(description="适用的法定时限名称。")] = ""
    archive_class: Empty = ""
    active: bool = True


class CategoryShown(CategoryTold):
    """A category."""

    code: str


class CategoryList(Shown):
    """All categories."""

    categories: list[CategoryShown]


class CatalogueQuery(Asked):
    """Of which matter and place."""

    category: Annotated[Code | None, Field(description="诉求类别的代码；不写则列出现行全部条目。")] = None
    place: Annotated[Line | None, Field(description="事发地。")] = None


class LineTold(Told):
    """A line of the dispatch catalogue."""

    category: Code
    lead: Annotated[Code, Field(description="承办（牵头）单位。")]
    legal_basis: Annotated[Text, Field(description="依据。")]
    place: Annotated[Empty, Field(description="事发地；不写为全市。")] = ""
    co_handlers: Many = ()
    level: Annotated[int, Field(ge=0, le=4, description="负责的层级，不得再往下派；0 为不限。")] = 0
    since: Day = None
    until: Day = None
    source: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class LineShown(LineTold):
    """A line of the dispatch catalogue."""

    id: str
    supersedes: str


class CatalogueList(Shown):
    """Lines, the closest first."""

    lines: list[LineShown]


class DelegationTold(Told):
    """A right granted or taken."""

    unit: Code
    right: Right
    granted: Annotated[bool, Field(description="true 授予，false 收回。")]
    since: Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31))]
    until: Day = None
    reason: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class DelegationShown(DelegationTold):
    """A right granted or taken."""

    id: str
    by: str


class DelegationList(Shown):
    """All of them."""

    delegations: list[DelegationShown]


class CalendarTold(Told):
    """A year's notice as a file."""

    format: Annotated[Literal["json", "ics"], Field(description="json 或 ics。")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000), Field(description="文件的内容。")]
    source: Annotated[Line, Field(description="文号或来源。")]


class CalendarShown(Shown):
    """A year's notice."""

    year: int
    version: str
    status: Literal["published", "provisional"]
    source: str
    holidays: dict[date, str]
    workdays: Annotated[dict[date, str], Field(description="调休上班的日子。")]


class CalendarList(Shown):
    """Every version of every year."""

    calendars: list[CalendarShown]


class MatterQuery(Paged):
    """On which matter."""

    category: Annotated[Code | None, Field(description="诉求类别的代码。")] = None


class RulingShown(Shown):
    """A written ruling on duty."""

    ticket: str
    category: str
    place: str
    unit: str
    ruling: str
    basis: str
    by: str
    on: date
    dispute: Annotated[str, Field(description="duty 职责争议，law 法律适用争议；早先未区分的为空。")]


class RulingList(Shown):
    """Rulings, the latest first."""

    rulings: Annotated[list[RulingShown], Field(description="可能不足 limit 条；还有没有以 next 为准。")]
    next: Next


class ReturnsQuery(MatterQuery):
    """Whose returns, on which matter."""

    unit: Annotated[Code | None, Field(description="申请退回的单位；不写则为本单位及其下级，一级机构为全部。")] = None


class ReturnShown(Shown):
    """A return that a unit has asked for, and what became of it."""

    ticket: str
    at: Stamp
    unit: Annotated[str, Field(description="申请退回的单位。")]
    category: str
    place: str
    reason: str
    basis: str
    suggestion: str
    outcome: Annotated[str, Field(description="accepted 同意退回，refused 不同意；尚未决定为空。")]


class ReturnList(Shown):
    """Returns, the latest first."""

    returns: Annotated[list[ReturnShown], Field(description="可能不足 limit 条；还有没有以 next 为准。")]
    next: Next


def unit_shown(unit: Unit, ask: Ask) -> UnitShown:
    """A unit; its duty phones as far as the reader may see them."""
    return UnitShown(
        id=unit.id,
        name=unit.name,
        kind=unit.kind,
        parent=unit.parent,
        duty_phones=tuple(map(ask.number, unit.duty_phones)),
        area=unit.area,
        active_from=unit.active_from,
        active_until=unit.active_until,
        adjudicates=unit.adjudicates,
    )


def category_shown(one: Category) -> CategoryShown:
    """A category."""
    return CategoryShown(
        code=one.code,
        name=one.name,
        parent=one.parent,
        required=one.required,
        statutory=one.statutory,
        archive_class=one.archive_class,
        active=one.active,
    )


def line_shown(line: CatalogueLine) -> LineShown:
    """A line of the catalogue."""
    return LineShown(
        id=line.id,
        category=line.category,
        lead=line.lead,
        legal_basis=line.legal_basis,
        place=line.place,
        co_handlers=line.co_handlers,
        level=line.level,
        since=line.since,
        until=line.until,
        source=line.source,
        supersedes=line.supersedes,
    )


def delegation_shown(one: Delegation) -> DelegationShown:
    """A right granted or taken."""
    return DelegationShown(
        id=one.id,
        unit=one.unit,
        right=one.right,
        granted=one.granted,
        since=one.since,
        until=one.until,
        by=one.by,
        reason=one.reason,
    )


def calendar_shown(year: CalendarYear) -> CalendarShown:
    """A year's notice."""
    return CalendarShown(
        year=year.year,
        version=year.version,
        status=year.status,
        source=year.source,
        holidays=dict(year.holidays),
        workdays=dict(year.workdays),
    )


def ruling_shown(number: str, row: Mapping[str, Any]) -> RulingShown:
    """A ruling with its ticket's number."""
    names = ("category", "place", "unit", "ruling", "basis", "by", "on", "dispute")
    return RulingShown(ticket=number, **{name: row[name] for name in names})


def return_shown(number: str, row: Mapping[str, Any]) -> ReturnShown:
    """A return with its ticket's number."""
    names = ("at", "unit", "category", "place", "reason", "basis", "suggestion", "outcome")
    return ReturnShown(ticket=number, **{name: row[name] for name in names})
