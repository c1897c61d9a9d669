"""Which stories are told, how often, and when each begins."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.clock import civil
from tickets.model import Status
from tickets.register import Register
from tickets.seed import stories, stories_hard
from tickets.seed.drawing import weighted
from tickets.seed.matters import Matter, drawn
from tickets.seed.scene import Bond, Scene, Story

Telling = Callable[[Scene], Story]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many tickets, over how many days before ``until``, drawn with which seed."""

    tickets: int
    until: datetime
    days: int = 60
    seed: int = 12345


@dataclass(frozen=True, slots=True)
class Part:
    """One ticket to come: its story, when it begins, and where it stops for good."""

    begins: datetime
    story: Telling
    about: str = ""
    halt: Status | None = None
    bond: Bond | None = None
    matter: Matter | None = None
    brisk: bool = False


#: Each story with its share of what comes in, and what it is about where that is not anything.
MIX: tuple[tuple[tuple[Telling, str], float], ...] = (
    ((stories.at_once, "nature consultation"), 34),
    ((stories.satisfied, ""), 28),
    ((stories.co_handled, ""), 4),
    ((stories.extended, ""), 5),
    ((stories_hard.returned, ""), 3),
    ((stories_hard.redone, ""), 3),
    ((stories_hard.overdue, ""), 3),
    ((stories.unreached, ""), 3),
    ((stories.urged, ""), 3),
    ((stories_hard.refused, ""), 3),
    ((stories_hard.reported, "nature accusation"), 2.5),
    ((stories.message, ""), 2),
    ((stories_hard.terminated, ""), 1.5),
    ((stories.withdrawn, ""), 1),
    ((stories.paused, ""), 1),
    ((stories_hard.signed_late, ""), 1),
    ((stories_hard.recalled, ""), 0.7),
    ((stories_hard.declined, ""), 0.7),
    ((stories_hard.unreasonable, ""), 0.5),
    ((stories.from_above, ""), 0.5),
    ((stories.satisfied, "1102"), 0.5),
    ((stories.satisfied, "0801"), 0.5),
    ((stories_hard.appealed, ""), 0.3),
    ((stories_hard.difficult, ""), 0.3),
    ((stories_hard.adjudicated, ""), 0.3),
    ((stories_hard.emergency, "emergency"), 0.3),
)
#: A ticket for each state of the workflow: the story that leads there, and how many working days before the end.
STANDING: tuple[tuple[Telling, str, Status, int], ...] = (
    (stories.drafted, "", Status.DRAFT, 0),
    (stories.satisfied, "0101", Status.AWAITING_REVIEW, 0),
    (stories.satisfied, "", Status.AWAITING_SIGNATURE, 1),
    (stories.satisfied, "", Status.IN_HANDLING, 2),
    (stories.co_handled, "", Status.CO_HANDLING, 2),
    (stories_hard.redone, "", Status.HANDLED_AGAIN, 3),
    (stories_hard.difficult, "", Status.SUPERVISED, 6),
    (stories_hard.returned, "", Status.RETURN_REQUESTED, 2),
    (stories.extended, "", Status.EXTENSION_REQUESTED, 3),
    (stories.paused, "", Status.WAITING_FOR_MATERIAL, 3),
    (stories_hard.adjudicated, "", Status.ADJUDICATION, 3),
    (stories_hard.terminated, "", Status.TERMINATION_REQUESTED, 3),
    (stories.to_upper_review, "0201", Status.AWAITING_UPPER_REVIEW, 3),
    (stories.satisfied, "", Status.AWAITING_CALLBACK, 3),
    (stories_hard.terminated, "", Status.NO_FURTHER_HANDLING, 4),
    (stories_hard.refused, "", Status.NOT_ACCEPTED, 1),
    (stories.at_once, "nature consultation", Status.ANSWERED, 1),
    (stories.satisfied, "", Status.CLOSED, 6),
    #: The yellow card is out: one working day is left.
    (stories.satisfied, "0302", Status.IN_HANDLING, 5),
    #: The red card is out, and it is supervised.
    (stories_hard.overdue, "0401", Status.SUPERVISED, 8),
    (stories_hard.emergency, "emergency", Status.CO_HANDLING, 1),
    (stories_hard.reported, "nature accusation", Status.IN_HANDLING, 2),
    #: An emergency that each unit has acknowledged and that is over.
    (stories_hard.emergency, "emergency", Status.CLOSED, 8),
)
_HOURS = (*[1] * 7, 4, 9, 12, 11, 9, 5, 6, 10, 10, 9, 7, 5, 4, 4, 3, 2, 1)
#: From so many tickets on, each state has several, so that a queue looks like one.
_SHOWN = 200
_OF_MANY = (("0101", 8), ("0303", 3))


def parts(plan: Plan, register: Register) -> list[Part]:
    """Every ticket of the plan, in the order in which they begin."""
    rng = random.Random(plan.seed)  # noqa: S311 - a play, not a secret
    standing = list(_standing(plan, register))
    found = [*standing, *_many(plan, rng), *(standing * 2 if plan.tickets >= _SHOWN else ())]
    while len(found) < plan.tickets:
        (story, about), begins = weighted(rng, MIX), _begins(plan, rng)
        found.append(Part(begins, story, about))
    if len(found) > plan.tickets:
        found = found[: plan.tickets]
    return sorted(found, key=lambda part: part.begins)


def _standing(plan: Plan, register: Register) -> Iterator[Part]:
    day = civil(plan.until).date()
    for story, about, halt, back in STANDING:
        begins = plan.until - timedelta(minutes=40)
        if back:
            first = day
            for _ in range(back):
                first = register.calendar.before(first).date
            begins = civil(plan.until).replace(year=first.year, month=first.month, day=first.day, hour=8, minute=35)
        yield Part(begins, story, about, halt, brisk=True)


def _many(plan: Plan, rng: random.Random) -> Iterator[Part]:
    """Callers of one matter within three days; one group is hot (A13). The last is still open."""
    for about, callers in _OF_MANY:
        matter, bond = drawn(rng, about), Bond()
        begins = plan.until - timedelta(days=2 if callers > 5 else 20, hours=6)  # noqa: PLR2004 - the hot one
        yield Part(begins, stories.first_of_many, bond=bond, matter=matter)
        for at in range(callers - 1):
            yield Part(begins + timedelta(hours=3 + 4 * at), stories.one_of_many, about, bond=bond, matter=matter)


def _begins(plan: Plan, rng: random.Random) -> datetime:
    day = civil(plan.until) - timedelta(days=rng.uniform(0, plan.days))
    at = day.replace(
        hour=rng.choices(range(24), _HOURS)[0], minute=rng.randrange(60), second=rng.randrange(60), microsecond=0
    )
    return at if at < plan.until else at - timedelta(days=1)
