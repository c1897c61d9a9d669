"""Confidential tickets in the database: sealed from the first word on, or from when they are marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from common.vault import Algorithm, EnvironmentKeys, Vault
from tests.books import books
from tests.city import AGENT, LEADER, REVIEWER, City, city, handler, lamp
from tests.vault_kit import key_text, required, vault_for_tests
from tickets.details import Details, Nature
from tickets.errors import SealedTicketError
from tickets.history import replay
from tickets.model import Kind, Ticket
from tickets.store import TicketFilter
from tickets.store.tables import steps, tickets
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

pytestmark = pytest.mark.covers("R25.1", "A15")

MARKS = ("举报处长受贿标记甲", "清河路九号标记乙", "王标记丙", "13900009999", "查明的事实标记丁")


def secret_details(**changed: Any) -> Details:
    """A report on somebody, with a marker string in everything that tells of the matter or of people."""
    plain: dict[str, Any] = {
        "matter": MARKS[0],
        "nature": Nature.ACCUSATION,
        "category": "路灯",
        "place": "市西街道",
        "address": MARKS[1],
        "caller_name": MARKS[2],
        "contact": MARKS[3],
        "fields": (("小区", "标记小区"),),
    }
    return Details(**{**plain, **changed})


async def everything(at: City) -> str:
    """Every cell of every table, as text."""

    def read(connection: Connection) -> str:
        found: list[str] = []
        for name in sa.inspect(connection).get_table_names():
            # Words of a search stand in tables that show nothing; their texts are in another.
            if not name.endswith("_words"):
                found += map(line, connection.execute(sa.text(f'SELECT * FROM "{name}"')))  # noqa: S608 - the database's names
        return "\n".join(found)

    def line(row: sa.Row[Any]) -> str:
        return str([bytes(one).hex() if isinstance(one, bytes | memoryview) else one for one in row])

    return await at.books.tickets.read(read)


def marks_in(text: str) -> list[str]:
    """Which of the markers stand in it, as they are or as JSON would escape them."""
    return [mark for mark in (*MARKS, "标记小区") if mark in text or json.dumps(mark)[1:-1] in text]


async def handled(at: City, ticket: Ticket) -> Ticket:
    """The ticket after a unit has found something out about it."""
    ticket = await at.do(ticket, Move.SUBMIT, AGENT)
    ticket = await at.sent(ticket, "住建局")
    ticket = await at.do(ticket, Move.SIGN, handler("住建局"))
    told = replace(at.answer(), facts_found=MARKS[4])
    return await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), told)


async def test_what_is_confidential_from_the_start_is_never_written_in_the_clear(database_url: str) -> None:
    """No cell of any table holds a word of it; with the key, ticket and history are all there and agree."""
    async with city(database_url) as at:
        drafted = await at.drafted(secret_details(), number=MARKS[3], confidential=True)
        ticket = await handled(at, drafted)
        assert marks_in(await everything(at)) == []
        found = await at.books.tickets.by_number(ticket.number)
        assert found == ticket
        assert found.details.matter == MARKS[0]
        assert found.query_code
        history = await at.books.tickets.history(ticket.id)
        register = await at.books.tickets.register()
        assert replay(history, register.tree, register.rules(None, at.now.date())) == ticket
        assert history[-1].facts.facts_found == MARKS[4]


async def test_what_becomes_confidential_later_has_its_past_sealed(database_url: str) -> None:
    """Marked after it was handled, nothing of what was written before is left in any table, nor found by search."""
    async with city(database_url) as at:
        ticket = await handled(at, await at.drafted(secret_details(nature=Nature.HELP), number=MARKS[3]))
        assert len(marks_in(await everything(at))) == len(MARKS) + 1
        before = await at.books.tickets.history(ticket.id)
        marked = await at.books.desk.describe(ticket.id, at.acting(LEADER), ticket.details, confidential=True)
        assert marks_in(await everything(at)) == []
        history = await at.books.tickets.history(ticket.id)
        assert history[:-1] == before
        assert await at.books.tickets.get(ticket.id) == marked
        page = await at.books.tickets.page(TicketFilter(number=MARKS[3]), limit=10)
        assert page.rows == []


async def test_unmarking_opens_the_ticket_and_leaves_its_past_sealed(database_url: str) -> None:
    """The leader's step is the record; the ticket is found again, and what was sealed is read with the key."""
    async with city(database_url) as at:
        ticket = await at.drafted(secret_details(nature=Nature.HELP), confidential=True)
        ticket = await handled(at, ticket)
        opened = await at.books.desk.describe(ticket.id, at.acting(LEADER), ticket.details, confidential=False)
        assert await at.books.tickets.get(ticket.id) == opened
        page = await at.books.tickets.page(TicketFilter(), limit=10)
        assert [one.id for one in page.rows] == [ticket.id]
        history = await at.books.tickets.history(ticket.id)
        assert history[-2].facts.facts_found == MARKS[4]
        assert history[-1].actor == LEADER
        sealed = await told(at, ticket.id)
        assert all(MARKS[4] not in text for text in sealed)
        again = await at.books.desk.describe(ticket.id, at.acting(LEADER), opened.details, confidential=True)
        assert await at.books.tickets.get(ticket.id) == again
        assert marks_in(await everything(at)) == []


async def told(at: City, ticket_id: str) -> list[str]:
    """The content of a ticket's steps as the database has it."""
    query = sa.select(sa.cast(steps.c.told, sa.Text)).where(steps.c.ticket_id == ticket_id).order_by(steps.c.seq)
    return [str(row[0]) for row in await at.books.tickets.rows(query)]


async def test_a_confidential_ticket_is_found_by_its_number_and_the_number_cannot_be_read(database_url: str) -> None:
    """By caller id or contact, however written; not by another, and not by the list of numbers in the clear."""
    async with city(database_url) as at:
        ticket = await at.drafted(secret_details(), number="13854301234", confidential=True)
        for number in (MARKS[3], "13854301234", "+86 138 5430 1234"):
            found = await at.books.tickets.confidential_of_number(number)
            assert [one.details.matter for one in found] == [MARKS[0]]
        assert await at.books.tickets.confidential_of_number("13854300000") == []
        assert "13854301234" not in await everything(at)
        opened = await at.books.desk.describe(
            ticket.id, at.acting(LEADER), replace(ticket.details, nature=Nature.HELP), confidential=False
        )
        assert opened.caller_number == "13854301234"
        assert await at.books.tickets.confidential_of_number(MARKS[3]) == []


async def test_a_step_may_be_sealed_once_and_nothing_else_of_it_changed(database_url: str) -> None:
    """Opened again, sealed anew, another text, another person, a row taken out: the database refuses each."""
    async with city(database_url) as at:
        plain = await at.drafted(lamp())
        sealed = await at.drafted(secret_details(), confidential=True)
        clear, cipher = '{"matter":"x"}', '{"sealed":"sealed:1a:x:AAAA"}'
        for ticket_id, changes in (
            (plain.id, {"told": clear}),
            (plain.id, {"told": cipher, "who": "别人"}),
            (plain.id, {"told": cipher, "status": "closed"}),
            (plain.id, {"who": "别人"}),
            (plain.id, {"turn": "{}"}),
            (plain.id, {"told": '{"destroyed":true}'}),
            (sealed.id, {"told": clear}),
            (sealed.id, {"told": cipher}),
            (sealed.id, {"told": '{"destroyed":true}'}),
        ):
            with pytest.raises(IntegrityError, match="append-only"):
                await at.books.database.write(partial(change, ticket_id, changes))
        for ticket_id in (plain.id, sealed.id):
            with pytest.raises(IntegrityError, match="append-only"):
                await at.books.database.write(partial(remove, ticket_id))
        await at.books.database.write(partial(change, plain.id, {"told": cipher}))


def remove(ticket_id: str, connection: Connection) -> None:
    """Take a ticket's steps out by hand."""
    connection.execute(steps.delete().where(steps.c.ticket_id == ticket_id))


def change(ticket_id: str, changes: dict[str, str], connection: Connection) -> None:
    """Change a step by hand."""
    values = ", ".join(f"{name} = :{name}" for name in changes)
    statement = f"UPDATE steps SET {values} WHERE ticket_id = :id"  # noqa: S608 - names of this test
    connection.execute(sa.text(statement), {**changes, "id": ticket_id})


async def swap(at: City, one: str, other: str) -> None:
    """Exchange the contents of two tickets by hand."""
    table = tickets
    query = sa.select(table.c.id, table.c.state).where(table.c.id.in_([one, other]))
    states = {row.id: row.state for row in await at.books.tickets.rows(query)}

    def write(connection: Connection) -> None:
        for mine, theirs in ((one, other), (other, one)):
            connection.execute(table.update().where(table.c.id == mine).values(state=states[theirs]))

    await at.books.database.write(write)


async def test_what_was_moved_or_changed_by_hand_is_told(database_url: str) -> None:
    """Two tickets with each other's content are refused with the number and what to do; lists go on."""
    async with city(database_url) as at:
        one = await at.drafted(secret_details(), confidential=True)
        other = await at.drafted(secret_details(), confidential=True)
        plain = await at.drafted(lamp())
        await swap(at, one.id, other.id)
        with pytest.raises(SealedTicketError, match=rf"{one.number}.*不一致.*安全管理员") as said:
            await required(at.books.tickets, one.number)
        assert marks_in(repr(said.value) + str(said.value)) == []
        assert [row.id for row in (await at.books.tickets.page(TicketFilter(), limit=10)).rows] == [plain.id]
        assert [ticket.number for ticket in await at.books.tickets.of_call(one.call_id)] == [one.number]


async def test_without_the_key_timers_and_lists_go_on_and_nobody_acts_blindly(database_url: str) -> None:
    """A service without the key fires the timers, keeps the sealed content as it is, and refuses persons with why."""
    async with city(database_url) as at:
        ticket = await at.submitted(secret_details(), confidential=True)
        ticket = await at.sent(ticket, "住建局")
    plain = vault_for_tests()
    keyless = Vault(EnvironmentKeys(key_text("other")), plain.index, plain.destroyed)
    async with books(database_url, vault=keyless) as without:
        at = City(without, now=ticket.since + timedelta(days=9))
        fired = await at.tick()
        assert fired.fired >= 1
        assert fired.failed == 0
        with pytest.raises(SealedTicketError, match=r"主密钥 k1 不在本机"):
            await required(without.tickets, ticket.id)
        with pytest.raises(SealedTicketError, match=ticket.number):
            await at.do(ticket, Move.SIGN, handler("住建局"))
        with pytest.raises(SealedTicketError):
            await without.tickets.history(ticket.id)
        assert len(await without.tickets.of_call(ticket.call_id)) == 1
        assert await without.desk.changes_by_calendar() == []
        another = await without.desk.open_from_call("n.new", "13854301111", Kind.MATTER, at.now)
        assert another.number
    async with books(database_url) as back:
        found = await back.tickets.get(ticket.id)
        assert found is not None
        assert found.details == ticket.details
        assert found.steps > ticket.steps
        history = await back.tickets.history(ticket.id)
        register = await back.tickets.register()
        assert replay(history, register.tree, register.rules(None, at.now.date())) == found


@pytest.mark.parametrize("algorithm", list(Algorithm))
async def test_either_algorithm_and_both_side_by_side(algorithm: Algorithm, tmp_path: Path) -> None:
    """What one algorithm has sealed is read where the other is set."""
    async with books(tmp_path, vault=vault_for_tests(tmp_path, algorithm)) as made:
        ticket = await City(made).drafted(secret_details(category="", place=""), confidential=True)
    for other in Algorithm:
        async with books(tmp_path, vault=vault_for_tests(tmp_path, other)) as made:
            assert await made.tickets.get(ticket.id) == ticket


def shown(values: Sequence[Any]) -> Iterator[str]:
    """How each value is printed and formatted."""
    for value in values:
        yield from (repr(value), str(value), f"{value}")


async def test_nothing_that_is_printed_tells_the_matter(database_url: str) -> None:
    """Ticket, details, steps, facts and openings show neither words nor numbers when somebody logs them."""
    async with city(database_url) as at:
        ticket = await handled(at, await at.drafted(secret_details(), number=MARKS[3], confidential=True))
        history = await at.books.tickets.history(ticket.id)
        told = [entry.told for entry in history]
        facts = Facts(matter=MARKS[0], answer=MARKS[1], reason=MARKS[2], contact=MARKS[3])
        text = "".join(shown([ticket, ticket.details, *history, *told, facts, [facts], {"a": ticket}]))
        assert marks_in(text) == []
        assert ticket.query_code not in text
        assert ticket.number in repr(ticket)
        assert REVIEWER.who in repr(history)
