"""The table of rights as the interface asks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from access import rights
from common.api.caller import Caller
from common.api.operation import Operation
from common.reach import Reach
from common.roles import Role


@dataclass(frozen=True, slots=True)
class TableOfRights:
    """Who may do what; ``level_one`` is the unit at the root, where all is all."""

    level_one: str

    def to_ask(self, caller: Caller, operation: str) -> Reach:
        """How far somebody's right to an operation goes.

        Raises:
            LookupError: the operation stands in no row.
        """
        row = rights.of_operation(operation)
        return Reach.ALL if row.open else self.of(caller, row.id)

    def of(self, caller: Caller, right: str) -> Reach:
        """How far a right by its name goes for somebody.

        Raises:
            KeyError: there is no such right.
        """
        if caller.rights is not None and right not in caller.rights:
            return Reach.NONE
        known = {role.value: role for role in Role}
        roles = (known[name] for name in caller.roles if name in known)
        return rights.reach(roles, right, level_one=caller.unit == self.level_one)

    def cover(self, operations: Iterable[Operation]) -> None:
        """Every operation that is served stands in the table.

        Raises:
            LookupError: one does not; then nothing is served.
        """
        for one in operations:
            if rights.of_operation(one.name).open is not (one.scope is None):
                raise LookupError(f"operation {one.name} is open in one of the table and its declaration, not in both")
