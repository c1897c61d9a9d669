"""All stories at once, in the order of time: the desk's own use cases under a clock that is moved by hand.

The clock of the timers moves with it, so cards, escalations and ends of pauses come when they are due: within ten
minutes, or within the hour where there are very many tickets. Nothing is written but through the desk.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from tickets.desk import Acting, TicketDesk
from tickets.desk.archiving import archive_ended
from tickets.desk.clockwork import fire_due
from tickets.desk.inspecting import warn_overdue
from tickets.errors import DeskError
from tickets.model import Ticket
from tickets.seed.inspections import inspect
from tickets.seed.matters import drawn
from tickets.seed.plan import Part, Plan, parts
from tickets.seed.scene import Cast, Deed, Scene, Story
from tickets.store import TicketStore
from tickets.store.tables_work import notices, timers
from tickets.workflow import IllegalMoveError

_next_timer = sa.select(sa.func.min(timers.c.at)).where(timers.c.done_at.is_(None))
#: Nobody must ever be sent what was only played.
_shown = (
    notices.update()
    .where(notices.c.state == "waiting")
    .values(state=sa.bindparam("to"), sent_at=notices.c.created_at, tries=1)
)
_MANY = 2000
_ARCHIVE_HOUR = 3


@dataclass
class Played:
    """What has come of a plan. ``refused`` are deeds that the desk did not allow, which ended their story."""

    tickets: int = 0
    deeds: int = 0
    timers: int = 0
    archived: int = 0
    refused: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


@dataclass(order=True)
class _Next:
    at: datetime
    place: int
    deed: Deed = field(compare=False)
    story: Story = field(compare=False)
    scene: Scene = field(compare=False)


async def play(
    store: TicketStore, desk: TicketDesk, plan: Plan, progress: Callable[[Played], None] = lambda _: None
) -> Played:
    """Tell every story of the plan up to its end; deterministic but for ids and query codes.

    Raises:
        NotWritten: the database refused.
    """
    return await _Stage(store, desk, plan, progress).play()


class _Stage:
    def __init__(self, store: TicketStore, desk: TicketDesk, plan: Plan, progress: Callable[[Played], None]) -> None:
        self._store, self._desk, self._plan, self._progress = store, desk, plan, progress
        self._span = timedelta(minutes=10 if plan.tickets <= _MANY else 60)
        self._heap: list[_Next] = []
        self._played = Played()
        self._fired_at = plan.until - timedelta(days=plan.days + 2)
        self._latest = self._fired_at
        self._timer: datetime | None = None

    async def play(self) -> Played:
        register = await self._store.register()
        self._cast = Cast(register)
        coming = list(enumerate(parts(self._plan, register)))[::-1]
        archive_at = self._fired_at
        while True:
            begins = coming[-1][1].begins if coming else None
            instants = [one for one in (begins, self._heap[0].at if self._heap else None, self._timer) if one]
            now = min(instants, default=self._plan.until)
            if now >= self._plan.until:
                break
            end = now + self._span
            while coming and coming[-1][1].begins < end:
                self._begin(*coming.pop())
            await self._fire(now)
            if now >= archive_at:
                await self._archive(now)
                archive_at = civil(now).replace(hour=_ARCHIVE_HOUR, minute=0, second=0) + timedelta(days=1)
                self._progress(self._played)
            await self._carry_out(min(end, self._plan.until))
        await self._fire(self._plan.until)
        await inspect(self._store, self._plan)
        await self._store.run(lambda work: warn_overdue(work, self._plan.until))
        await self._store.run(lambda work: work.change(_shown, to="shown"))
        return self._played

    def _begin(self, place: int, part: Part) -> None:
        rng = random.Random(f"{self._plan.seed} {place}")  # noqa: S311 - a play, not a secret
        matter = drawn(rng, part.about, anonymous=rng.random() < 0.02 and part.halt is None)  # noqa: PLR2004 - one in fifty
        if part.matter:
            number = matter.number or part.matter.number
            details = replace(part.matter.details, contact=number, caller_name=matter.details.caller_name)
            matter = replace(part.matter, number=number, details=details)
        scene = Scene(
            rng,
            self._cast,
            matter,
            part.begins,
            pace=0.3 if part.brisk else 1.0,
            lag=rng.uniform(0.4, 3.6) if rng.random() < 0.95 else 5.5,  # noqa: PLR2004 - one in twenty is late
            halt=part.halt,
            bond=part.bond,
            call=f"demo-{self._plan.seed}.{place}",
        )
        story = part.story(scene)
        self._push(next(story), place, story, scene)

    def _push(self, deed: Deed, place: int, story: Story, scene: Scene) -> None:
        if deed.at < self._plan.until:
            heapq.heappush(self._heap, _Next(deed.at, place, deed, story, scene))

    async def _fire(self, now: datetime) -> None:
        if self._timer is None or self._timer > now:
            return
        # Deeds of this stretch of time are done already: the clock never goes back before one of them.
        now = self._fired_at = max(now, self._latest)
        more = True
        while more:
            fired = await self._store.run(lambda work: fire_due(work, now))
            self._played.timers += fired.fired
            more = fired.more
        await self._look_at_timers()

    async def _look_at_timers(self) -> None:
        self._timer = await self._store.read(_instant)

    async def _archive(self, now: datetime) -> None:
        instant = max(now, self._latest)
        while count := await self._store.run(lambda work: archive_ended(work, instant)):
            self._played.archived += count

    async def _carry_out(self, end: datetime) -> None:
        """Everything that is done before ``end``, one deed of each ticket, together."""
        batch: list[_Next] = []
        while self._heap and self._heap[0].at < end:
            batch.append(heapq.heappop(self._heap))
        if not batch:
            return
        rulings = False
        answers = await asyncio.gather(*(self._do(one) for one in batch), return_exceptions=True)
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, (DeskError, IllegalMoveError)):
                self._played.refused.append(str(answer))
                continue
            if isinstance(answer, BaseException):
                raise answer
            self._played.deeds += 1
            self._played.tickets += one.deed.opening is not None
            rulings = rulings or bool(one.deed.facts.ruling)
            self._go_on(one, answer)
        if rulings:
            self._cast.register = await self._store.register()
        await self._look_at_timers()

    def _go_on(self, one: _Next, ticket: Ticket) -> None:
        scene = one.scene
        if scene.halt is ticket.status:
            return
        scene.now = max(scene.now, self._fired_at)
        try:
            self._push(one.story.send(ticket), one.place, one.story, scene)
        except StopIteration:
            return

    async def _do(self, one: _Next) -> Ticket:
        deed, scene = one.deed, one.scene
        now = max(deed.at, self._fired_at)
        self._latest = max(self._latest, now)
        acting = Acting(deed.actor, now)
        if deed.opening:
            opening = replace(deed.opening, opened_at=now)
            if opening.automatic:
                call = (opening.call_id, opening.number, opening.kind, opening.opened_at)
                return await self._desk.open_from_call(*call)
            return await self._desk.open(opening)
        if deed.describe:
            return await self._desk.describe(scene.known.id, acting, deed.describe)
        if deed.move:
            return await self._desk.move(scene.known.id, deed.move, acting, deed.facts)
        found = await self._store.get(scene.known.id)
        return found or scene.known


def _instant(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(_next_timer).scalar()
    return found
