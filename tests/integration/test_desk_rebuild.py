"""Random walks through the real desk on a real file: from the history alone comes everything that is stored."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.city import TUESDAY, UNITS, City, city, heating, lamp
from tests.city import at as civil_time
from tickets.details import Urgency
from tickets.disputes import Dispute
from tickets.errors import DeskError
from tickets.history import replay
from tickets.model import Entry, Ticket
from tickets.ruleset import DEFAULT_RULES
from tickets.store import rows as store_rows
from tickets.store import tables_work
from tickets.store.rows import ENDED
from tickets.timer_rules import wanted
from tickets.workflow import IllegalMoveError, possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, Actor, CallbackResult, Facts, Role

NAMES = [unit.id for unit in UNITS]
PEOPLE = [Actor(f"{unit}的{role}", unit, role) for unit in NAMES for role in Role]
#: Moves that end a ticket, or leave it where it is.
SELDOM = {
    Move.ARCHIVE,
    Move.WITHDRAW,
    Move.REFUSE,
    Move.ANSWER_AT_ONCE,
    Move.LINK,
    Move.CLOSE,
    Move.CLOSE_AS_UNREASONABLE,
    Move.RECALL,
    Move.URGE,
    Move.SUPPLEMENT,
    Move.REPORT,
    Move.WARN,
    Move.SHIFT_LIMITS,
    Move.HAND_OVER,
    Move.PARTNER_NEWS,
}
FULL = Facts(
    matter="x",
    answer="x",
    reason_code="r6_3",
    reason="x",
    basis="x",
    suggestion="x",
    exception="x",
    notice_id="x",
    ground="R23.4",
    solved=True,
    statement_id="x",
    facts_found="x",
    done="x",
    result="x",
    contact="x",
    sms_id="x",
    read_by="x",
    ruling="x",
    dispute=Dispute.DUTY,
    reasonable=False,
    acceptance=Acceptance.DISPUTED,
)


@dataclass(frozen=True)
class Told:
    """What somebody happens to say with a move."""

    unit: str
    days: int
    callback: CallbackResult
    helpers: tuple[str, ...]


TOLD = st.builds(
    Told,
    unit=st.sampled_from(NAMES),
    days=st.integers(1, 10),
    callback=st.sampled_from(CallbackResult),
    helpers=st.sampled_from([(), (), ("城管局",), ("北镇街道",)]),
)


@pytest.mark.covers("R3.1", "R3.2")
class Walk(RuleBasedStateMachine):
    """Three tickets of one city, moved by anybody, while the clock jumps and fires."""

    @initialize()
    def a_city_with_three_tickets(self) -> None:
        """One of them is an emergency."""
        self.stack = contextlib.AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.city: City = self.runner.run(self.stack.enter_async_context(city(Path(self.folder.name))))
        self.tickets = [
            self.runner.run(self.city.submitted(details))
            for details in (heating(), lamp(), heating(urgency=Urgency.EMERGENCY))
        ]
        self.known: dict[str, list[Entry]] = {}

    def teardown(self) -> None:
        """Everything that was started is stopped."""
        if hasattr(self, "runner"):
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    @rule(data=st.data(), which=st.integers(0, 2), told=TOLD, ending=st.integers(0, 9))
    def somebody_does_what_is_possible(self, data: st.DataObject, which: int, told: Told, ending: int) -> None:
        """Made, or refused with a reason; a refusal changes nothing."""
        ticket = self._stored(self.tickets[which])
        register = self.runner.run(self.city.books.tickets.register())
        world = register.surroundings(ticket.turn, self.city.now)
        offers: dict[Move, list[Actor]] = {}
        for who in PEOPLE:
            for option in possible(ticket.case, who, world):
                offers.setdefault(option.move, []).append(who)
        if ending:
            offers = {move: who for move, who in offers.items() if move not in SELDOM} or offers
        if not offers:
            return
        move = data.draw(st.sampled_from(sorted(offers)))
        actor = data.draw(st.sampled_from(offers[move]))
        facts = replace(
            FULL,
            unit=ticket.case.ruled or told.unit,
            working_days=told.days,
            callback=told.callback,
            co_handlers=told.helpers if move in (Move.DISPATCH, Move.NAME_CO_HANDLERS) else (),
            answered_at=self.city.now,
            explained_at=self.city.now,
            handling_ticket=self.tickets[(which + 1) % 3].id,
        )
        try:
            self.runner.run(self.city.do(ticket, move, actor, facts))
        except (IllegalMoveError, DeskError):
            assert self._stored(ticket) == ticket

    @rule(hours=st.sampled_from([-30, 1, 5, 20, 50, 200]))
    def time_passes_and_timers_fire(self, hours: int) -> None:
        """The clock may even go back."""
        self.runner.run(self.city.later(hours=hours))

    def _stored(self, ticket: Ticket) -> Ticket:
        # What the database has, not what was kept from the writing of it.
        store_rows.forget()
        return self.runner.run(self.city.fresh(ticket))

    @invariant()
    def the_history_rebuilds_the_ticket_and_only_grows(self) -> None:
        """Projection = replay(history); what was written stays as it was."""
        for ticket in getattr(self, "tickets", ()):
            register = self.runner.run(self.city.books.tickets.register())
            history = self.runner.run(self.city.books.tickets.history(ticket.id))
            assert replay(history, register.tree, DEFAULT_RULES) == self._stored(ticket)
            before = self.known.get(ticket.id, [])
            assert history[: len(before)] == before
            self.known[ticket.id] = history

    @invariant()
    def somebody_answers_for_it_and_every_due_day_is_explained(self) -> None:
        """R3.2, and no deadline without its reasoning."""
        for ticket in map(self._stored, getattr(self, "tickets", ())):
            assert ticket.unit in NAMES
            lines = self.runner.run(self.city.books.desk.reasoning(ticket.id, self.city.now))
            assert bool(lines) == (ticket.turn is not None)
            if ticket.unit != "12345" and ticket.status not in ENDED:
                assert ticket.turn is not None
                assert ticket.case.due == ticket.turn.due.at

    @invariant()
    def exactly_the_timers_that_are_wanted_wait(self) -> None:
        """None is forgotten, none is left behind."""
        if not hasattr(self, "tickets"):
            return
        rows = self.runner.run(self.city.rows(tables_work.timers))
        register = self.runner.run(self.city.books.tickets.register())
        for ticket in map(self._stored, self.tickets):
            mine = [row for row in rows if row["ticket_id"] == ticket.id]
            should = {(one.kind.value, one.subject) for one in wanted(ticket, register)}
            waiting = {(row["kind"], row["subject"]) for row in mine if row["done_at"] is None}
            done = {(row["kind"], row["subject"]) for row in mine if row["done_at"] is not None}
            assert waiting == should - done
            assert all(row["failures"] == 0 for row in mine)

    @invariant()
    def tasks_and_acknowledgements_are_those_of_the_tickets(self) -> None:
        """What units see of their work is what the ticket says."""
        if not hasattr(self, "tickets"):
            return
        tasks = self.runner.run(self.city.rows(tables_work.tasks))
        asked = self.runner.run(self.city.rows(tables_work.acknowledgements))
        for ticket in map(self._stored, self.tickets):
            open_ones = [row["unit"] for row in tasks if row["ticket_id"] == ticket.id and row["ended_at"] is None]
            assert sorted(open_ones) == sorted(ticket.case.tasks)
            waiting = {row["unit"] for row in asked if row["ticket_id"] == ticket.id and row["acknowledged_at"] is None}
            assert waiting == {unit for unit, _ in ticket.awaited}


Walk.TestCase.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


TestWalk = Walk.TestCase


def test_the_walk_begins_on_a_working_day() -> None:
    """Its first limits are those that the scenarios name."""
    assert civil_time("2026-11-24T09:00") == TUESDAY
