"""What people do about abuse of the line, each in one transaction; every step stays in the books (R8.1, A21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from common import clock
from common.ids import new_id
from common.roles import Role
from ivr.abuse import rules
from ivr.abuse.model import Abuse, Evidence, Mark, MarkState, NoMarkError, NotFitError, Person, Step
from ivr.abuse.store import (
    AbuseStore,
    add_evidence,
    add_mark,
    add_step,
    closed_tracks,
    earlier,
    mark_of,
    number_of_call,
    take_turns,
)

_OFF = "本市没有启用来电限制（HOTLINE_RESTRICTING）。"


async def _nothing() -> None:
    """Where nobody screens by restrictions."""


@dataclass(frozen=True, slots=True)
class AbuseDesk:
    """``restricting`` is the city's switch (A21). ``changed`` hears of each restriction that begins or ends."""

    store: AbuseStore
    restricting: bool = False
    changed: Callable[[], Awaitable[None]] = _nothing
    now: Callable[[], datetime] = clock.now

    async def mark(self, person: Person, call_id: str, kind: Abuse, words: str, recordings: Sequence[str] = ()) -> Mark:
        """Mark a call; its recordings, or those named, become evidence with the hash they have (R8.1).

        Raises:
            NoMarkError: there is no such call.
            NotTheirsError, NotFitError: it is not for this person; what is named is no closed recording of the call.
        """
        role = person.acting_as(Role.AGENT, Role.EXPERT)
        now = self.now()

        def save(connection: Connection) -> Mark:
            number = number_of_call(connection, call_id)
            if number is None:
                raise NoMarkError(call_id)
            named = _named(connection, call_id, person, now, recordings)
            one = Mark(
                new_id(), call_id, number, kind, words, person.account, role, person.unit, now, evidence=tuple(named)
            )
            add_mark(connection, one)
            return one

        return await self.store.run(save)

    async def decide(
        self, person: Person, mark_id: str, *, confirm: bool, why: str, recordings: Sequence[str] = ()
    ) -> Mark:
        """A supervisor's decision. Recordings that were closed after the mark become evidence with it.

        Raises:
            NoMarkError, NotTheirsError, NotFitError: see ``rules.decide``.
        """
        now = self.now()

        def save(connection: Connection) -> Mark:
            one = mark_of(connection, mark_id)
            known = {each.recording_id for each in one.evidence}
            more: list[Evidence] = []
            if one.state is MarkState.WAITING and (recordings or not known):
                found = _named(connection, one.call_id, person, now, recordings)
                more = [each for each in found if each.recording_id not in known]
                one = replace(one, evidence=(*one.evidence, *more))
            step = rules.decide(one, person, now, confirm=confirm, why=why)
            # The step goes first: of two who decide at once, the second finds its place taken.
            decided = add_step(connection, one, step)
            add_evidence(connection, one, more)
            return decided

        return await self.store.run(save)

    async def refer(self, person: Person, mark_id: str, referral: rules.Referral, words: str) -> Mark:
        """Write down that a confirmed mark was handed to the police.

        Raises:
            NoMarkError, NotTheirsError, NotFitError: see ``rules.refer``.
        """
        return await self._step(mark_id, lambda _, one, now: rules.refer(one, person, now, referral, words))

    async def propose(self, person: Person, mark_id: str, hours: int, why: str) -> Mark:
        """Ask for a restriction of the number.

        Raises:
            NoMarkError, NotTheirsError, NotFitError: see ``rules.propose``; the city restricts nobody.
        """
        self._is_on()

        def step(connection: Connection, one: Mark, now: datetime) -> Step:
            return rules.propose(one, person, now, hours=hours, why=why, earlier=earlier(connection, one.number, now))

        return await self._step(mark_id, step)

    async def approve(self, person: Person, mark_id: str, *, agree: bool, why: str) -> Mark:
        """Let the proposed restriction begin now, or refuse it.

        Raises:
            NoMarkError, NotTheirsError, NotFitError: see ``rules.approve``; the city restricts nobody.
        """
        if agree:
            self._is_on()

        def step(connection: Connection, one: Mark, now: datetime) -> Step:
            take_turns(connection)
            before = earlier(connection, one.number, now)
            return rules.approve(one, person, now, agree=agree, why=why, earlier=before)

        found = await self._step(mark_id, step)
        await self.changed()
        return found

    async def lift(self, person: Person, mark_id: str, why: str) -> Mark:
        """End a restriction at once, also where the city restricts nobody any more.

        Raises:
            NoMarkError, NotTheirsError, NotFitError: see ``rules.lift``.
        """
        found = await self._step(mark_id, lambda _, one, now: rules.lift(one, person, now, why))
        await self.changed()
        return found

    def _is_on(self) -> None:
        if not self.restricting:
            raise NotFitError(_OFF)

    async def _step(self, mark_id: str, follows: Callable[[Connection, Mark, datetime], Step]) -> Mark:
        now = self.now()

        def save(connection: Connection) -> Mark:
            one = mark_of(connection, mark_id)
            return add_step(connection, one, follows(connection, one, now))

        return await self.store.run(save)


def _named(
    connection: Connection, call_id: str, person: Person, now: datetime, recordings: Sequence[str]
) -> list[Evidence]:
    found = closed_tracks(connection, call_id, person.account, now)
    if strange := set(recordings) - {one.recording_id for one in found}:
        raise NotFitError(f"{'、'.join(sorted(strange))}不是这通来电已归档的录音。")
    return [one for one in found if not recordings or one.recording_id in recordings]
