"""The demonstration's tickets: walked through the desk, in every state, the same for the same seed, and fictitious."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from access.visit import Visit
from hotline.__main__ import main
from hotline.demo_accounts import DEMO_PASSWORD
from tests.access_books import accounts
from tests.books import Books, books, url
from tests.city import at
from tickets.history import replay
from tickets.model import Described, Opened, Status
from tickets.ruleset import DEFAULT_RULES
from tickets.seed import Plan, Played, city_records, play
from tickets.seed.drawing import told
from tickets.store import tables_inspection, tables_work
from tickets.store.rows import TICKET_COLUMNS, forget, ticket_of
from tickets.store.tables import tickets
from tickets.store.tables_register import people, units

CHECKOUT = Path(__file__).resolve().parents[2]
UNTIL = at("2026-11-24T15:00")
#: What no carrier has ever given to anybody: 154, and subscribers' numbers that begin with 0.
IMPOSSIBLE = re.compile(r"154\d{8}|05430\d{6}")


async def played(at_work: Books, count: int, seed: int = 7) -> Played:
    """A play on empty books."""
    await at_work.tickets.seed(UNTIL)
    await at_work.tickets.put(*city_records(seed), at=UNTIL)
    return await play(at_work.tickets, at_work.desk, Plan(count, UNTIL, seed=seed))


async def all_rows(at_work: Books, *columns: Any) -> list[tuple[Any, ...]]:
    """Some columns of all tickets, in the order of their numbers."""
    return [tuple(row) for row in await at_work.tickets.rows(sa.select(*columns).order_by(tickets.c.number))]


@pytest.mark.covers("R11.1", "R14.8")
async def test_every_state_is_there_and_every_ticket_follows_from_its_history(database_url: str) -> None:
    """Eighty tickets stand in all states of the workflow; each is rebuilt from its steps; the desk refused nothing."""
    async with books(database_url, window=0) as at_work:
        came = await played(at_work, 80)
        assert (came.tickets, came.refused) == (80, [])
        assert {row[0] for row in await all_rows(at_work, tickets.c.status)} == {status.value for status in Status}
        assert {row[0] for row in await all_rows(at_work, tickets.c.card)} == {"", "yellow", "red"}
        tree = (await at_work.tickets.register()).tree
        forget()
        for row in await at_work.tickets.rows(sa.select(*TICKET_COLUMNS)):
            ticket = ticket_of(row)
            steps = await at_work.tickets.history(ticket.id)
            assert replay(steps, tree, DEFAULT_RULES) == ticket
            instants = [step.at for step in steps]
            assert instants == sorted(instants)
            assert instants[-1] <= UNTIL


@pytest.mark.covers("A13", "R7.2", "R25.1")
async def test_there_is_something_to_see_on_every_screen(database_url: str) -> None:
    """Tasks, acknowledgements, returns, a hot topic, inspections, confidential tickets; no notice waits to be sent."""
    async with books(database_url, window=0) as at_work:
        await played(at_work, 80)
        inspections = (tables_inspection.inspected, tables_inspection.corrections)
        work = (tables_work.tasks, tables_work.acknowledgements, tables_work.returns, tables_work.hot_topics)
        for table in (*work, *inspections):
            assert await at_work.tickets.rows(sa.select(table).limit(1)), table.name
        assert (True,) in await all_rows(at_work, tickets.c.confidential)
        told_to = await at_work.tickets.rows(sa.select(tables_work.notices.c.state).distinct())
        assert "waiting" not in {row[0] for row in told_to}


async def test_the_same_seed_tells_the_same_stories(tmp_path: Path) -> None:
    """But for ids and query codes, which nobody may guess, two plays are equal step by step; another seed differs."""

    async def telling(name: str, seed: int) -> list[Any]:
        (tmp_path / name).mkdir()
        async with books(tmp_path / name, window=0) as at_work:
            await played(at_work, 45, seed)
            lines: list[Any] = []
            for ticket_id, number, matter in await all_rows(
                at_work, tickets.c.id, tickets.c.number, tickets.c.category
            ):
                steps = await at_work.tickets.history(ticket_id)
                details = [one.told.details for one in steps if isinstance(one.told, (Opened, Described))]
                lines.append((number, matter, details, [(one.at, one.row, one.actor, one.status) for one in steps]))
            return lines

    first, again, other = await telling("a", 7), await telling("b", 7), await telling("c", 8)
    assert first == again
    assert first != other


async def test_all_numbers_are_impossible(tmp_path: Path) -> None:
    """No telephone number of callers, people or units can belong to anybody."""
    async with books(tmp_path, window=0) as at_work:
        await played(at_work, 45)
        numbers = [row[0] for row in await all_rows(at_work, tickets.c.caller_number) if row[0]]
        numbers += [row[0] for row in await at_work.tickets.rows(sa.select(people.c.phone))]
        numbers += [one for row in await at_work.tickets.rows(sa.select(units.c.duty_phones)) for one in row[0]]
        assert len(numbers) > 500
        assert [number for number in numbers if not IMPOSSIBLE.fullmatch(number)] == []


def test_the_shipped_data_fits_together() -> None:
    """Every kind of matter has a category, every line of the catalogue its units; there are matters enough."""
    records = city_records(1)
    codes = {getattr(one, "code", None) for one in records}
    ids = {getattr(one, "id", None) for one in records}
    kinds = told("matters")["kind"]
    assert {kind["category"] for kind in kinds} <= codes
    assert sum(len(kind["matters"]) for kind in kinds) > 100
    assert {row["lead"] for row in told("catalogue")["lines"]} <= ids
    laws = {getattr(one, "statutory", "") for one in records} - {""}
    assert laws <= set(DEFAULT_RULES.statutory)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of one's own, and a port on which nobody serves."""
    monkeypatch.setenv("HOTLINE_DATABASE_URL", url(tmp_path))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_HTTP_PORT", "9")
    for name, value in (("MIB", "19"), ("PASSES", "2"), ("LANES", "1")):
        monkeypatch.setenv(f"HOTLINE_PASSWORD_HASH_{name}", value)
    return tmp_path


def test_a_database_with_tickets_is_left_alone_unless_forced(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second time it refuses and says why; forced, it adds, and nobody's register entry changes."""

    async def count() -> int:
        async with books(elsewhere) as at_work:
            return len(await all_rows(at_work, tickets.c.id))

    command = ["seed-demo", "--tickets", "35", "--until", UNTIL.isoformat()]
    assert main(command) == 0
    assert "待审核:" in capsys.readouterr().out
    assert main(command) == 1
    assert "已有工单" in capsys.readouterr().err
    assert asyncio.run(count()) == 35
    later = (UNTIL + timedelta(days=1)).isoformat()
    assert main(["seed-demo", "--tickets", "35", "--seed", "2", "--until", later, "--force"]) == 0
    assert asyncio.run(count()) == 70


def test_only_a_database_of_the_demonstration_has_accounts_whose_password_is_known(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On an empty one everybody can be tried out; forced onto one with accounts, the new ones have no password."""

    async def by_password() -> dict[bool, int]:
        async with books(elsewhere) as at_work, at_work.database.reads.connect() as connection:
            rows = await connection.execute(sa.text("SELECT password = '' AS none, count(*) FROM accounts GROUP BY 1"))
            return {bool(row[0]): row[1] for row in rows}

    assert main(["account", "add", "real", "--name", "真人", "--role", "system_admin"]) == 0
    capsys.readouterr()
    command = ["seed-demo", "--tickets", "1", "--until", UNTIL.isoformat()]
    assert main(command) == 1
    assert "已有人员账号" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert DEMO_PASSWORD not in capsys.readouterr().out
    found = asyncio.run(by_password())
    assert found[False] == 1
    assert found[True] > 500


def test_people_of_the_demonstration_can_sign_in(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the password that the documents name, in the roles that the register has for them."""

    async def sign_in() -> tuple[str, list[str], str]:
        async with books(elsewhere) as at_work:
            access = accounts(at_work)
            try:
                found = await access.signing.open("demo0001", DEMO_PASSWORD, Visit("127.0.0.1"))
            finally:
                access.close()
            return found.account.unit, sorted(found.roles), found.stage.value

    assert main(["seed-demo", "--tickets", "1", "--until", UNTIL.isoformat()]) == 0
    assert DEMO_PASSWORD in capsys.readouterr().out
    assert DEMO_PASSWORD in (CHECKOUT / "docs" / "access.md").read_text(encoding="utf-8")
    assert asyncio.run(sign_in()) == ("12345", ["agent"], "open")
