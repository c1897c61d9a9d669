"""The whole table of rights is tried on the service as it is wired: operation by role by where the unit stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from access import rights
from access.rights import RIGHTS
from common.ids import new_id
from common.reach import Reach
from common.roles import Role
from tests.http_kit import Answer
from tests.rights_city import ROLES, Person, Place, Sent, World, world
from tests.rights_samples import SAMPLES, About, Sample, tickets_of


def reach_of(person: Person, operation: str) -> Reach:
    """How far somebody's right goes, by the table and nothing else."""
    row = rights.of_operation(operation)
    if row.open:
        return Reach.ALL
    return rights.reach([person.role], row.id, level_one=person.place is Place.LEVEL_ONE)


def within(reach: Reach, person: Person, about: About) -> bool:
    """Whether what is asked about lies within the reach."""
    at_level_one = person.place is Place.LEVEL_ONE
    if about is About.HOUSE or reach is Reach.ALL or at_level_one:
        return True
    if about is About.ITSELF:
        return person.place is Place.OWN
    if about is About.COMMUNITY:
        return person.place.value in Place.BELOW.upper
    return person.place is Place.OWN or person.place.value in Place.OWN.upper


def expected(person: Person, operation: str, sample: Sample) -> int:
    """The status that the table promises; 0 for any that says neither that there is no right nor no such thing."""
    reach = reach_of(person, operation)
    if reach is Reach.NONE:
        return 403
    return 0 if within(reach, person, sample.about) else sample.outside


def fault(answer: Answer, wanted: int, row: rights.Right) -> str:
    """What is wrong with an answer, if anything."""
    if wanted == 403 and row.reach and answer.status == 403:
        kinds = {"no-right", "not-yours", "no-role"}
        return "" if answer.json["type"].rpartition(":")[2] in kinds else f"403 {answer.body.decode()}"
    if wanted:
        return "" if answer.status == wanted else f"{answer.status} instead of {wanted}: {answer.body.decode()[:300]}"
    if answer.status in {400, 415, 428} or (answer.status == 422 and b"problem:bad-body" in answer.body):
        return f"no valid request: {answer.body.decode()[:300]}"
    wrong = answer.status in {403, 404} or (answer.status >= 500 and answer.status != 503)
    return f"{answer.status}: {answer.body.decode()[:300]}" if wrong else ""


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    """The service, and somebody in every role in every place."""
    async with world(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}") as one:
        yield one


async def tried(made: World, operation: str, person: Person, usual: Sent) -> str:
    """One cell of the table; what is wrong with it. Who has no right asks for what is usual: nothing comes of it."""
    sample, row = SAMPLES[operation], rights.of_operation(operation)
    wanted, none = expected(person, operation, sample), reach_of(person, operation) is Reach.NONE
    sent = usual if none else await sample.ask(made, person)
    answer = await made.ask(operation, person, sent)
    if sample.ends:
        made.people[person.place, person.role] = replace(person, cookie=(await made.session(person.id))[1])
    if none:
        said = answer.json.get("type", "") if answer.status == 403 else ""
        wrong = (
            "" if said.endswith(":no-right") else f"{answer.status} instead of no-right: {answer.body.decode()[:300]}"
        )
    else:
        wrong = fault(answer, wanted, row)
    return f"{operation} {person.role.value} {person.place.name}: {wrong}" if wrong else ""


@pytest.mark.covers("R25.2", "R14.8", "R12.2")
async def test_every_cell_of_the_table_holds(made: World) -> None:
    """No right: 403 whatever is asked; beyond the reach of a right: as if there were no such thing; else it is done."""
    served = set(made.operations)
    assert served == {name for row in RIGHTS for name in row.operations}
    assert served == set(SAMPLES), "an operation without a sample, or a sample without an operation"
    faults: list[str] = []
    for operation in sorted(served):
        somebody = made.people[Place.LEVEL_ONE, Role.LEADER]
        usual = await SAMPLES[operation].ask(made, somebody)
        # All at once: what they write goes to the disk together.
        cells = [tried(made, operation, made.people[place, role], usual) for place in Place for role in ROLES]
        faults += filter(None, await asyncio.gather(*cells))
    assert not faults, "\n".join([f"{len(faults)} cells", *faults[:80]])


def seen_by(made: World, person: Person, operation: str) -> set[str]:
    """The tickets that somebody must be shown, by the table."""
    reach, at_level_one = reach_of(person, operation), person.place is Place.LEVEL_ONE
    found = tickets_of(made)
    return {one.number for one, of in found if reach is Reach.ALL or at_level_one or person.place.value in of.reached}


_LISTS: Final = ("exportTickets", "findSimilar", "listTickets", "searchTickets")


@pytest.mark.covers("R25.2", "R14.8")
async def test_lists_and_tickets_are_those_within_reach(database_url: str, tmp_path: Path) -> None:
    """Each list shows whoever may ask for it exactly the tickets within their reach; each ticket opens to the same."""
    async with world(tmp_path / "data", database_url) as made:
        known = {one.number: one for one, _ in tickets_of(made)}
        for person in made.people.values():
            for operation in _LISTS:
                if reach_of(person, operation) is Reach.NONE:
                    continue
                answer = await made.ask(operation, person, await SAMPLES[operation].ask(made, person))
                assert answer.status == 200, answer.body.decode()
                text = answer.body.decode()
                shown = {number for number in known if number in text}
                wanted = seen_by(made, person, operation)
                if operation in {"findSimilar", "searchTickets"}:
                    # The department's is about heating, and that is not what is looked for.
                    wanted -= {made.strange.number}
                assert shown == wanted, (operation, person.id)
            if reach_of(person, "readTicket") is Reach.NONE:
                continue
            for number in known:
                status = (await made.ask("readTicket", person, Sent(ids={"number": number}))).status
                assert status == (200 if number in seen_by(made, person, "readTicket") else 404), person.id


@pytest.mark.covers("R25.2")
async def test_nobody_is_told_that_there_is_something(made: World) -> None:
    """What is not theirs is answered word for word as what is not there: tickets, their parts, accounts, samples."""
    stranger = made.people[Place.STRANGER, Role.PRINCIPAL]
    for operation, sample in SAMPLES.items():
        if sample.about is About.HOUSE or sample.outside != 404 or reach_of(stranger, operation) is Reach.NONE:
            continue
        sent = await sample.ask(made, stranger)
        nothing = {"number": "20261124-999999", "id": "f" * 32}
        one, other = sent, replace(sent, ids={name: nothing[name] for name in sent.ids})
        if operation == "noteConsultation":
            other = replace(sent, body={**sent.body, "ticket": nothing["number"]})
        answers = [await made.ask(operation, stranger, each) for each in (one, other)]
        assert answers[0].status == answers[1].status == 404, operation
        assert answers[0].body == answers[1].body, operation
        assert set(answers[0].headers) == set(answers[1].headers), operation


@pytest.mark.covers("R25.2")
async def test_ids_cannot_be_guessed_and_tokens_are_long(made: World) -> None:
    """Nothing is got by counting on from what one has: ids are random in 80 bits, query codes and cookies too."""
    first, second = new_id(), new_id()
    assert len(first) == 32
    assert int(first, 16) + 1 != int(second, 16)
    person = made.people[Place.OWN, Role.HANDLER]
    for text in (person.cookie[:-1], person.cookie + "A", person.cookie.swapcase(), ""):
        answer = await made.ask("listTickets", replace(person, cookie=text), Sent())
        assert answer.status == 401
