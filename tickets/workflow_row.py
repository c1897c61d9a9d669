"""What a row of the workflow's table consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tickets import workflow_effects as e
from tickets.workflow_conditions import Check, When
from tickets.workflow_effects import Effect
from tickets.workflow_moves import Move
from tickets.workflow_terms import Relation, Role, Status


@dataclass(frozen=True)
class By:
    """Who may take a move: one of these roles, in a unit that stands so to the ticket."""

    relation: Relation
    roles: frozenset[Role]

    @property
    def words(self) -> str:
        """Who it is, as people read it."""
        return f"{self.relation.words}{'/'.join(role.words for role in Role if role in self.roles)}"


@dataclass(frozen=True)
class Row:
    """One row of the table. ``to`` may be ``stay``, or ``back``: the handling that a request interrupted.

    ``name`` is stored in the history and never changes its meaning.
    """

    move: Move
    frm: frozenset[Status]
    to: Status | Literal["stay", "back"]
    by: tuple[By, ...]
    cites: tuple[str, ...]
    fields: tuple[str, ...] = ()
    when: tuple[When, ...] = ()
    checks: tuple[Check, ...] = ()
    effect: Effect = field(default=e.nothing)
    variant: str = ""

    @property
    def name(self) -> str:
        """The row's name in the history: the move, and which of its rows."""
        return f"{self.move}/{self.variant}" if self.variant else self.move.value
