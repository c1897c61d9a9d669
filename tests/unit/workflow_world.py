"""A small city for the workflow's tests: its units, and a desk that makes one move after the other."""

from __future__ import annotations

from datetime import datetime

from common.clock import CIVIL
from tickets.ruleset import DEFAULT_RULES
from tickets.unit_tree import UnitTree
from tickets.workflow import Step, apply, opened
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, Actor, Facts, Role, Status, Surroundings

TREE = UnitTree(
    "12345",
    {
        "住建局": "12345",
        "城管局": "12345",
        "滨城区": "12345",
        "市西街道": "滨城区",
        "北镇街道": "滨城区",
        "梁才街道": "滨城区",
    },
)


def at(text: str) -> datetime:
    """A civil time."""
    return datetime.fromisoformat(text).replace(tzinfo=CIVIL)


#: A Tuesday morning; what is dispatched then may be returned until the 25th ends and is due at the end of the 30th.
NOW = at("2026-11-24T09:00")


def actor(unit: str, role: Role) -> Actor:
    """Somebody of a unit."""
    return Actor("u1", unit, role)


def answer() -> Facts:
    """A complete answer of a unit."""
    return Facts(
        facts_found="暖气阀门损坏",
        done="已更换阀门",
        result="室温达标",
        answered_at=NOW,
        contact="电话告知",
        acceptance=Acceptance.ACCEPTED,
    )


class Desk:
    """One ticket and its history, with the steps that most scenarios share."""

    def __init__(self) -> None:
        self.now = NOW
        self.first = self.case = opened(TREE)
        self.steps: list[Step] = []

    @property
    def world(self) -> Surroundings:
        """The city at this instant."""
        return Surroundings(TREE, DEFAULT_RULES, self.now)

    def do(self, move: Move, unit: str, role: Role, facts: Facts | None = None) -> Desk:
        """Make one move, or raise as the workflow does."""
        self.case, step = apply(
            self.case, move, actor(unit, role), facts or Facts(), self.world, seq=len(self.steps) + 1
        )
        self.steps.append(step)
        return self

    def stands(self) -> Status:
        """The state that the ticket is in now."""
        return self.case.status

    def submitted(self) -> Desk:
        """The agent hands it in for review."""
        return self.do(Move.SUBMIT, "12345", Role.AGENT, Facts(matter="暖气不热"))

    def dispatched(
        self, unit: str, *, submit: bool = True, exception: str = "", co_handlers: tuple[str, ...] = ()
    ) -> Desk:
        """The reviewer sends it to a unit, under the limits of 24 November 2026."""
        if submit:
            self.submitted()
        facts = Facts(
            unit=unit,
            basis="派单目录",
            exception=exception,
            co_handlers=co_handlers,
            return_by=at("2026-11-26T00:00"),
            apply_by=at("2026-11-28T00:00"),
            due=at("2026-12-01T00:00"),
        )
        return self.do(Move.DISPATCH, "12345", Role.REVIEWER, facts)

    def signed(self, unit: str) -> Desk:
        """The unit signs."""
        return self.do(Move.SIGN, unit, Role.HANDLER)

    def extend(self, days: int) -> Desk:
        """The unit asks and the reviewer consents."""
        self.do(Move.REQUEST_EXTENSION, self.case.unit, Role.HANDLER, Facts(reason="等材料", working_days=days))
        return self.do(Move.APPROVE_EXTENSION, "12345", Role.REVIEWER)

    def told(self, due: datetime) -> Desk:
        """The caller is told limit and reason."""
        facts = Facts(notice_id="n1", reason="等材料", due=due, apply_by=due)
        return self.do(Move.RECORD_EXTENSION_NOTICE, "12345", Role.SYSTEM, facts)
