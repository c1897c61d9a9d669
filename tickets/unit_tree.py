"""The tree of units that a ticket moves in: level 1 at the root, level 2, level 3, village stations (R11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class UnitTree:
    """Which unit is above which, by id; ``root`` is level 1, the hotline's own office.

    Raises:
        ValueError: a unit hangs under none that leads to the root.
    """

    root: str
    parents: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parents", MappingProxyType(dict(self.parents)))
        for unit in self.parents:
            seen = {unit}
            while unit != self.root:
                unit = self.parents.get(unit, "")  # noqa: PLW2901 - walks up from the unit
                if not unit or unit in seen:
                    raise ValueError(f"unit {min(seen)!r} does not hang under {self.root!r}")
                seen.add(unit)

    def __contains__(self, unit: str) -> bool:
        return unit == self.root or unit in self.parents

    def level(self, unit: str) -> int:
        """1 for the root, one more for each step down."""
        return len(self.above(unit)) + 1

    def above(self, unit: str) -> tuple[str, ...]:
        """Every unit over this one, the nearest first."""
        found: list[str] = []
        while unit != self.root:
            unit = self.parents[unit]
            found.append(unit)
        return tuple(found)

    def nearest_common_upper(self, *units: str) -> str:
        """The nearest unit that is above each of these: it names the lead (R21.2, A11)."""
        paths = [self.above(unit) for unit in units]
        return next((unit for unit in paths[0] if all(unit in path for path in paths)), self.root)
