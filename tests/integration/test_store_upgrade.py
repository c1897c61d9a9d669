"""Tickets of the time before the workflow are taken over with their history (revision 0002)."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import hotline.migrations
from access.rows import accounts_in, grants_of
from common.store import Instant
from hotline.database import Database, migrate
from tests.access_books import accounts
from tests.access_kit import CONSOLE
from tests.books import MORNING, books, url
from tests.postgres import Postgres
from tickets.entry_words import words
from tickets.history import replay
from tickets.model import Kind, Status
from tickets.ruleset import DEFAULT_RULES
from tickets.timers import TimerLoop

_TICKETS = ["id", "number", "kind", "channel", "status", "call_id", "caller_number", "recording_id", "steps"]
_CHANGES = ["ticket_id", "seq", "who", "unit", "status", "kind", "why"]
tickets = sa.table(
    "tickets",
    *map(sa.column, _TICKETS),
    sa.column("opened_at", Instant),
    sa.column("automatic", sa.Boolean),
    sa.column("confidential", sa.Boolean),
)
changes = sa.table("status_changes", *map(sa.column, _CHANGES), sa.column("at", Instant))


def before(connection: Connection) -> None:
    """Two tickets as they were written then: one raised and given its recording, one as it was opened."""
    plain = {"channel": "telephone", "status": "awaiting_review", "opened_at": MORNING, "confidential": False}
    rows = [
        ("a", "20261124-000001", "matter", "n.1", "track-1", 3),
        ("b", "20261124-000002", "message", "n.2", "track-2", 1),
    ]
    for key, number, kind, call_id, recording_id, steps in rows:
        told = {
            "id": key,
            "number": number,
            "kind": kind,
            "call_id": call_id,
            "recording_id": recording_id,
            "steps": steps,
        }
        connection.execute(tickets.insert(), [{**plain, **told, "automatic": True, "caller_number": "13854301001"}])
    history = [
        ("a", 1, "callback", "来电人要求回电，系统建单"),
        ("a", 2, "matter", "同一通来电其后由话务员接听"),
        ("a", 3, "matter", "已关联录音"),
        ("b", 1, "message", "来电人留言，系统建单"),
    ]
    for key, seq, kind, why in history:
        row = {"ticket_id": key, "seq": seq, "kind": kind, "why": why, "at": MORNING + timedelta(minutes=seq - 1)}
        connection.execute(changes.insert(), [{**row, "who": "system", "unit": "12345", "status": "awaiting_review"}])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.covers("R3.1", "R14.1")
async def test_tickets_of_the_first_revision_keep_their_history(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The same steps, read by the same words, rebuild each ticket; a call still finds its one ticket, and it moves."""
    with contextlib.ExitStack() as stack:
        address = url(tmp_path)
        if kind == "postgresql":
            cluster: Postgres = request.getfixturevalue("postgres")
            address = stack.enter_context(cluster.database())
        config = Config()
        config.set_main_option("script_location", str(Path(hotline.migrations.__file__).parent))
        config.attributes["url"] = address
        await asyncio.to_thread(command.upgrade, config, "0001")
        database = Database(address)
        await database.write(before)
        await database.close()
        await migrate(address)
        async with books(address) as at:
            register = await at.tickets.register()
            for number, steps in (("20261124-000001", 3), ("20261124-000002", 1)):
                found = await at.tickets.by_number(number)
                assert found is not None
                history = await at.tickets.history(found.id)
                assert (len(history), found.status, found.unit) == (steps, Status.AWAITING_REVIEW, "12345")
                assert replay(history, register.tree, DEFAULT_RULES) == found
                if steps == 3:
                    assert [words(step) for step in history][1:] == ["同一通来电其后由话务员接听", "已关联录音"]
            assert await TimerLoop(at.tickets).set_missing() == 2
            assert await TimerLoop(at.tickets).set_missing() == 0
            again = await at.desk.open_from_call("n.1", "13854301001", Kind.EMERGENCY_TRANSFER, MORNING)
            assert (again.id, again.kind, again.steps) == ("a", Kind.EMERGENCY_TRANSFER, 4)


#: Two units and three people, one of whom has no role, as they stood before there were accounts.
REGISTERED = (
    """INSERT INTO units (id, name, kind, parent, duty_phones, area) VALUES
    ('12345', '办公室', 'hotline', '', '[]', ''), ('住建局', '市住建局', 'city_department', '12345', '[]', '')""",
    """INSERT INTO people (id, name, phone, active) VALUES
    ('U7', '李四', '05433000009', true), ('u7', '王五', '', false), ('nobody', '无职', '', true)""",
    """INSERT INTO memberships (person, unit, role, since) VALUES
    ('U7', '住建局', 'principal', '2026-03-01'), ('U7', '住建局', 'handler', NULL), ('u7', '12345', 'agent', NULL)""",
)


def _run(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.covers("R12.2", "R12.3")
async def test_people_of_the_register_get_accounts(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """With revision 0010 whoever has a role in a unit has an account in it, and nobody a password; nothing is lost."""
    with contextlib.ExitStack() as stack:
        address = url(tmp_path)
        if kind == "postgresql":
            cluster: Postgres = request.getfixturevalue("postgres")
            address = stack.enter_context(cluster.database())
        config = Config()
        config.set_main_option("script_location", str(Path(hotline.migrations.__file__).parent))
        config.attributes["url"] = address
        await asyncio.to_thread(command.upgrade, config, "0007")
        database = Database(address)
        for statement in REGISTERED:
            await database.write(partial(_run, statement))
        await database.close()
        await migrate(address)
        async with books(address) as at:
            access = accounts(at)
            stack.callback(access.close)
            found = {one.id: one for one in await access.staff.store.read(lambda one: accounts_in(one, None))}
            assert {one.login for one in found.values()} == {"u7", "u7-2"}
            head = found["U7"]
            assert (head.name, head.unit, head.phone, head.active) == ("李四", "住建局", "05433000009", True)
            assert (head.password, found["u7"].active) == ("", False)
            grants = await access.staff.store.read(lambda one: grants_of(one, "U7"))
            assert sorted((one.role.value, str(one.since)) for one in grants) == [
                ("handler", "2000-01-01"),
                ("principal", "2026-03-01"),
            ]
            before = (await at.tickets.register()).memberships
            await access.staff.describe(CONSOLE, "U7", login="lisi", name="李四", phone="1")
            after = (await at.tickets.register()).memberships
            assert {(one.person, one.role) for one in before} == {(one.person, one.role) for one in after}
