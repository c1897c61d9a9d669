"""The lists of the desk beside plain SQL: the same columns of the same tickets by the same driver, no records made."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bench.desk_acts import OPENED
from bench.desk_fill import CATEGORIES, UNITS, number_of
from common.paging import Cursor
from common.store import Instant
from tests.city import TUESDAY, City
from tickets.model import Status
from tickets.store import TicketFilter
from tickets.store.rows import TICKET_COLUMNS
from tickets.store.tables import tickets

_PAGE = 50
_columns = ", ".join(column.name for column in TICKET_COLUMNS)
Values = dict[str, Any]
#: Name, what the desk is asked for, and the condition of plain SQL.
_LISTS: dict[str, tuple[Callable[[Values], TicketFilter], str]] = {
    "board, newest": (lambda _: TicketFilter(), ""),
    "board, some months back": (lambda _: TicketFilter(), "AND (opened_at, id) < (:back, '')"),
    "board, open": (lambda _: TicketFilter(open=True), "AND open IS TRUE"),
    "board, open of a unit": (lambda v: TicketFilter(open=True, unit=v["unit"]), "AND open IS TRUE AND unit = :unit"),
    "board, all of a unit": (lambda v: TicketFilter(unit=v["unit"]), "AND unit = :unit"),
    "queue, awaiting callback": (
        lambda _: TicketFilter(open=True, status=Status.AWAITING_CALLBACK),
        "AND open IS TRUE AND status = 'awaiting_callback'",
    ),
    "board, of a category": (
        lambda v: TicketFilter(category=v["category"]),
        "AND category <> '' AND category = :category",
    ),
    "board, of a caller": (lambda v: TicketFilter(number=v["number"]), "AND caller_number = :number"),
    "overdue": (lambda v: TicketFilter(overdue_at=v["now"]), "AND open IS TRUE AND due <= :now"),
    "overdue of a unit": (
        lambda v: TicketFilter(overdue_at=v["now"], unit=v["unit"]),
        "AND open IS TRUE AND due <= :now AND unit = :unit",
    ),
}


async def measured(city: City, size: int, rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of each list; the desk and plain SQL take turns."""
    draw = random.Random(size)  # noqa: S311 - the same questions each time, not a secret
    report: list[dict[str, Any]] = []
    for name, (asked, condition) in _LISTS.items():
        desk: list[float] = []
        plain: list[float] = []
        for turn in range(rounds + 1):
            values = _values(draw, size)
            after = Cursor(values["back"], "") if ":back" in condition else None
            shown = asked(values)
            took = await _timed(partial(city.books.tickets.page, shown, limit=_PAGE, after=after))
            beside = await _timed(partial(_plain, city, condition, values))
            # The first finds the caches cold, and the statement is not compiled.
            if turn:
                desk.append(took)
                plain.append(beside)
        report.append({"list": name, "desk_ms": _figures(desk), "plain_ms": _figures(plain)})
    return report


def _values(draw: random.Random, size: int) -> Values:
    return {
        "unit": draw.choice(UNITS),
        "category": draw.choice(CATEGORIES),
        "number": number_of(draw.randrange(size)),
        "back": OPENED - timedelta(days=draw.uniform(30, 330)),
        "now": TUESDAY,
    }


async def _plain(city: City, condition: str, values: Values) -> None:
    named = [name for name in values if f":{name}" in condition]
    binds = [
        sa.bindparam(name, type_=Instant) if name in ("now", "back") else sa.bindparam(name, type_=sa.String)
        for name in named
    ]
    order = f"ORDER BY opened_at DESC, id DESC LIMIT {_PAGE + 1}"
    if city.books.database.reads.dialect.name == "sqlite":
        # A partial index is looked into only where its condition is said in its own words.
        condition = condition.replace("open IS TRUE", "open IS 1")
    query = sa.text(f"SELECT {_columns} FROM {tickets.name} WHERE NOT confidential {condition} {order}")  # noqa: S608 - texts of this file
    async with city.books.database.reads.connect() as connection:
        (await connection.execute(query.bindparams(*binds), {name: values[name] for name in named})).all()


async def _timed(ask: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1000


def _figures(samples: list[float]) -> dict[str, float]:
    ordered = sorted(samples)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50": round(statistics.median(ordered), 2), "p95": round(p95, 2)}
