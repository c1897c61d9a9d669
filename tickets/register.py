"""The register: who there is, whose what is, which numbers hold and which days count, at one version of it all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property

from common.clock import civil
from tickets.catalogue import CatalogueLine, Category, lines_for
from tickets.disputes import Dispute, body_for
from tickets.ruleset import DEFAULT_RULES, RuleId, RuleSet, in_force
from tickets.turns import Turn
from tickets.unit_tree import UnitTree
from tickets.units import Delegation, Membership, Person, Right, Unit, UnitKind
from tickets.workdays import Calendar, CalendarYear, LocalDay
from tickets.workflow_terms import Actor, Role, Surroundings

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ROOT = Unit("12345", "市长公开电话办公室", UnitKind.HOTLINE)


class NotRegisteredError(Exception):
    """The register does not know it, or no longer; the message says what, in Chinese."""


@dataclass(frozen=True)
class Register:
    """Everything that moves are judged by beside the ticket. ``version`` changes with every change of it."""

    version: int = 0
    units: Mapping[str, Unit] = field(default_factory=lambda: {ROOT.id: ROOT})
    people: Mapping[str, Person] = field(default_factory=dict)
    memberships: Sequence[Membership] = ()
    categories: Mapping[str, Category] = field(default_factory=dict)
    catalogue: Sequence[CatalogueLine] = ()
    delegations: Sequence[Delegation] = ()
    rule_sets: Sequence[RuleSet] = (DEFAULT_RULES,)
    #: Every version of every year, oldest first: old deadlines are explained by the days they were computed from.
    years: Sequence[CalendarYear] = ()
    local_days: Sequence[LocalDay] = ()

    @cached_property
    def tree(self) -> UnitTree:
        """The units by who is above whom, those that are closed too: open tickets may still be with them."""
        root = next(unit.id for unit in self.units.values() if not unit.parent)
        return UnitTree(root, {unit.id: unit.parent for unit in self.units.values() if unit.parent})

    @cached_property
    def calendar(self) -> Calendar:
        """The days as they are known now."""
        return Calendar(self.years, self.local_days)

    def calendar_of(self, version: str) -> Calendar:
        """The days as a deadline's ``calendar_version`` says that they were known.

        Raises:
            NotRegisteredError: a year's version is not in the register.
        """
        known = {year.version: year for year in self.years}
        years, local = [], []
        for part in version.split():
            if len(part) == len("2026-05-04+"):
                local.append(self._local(part))
            elif not part.endswith("-unpublished") and part not in known:
                raise NotRegisteredError(f"没有{part}版的日历")
            elif part in known:
                years.append(known[part])
        return Calendar(years, local)

    def _local(self, part: str) -> LocalDay:
        day, working = date.fromisoformat(part[:-1]), part.endswith("+")
        now = next((known for known in self.local_days if known.date == day and known.working == working), None)
        return now or LocalDay(day, working, "当时的本市安排")

    def rules(self, turn: Turn | None, day: date) -> RuleSet:
        """The numbers for a ticket: those its unit's turn began under, else those in force (with its law's extension).

        Raises:
            NotRegisteredError: the turn's set is not in the register.
        """
        if turn is None:
            return in_force(self.rule_sets, day)
        found = next((rules for rules in self.rule_sets if rules.version == turn.rules_version), None)
        if found is None:
            raise NotRegisteredError(f"没有{turn.rules_version}版的规则")
        law = found.statutory.get(turn.category)
        if law is None or law.extension is None:
            return found
        return replace(found, limits={**found.limits, RuleId.EXTENSION: law.extension})

    def surroundings(self, turn: Turn | None, now: datetime) -> Surroundings:
        """What a move of a ticket is judged by."""
        return Surroundings(self.tree, self.rules(turn, civil(now).date()), now)

    @cached_property
    def _adjudicating(self) -> tuple[Unit, ...]:
        return tuple(unit for unit in self.units.values() if unit.adjudicates)

    def adjudicator(self, dispute: Dispute, unit: str, parties: Iterable[str], day: date) -> str:
        """The body that decides such a dispute of a unit on that day; empty where none is registered (R21.3)."""
        bodies = {one.id: one.adjudicates for one in self._adjudicating if one.active(day)}
        return body_for(dispute, unit, self.tree, bodies, {unit, *parties})

    def unit(self, unit: str) -> Unit:
        """One unit.

        Raises:
            NotRegisteredError: there is none.
        """
        if unit not in self.units:
            raise NotRegisteredError(f"没有「{unit}」这个单位")
        return self.units[unit]

    def name(self, unit: str) -> str:
        """What people call a unit."""
        return self.units[unit].name if unit in self.units else unit

    def actor(self, who: str, unit: str, role: Role, day: date) -> Actor:
        """Somebody in a role that they hold on that day (R12.2).

        Raises:
            NotRegisteredError: they do not hold it.
        """
        wanted = (who, unit, role)
        if any((one.person, one.unit, one.role) == wanted and one.holds(day) for one in self.memberships):
            return Actor(who, unit, role)
        raise NotRegisteredError(f"{who}在{self.name(unit)}不是{role.words}")

    def holders(self, unit: str, roles: Iterable[Role], day: date) -> tuple[Person, ...]:
        """The people of a unit in one of these roles, in the order of the roles (R12.2)."""
        held = [one for role in roles for one in self.memberships if (one.unit, one.role) == (unit, role)]
        return tuple(self.people[one.person] for one in held if one.holds(day) and one.person in self.people)

    def category_path(self, code: str) -> tuple[str, ...]:
        """A category and those above it, itself first; empty where there is none of that code."""
        path: list[str] = []
        while code in self.categories and code not in path:
            path.append(code)
            code = self.categories[code].parent
        return tuple(path)

    def place_path(self, place: str) -> tuple[str, ...]:
        """A place, which is the unit that looks after it, and those above it; a free text stands for itself."""
        return (place, *self.tree.above(place)) if place in self.tree else (place,) if place else ()

    def required(self, code: str) -> tuple[str, ...]:
        """The fields that a category and those above it ask for (R14.1)."""
        path = reversed(self.category_path(code))
        return tuple(dict.fromkeys(name for one in path for name in self.categories[one].required))

    def statutory(self, code: str, day: date) -> str:
        """The limit set by law that holds for a category: its own, else the nearest above; empty for none (R22.5)."""
        laws = in_force(self.rule_sets, day).statutory
        for one in self.category_path(code):
            for name in (self.categories[one].statutory, self.categories[one].name):
                if name in laws:
                    return name
        return code if code in laws else ""

    def lines(self, category: str, place: str, day: date) -> tuple[CatalogueLine, ...]:
        """What the dispatch catalogue says of a matter, the closest line first (R21.0)."""
        return lines_for(self.catalogue, self.category_path(category), self.place_path(place), day)

    def delegated(self, unit: str, right: Right, day: date) -> bool:
        """Whether a unit of level 3 may do this; where its level 2 has said nothing, it may (R18-19)."""
        said = [one for one in self.delegations if (one.unit, one.right) == (unit, right)]
        held = [one for one in said if one.holds(day)]
        if held:
            return max(held, key=lambda one: (one.since, one.added_at or _LONG_AGO, one.id)).granted
        # Granted for a time that is over, or not yet begun: not granted now. Taken for a time: granted outside it.
        return not any(one.granted for one in said)
