"""Many rows of one statement are written as SQLAlchemy itself would write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.store import execute_many
from tests.books import MORNING, Books, books
from tickets.model import Kind
from tickets.store.tables_work import notices

ABROAD = timezone(timedelta(hours=-7))
_add = notices.insert()
_sent = (
    notices.update()
    .where(notices.c.id == sa.bindparam("its_id"), notices.c.tries == 0)
    .values(sent_at=sa.bindparam("now"), state="sent")
)


async def notice(at: Books, name: str, **changed: object) -> dict[str, Any]:
    """A notice of some ticket: texts, numbers, instants, JSON, and what may be missing."""
    ticket = await at.desk.open_from_call("n.1", "13854301001", Kind.MATTER, MORNING)
    return {
        "id": name,
        "ticket_id": ticket.id,
        "seq": 1,
        "kind": "unit",
        "audience": "unit",
        "recipient": "滨城区",
        "roles": ["handler"],
        "text": "请签收",
        "created_at": MORNING,
        "state": "waiting",
        "tries": 0,
        "next_at": MORNING.astimezone(ABROAD),
        "sent_at": None,
        "proof": {"编号": 1},
        "error": "",
        **changed,
    }


async def kept(at: Books) -> list[dict[str, Any]]:
    """All notices, by their ids."""
    return [dict(row._mapping) for row in await at.tickets.rows(sa.select(notices).order_by(notices.c.id))]


async def test_rows_stand_as_execute_would_have_written_them(database_url: str) -> None:
    """Instants of any zone, JSON, nothing, and values that the statement itself has; no rows are no error."""
    async with books(database_url) as at:
        one, two = await notice(at, "a"), await notice(at, "b")
        await at.database.write(lambda connection: execute_many(connection, _add, [one]))
        await at.database.write(lambda connection: connection.execute(_add, [two]))
        first, second = await kept(at)
        assert first == {**second, "id": "a"}
        assert first == {**one, "next_at": MORNING}
        told = {"its_id": "a", "now": datetime(2026, 11, 24, 3, tzinfo=ABROAD)}
        await at.database.write(lambda connection: execute_many(connection, _sent, [told]))
        await at.database.write(lambda connection: execute_many(connection, _sent, []))
        assert await kept(at) == [{**first, "sent_at": told["now"], "state": "sent"}, second]


async def test_what_the_database_refuses_is_refused(database_url: str) -> None:
    """The same errors; and a row that lacks a value is no row with nothing in it."""
    async with books(database_url) as at:
        row = await notice(at, "a")
        with pytest.raises(IntegrityError):
            await at.database.write(lambda connection: execute_many(connection, _add, [row, row]))
        with pytest.raises(KeyError):
            await at.database.write(lambda connection: execute_many(connection, _add, [row, {"id": "b"}]))
        with pytest.raises(KeyError):
            await at.database.write(lambda connection: execute_many(connection, _sent, [{"its_id": "a"}]))
        assert await kept(at) == []
