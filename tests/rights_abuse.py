"""What the test of the table of rights asks about abuse of the line: a mark in each state that a request needs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from common import clock
from common.ids import new_id
from common.roles import Role
from ivr.abuse.model import Abuse, Evidence, Mark, Step, StepKind
from ivr.abuse.store import add_mark, add_step
from tests.rights_city import Person, Sent, World
from tickets.store.tables import tickets

_CALL = "node-1.1"
_RECORDING = "track-1"


async def marking(made: World, _person: Person) -> Sent:
    """A mark on the call that the street's ticket came from."""
    came_from = tickets.update().where(tickets.c.id == made.passed.id).values(call_id=_CALL)
    await made.write(lambda connection: connection.execute(came_from) and None)
    return Sent(ids={"id": _CALL}, body={"kind": "slander", "words": "辱骂话务员"})


async def own_mark(made: World, person: Person) -> Sent:
    """One that the reader made."""
    return Sent(ids={"id": await _made(made, person.id)})


async def decision(made: World, _person: Person) -> Sent:
    """On a mark of somebody else's."""
    return Sent(ids={"id": await _made(made, "somebody")}, body={"confirm": True, "why": "属实"})


async def referral(made: World, _person: Person) -> Sent:
    """Of a confirmed mark."""
    told = {"at": clock.now().isoformat(timespec="seconds"), "station": "滨北派出所", "receipt": "1"}
    mark = await _made(made, "somebody", StepKind.CONFIRMED)
    return Sent(ids={"id": mark}, body={**told, "recordings": [_RECORDING]})


async def proposal(made: World, _person: Person) -> Sent:
    """From a confirmed mark."""
    return Sent(ids={"id": await _made(made, "somebody", StepKind.CONFIRMED)}, body={"hours": 1, "why": "屡次"})


async def approval(made: World, _person: Person) -> Sent:
    """Of a proposed restriction: not agreed to."""
    mark = await _made(made, "somebody", StepKind.CONFIRMED, StepKind.PROPOSED)
    return Sent(ids={"id": mark}, body={"agree": False, "why": "过重"})


async def lifting(made: World, _person: Person) -> Sent:
    """Of a standing restriction."""
    mark = await _made(made, "somebody", StepKind.CONFIRMED, StepKind.PROPOSED, StepKind.APPROVED)
    return Sent(ids={"id": mark}, body={"why": "已道歉"})


async def _made(made: World, by: str, *kinds: StepKind) -> str:
    now = clock.now() - timedelta(minutes=5)
    evidence = Evidence(_RECORDING, "0" * 64, "citizen", 9.0, by, now)
    mark = Mark(new_id(), _CALL, "13854301001", Abuse.SLANDER, "辱骂", by, Role.AGENT, "12345", now, (evidence,))

    def write(connection: Connection) -> None:
        add_mark(connection, mark)
        known = mark
        for seq, kind in enumerate(kinds, 1):
            hours = 1 if kind is not StepKind.CONFIRMED else None
            until = now + timedelta(hours=1) if kind is StepKind.APPROVED else None
            step = Step(seq, kind, now, "others", Role.SHIFT_SUPERVISOR, "", hours=hours, until=until)
            known = add_step(connection, known, step)

    await made.write(write)
    return mark.id
