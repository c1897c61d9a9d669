"""What is disputed, and which body of the level decides it (R21.3).

Disputes on whose duty a matter is go to the office of establishments (编办), disputes on the law that applies to the
office of justice (司法行政). Which unit is which is data of the register (``Unit.adjudicates``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from common.worded import Worded
from tickets.unit_tree import UnitTree


class Dispute(Worded):
    """What the units do not agree on."""

    DUTY = "duty", "职责争议"
    LAW = "law", "法律适用争议"


def body_for(
    dispute: Dispute, unit: str, tree: UnitTree, bodies: Mapping[str, Collection[Dispute]], parties: Collection[str]
) -> str:
    """The body that decides a dispute of a unit: of those for its kind, the nearest above; empty where there is none.

    A body hangs directly under the unit at whose level it decides: the county's under the county, the city's under the
    root. A county's own dispute is the city's to decide. A party decides nothing in its own cause.
    """
    for upper in tree.above(unit) if unit in tree else ():
        found = sorted(
            one
            for one, decides in bodies.items()
            if dispute in decides and tree.parents.get(one) == upper and one not in parties
        )
        if found:
            return found[0]
    return ""
