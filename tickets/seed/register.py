"""The register of the demonstration: the real tree of Binzhou, categories, catalogue, and fictitious people (R11.1)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from tickets.catalogue import CatalogueLine, Category
from tickets.disputes import Dispute
from tickets.register import ROOT
from tickets.seed.drawing import landline, mobile, name, told
from tickets.units import Membership, Person, Unit, UnitKind
from tickets.workflow_terms import Role

Record = Unit | Person | Membership | Category | CatalogueLine

#: How many of each there are at level 1, and in the two bodies that decide disputes (R21.3).
_LEVEL_1 = (
    (Role.AGENT, 12),
    (Role.REVIEWER, 5),
    (Role.CALLBACK_CLERK, 5),
    (Role.CALLBACK_SUPERVISOR, 2),
    (Role.LEADER, 2),
)
_UNIT = ((Role.PRINCIPAL, 1), (Role.DEPUTY, 1), (Role.HANDLER, 2))
ADJUDICATORS = {"bianban": (Dispute.DUTY,), "sifa": (Dispute.LAW,)}


def city_records(seed: int) -> list[Record]:
    """Everything that the demonstration's tickets are judged by, in the order in which it can be written down."""
    rng = random.Random(seed)  # noqa: S311 - a play, not a secret
    units = list(_units(rng))
    people, memberships = _people(units, rng)
    return [*units, *people, *memberships, *_categories(), *_catalogue()]


def _units(rng: random.Random) -> Iterator[Unit]:
    def unit(code: str, called: str, kind: UnitKind, parent: str = ROOT.id, area: str = "") -> Unit:
        phones = (landline(rng), mobile(rng))
        return Unit(code, called, kind, parent, phones, area, adjudicates=ADJUDICATORS.get(code, ()))

    data = told("units")
    for kind, group in ((UnitKind.COUNTY, "county"), (UnitKind.ZONE, "zone")):
        for one in data[group]:
            code, area = one["code"], one["name"]
            yield unit(code, f"{area}政府" if group == "county" else f"{area}管委会", kind, area=area)
            for at, township in enumerate(one["townships"], 1):
                office = f"{township}办事处" if township.endswith("街道") else f"{township}政府"
                yield unit(f"{code}-{at:02d}", f"{area}{office}", UnitKind.TOWNSHIP, code, f"{area}{township}")
            for at, station in enumerate(one.get("stations", ()), 1):
                yield unit(f"{code}-01-{at:02d}", station, UnitKind.VILLAGE, f"{code}-01", area)
            for short, called in data["county_departments"] if group == "county" else ():
                yield unit(f"{code}-{short}", f"{area}{called}", UnitKind.COUNTY_DEPARTMENT, code, area)
    for code, called in data["departments"].items():
        yield unit(code, called, UnitKind.CITY_DEPARTMENT)
    for code, called in data["enterprises"].items():
        yield unit(code, called, UnitKind.ENTERPRISE)


def _people(units: Iterable[Unit], rng: random.Random) -> tuple[list[Person], list[Membership]]:
    people: list[Person] = []
    memberships: list[Membership] = []

    def staff(unit: str, roles: Iterable[tuple[Role, int]]) -> None:
        for role, count in roles:
            for _ in range(count):
                people.append(Person(f"demo{len(people) + 1:04d}", name(rng), mobile(rng)))
                memberships.append(Membership(people[-1].id, unit, role))

    staff(ROOT.id, _LEVEL_1)
    for unit in units:
        staff(unit.id, (*_UNIT, (Role.ADJUDICATOR, 2)) if unit.id in ADJUDICATORS else _UNIT)
    return people, memberships


def _categories() -> Iterator[Category]:
    for group in told("categories")["group"]:
        yield Category(group["code"], group["name"], archive_class=group["name"])
        for code, called, required, *law in group["lines"]:
            yield Category(code, called, group["code"], tuple(required), statutory=law[0] if law else "")


def _catalogue() -> Iterator[CatalogueLine]:
    data, units = told("catalogue"), told("units")
    local = [one["code"] for group in ("county", "zone") for one in units[group]]

    def line(place: str, lead: str, row: dict[str, Any]) -> CatalogueLine:
        code = f"demo-{row['category']}-{place or 'city'}"
        helping = tuple(row.get("with", ())) if not place else ()
        return CatalogueLine(
            code,
            row["category"],
            lead,
            row["basis"],
            place,
            helping,
            row.get("level", 0),
            source=data["source"],
        )

    for row in data["lines"]:
        yield line("", row["lead"], row)
        if row.get("local"):
            yield from (line(place, place, row) for place in local)
