"""Whose a matter is: categories, the dispatch catalogue, and rulings on duty (R14.1, R21.0, R21.3, R22.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree of contents.

    ``required`` names the fields a ticket of this category must have before it is
    dispatched; ``statutory`` names the limit set by law that goes before the 5 WD (a key of the rule set).
    """

    code: str
    name: str
    parent: str = ""
    required: tuple[str, ...] = ()
    statutory: str = ""
    archive_class: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class CatalogueLine:
    """Matter × place → who handles it (R21.0).

    ``category`` and ``place`` are codes; an empty place stands for everywhere. ``level`` is the level that is
    responsible: nothing is dispatched below it. ``source`` is the document, or the ruling that made the line.
    """

    id: str
    category: str
    lead: str
    legal_basis: str
    place: str = ""
    co_handlers: tuple[str, ...] = ()
    level: int = 0
    since: date | None = None
    until: date | None = None
    source: str = ""
    supersedes: str = ""

    def holds(self, day: date) -> bool:
        """The line is in force on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A written ruling on whose duty a matter is (R21.3)."""

    id: str
    ticket_id: str
    category: str
    place: str
    unit: str
    ruling: str
    basis: str
    by: str
    on: date
    #: What was disputed, by its value; empty where that was not yet told apart.
    dispute: str = ""


def lines_for(
    lines: Iterable[CatalogueLine], categories: tuple[str, ...], places: tuple[str, ...], day: date
) -> tuple[CatalogueLine, ...]:
    """The lines that speak of a matter, the closest first.

    ``categories`` and ``places`` run from the node itself upwards; the nearer category goes before the nearer place.
    """
    rank = {code: number for number, code in enumerate(categories)}
    near = {code: number for number, code in enumerate((*places, ""))}
    found = [line for line in lines if line.category in rank and line.place in near and line.holds(day)]
    return tuple(sorted(found, key=lambda line: (rank[line.category], near[line.place], line.id)))
