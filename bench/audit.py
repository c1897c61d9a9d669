"""What the chain of the audit costs a use case, and how fast it says who has seen one reporter.

The same requests over HTTP with the audit as it is and with one that only adds rows (as it was before the chain), in
turns, twenty at once, as the group commit joins them, into an audit that is long already; CPU of this process (client,
service, SQLite) and of PostgreSQL's.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import statistics
import tempfile
import time
from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from common.audit import Audit, AuditEntry
from common.store import Instant, appending, metadata
from hotline.audit import add_entries
from hotline.http import build_app
from hotline.keeping.anchors import gathered
from hotline.keeping.sightings import sightings
from hotline.keeping.verifying import verify
from hotline.tokens import tokens
from tests.audit_kit import SIGNER
from tests.books import MORNING, Books, books
from tests.postgres import cluster
from tickets.api_pages import case_operations
from tickets.model import Kind

_TOKEN = "bench"  # noqa: S105 - of a service that lives for a minute
_DISK = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_AT_ONCE = 20
_TICKETS = 60
_KINDS = ("sqlite", "postgresql")
_plain = sa.Table(
    "plain_audit",
    metadata(),
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("objects", sa.Text, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
)
_append = appending(_plain)
Client = TestClient[web.Request, web.Application]


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure on both databases; gives what was printed, as data."""
    rounds, entries = (2, 20_000) if arguments.quick else (9, 1_000_000 if arguments.million else 200_000)
    report: dict[str, Any] = {"at_once": _AT_ONCE, "rounds": rounds, "results": []}
    for kind in _KINDS:
        async with _books(kind) as at:
            result: dict[str, Any] = {"database": kind, "load": os.getloadavg()[0]}
            result["finding"] = await _finding(at, entries)
            result["use_cases"] = await _use_cases(at, rounds)
            report["results"].append(result)
            _print(result)
    return report


@contextlib.asynccontextmanager
async def _books(kind: str) -> AsyncIterator[Books]:
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            where: str | Path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        else:
            where = stack.enter_context(cluster(shared_buffers="512MB", max_wal_size="4GB", **_DISK)).url("postgres")
        async with books(where) as at:
            yield at


async def _use_cases(at: Books, rounds: int) -> list[dict[str, Any]]:
    opened = [await at.desk.open_from_call(f"n.{n}", "13854301001", Kind.MATTER, MORNING) for n in range(_TICKETS)]
    await at.database.write(_plain.metadata.create_all)

    async def plain(entry: AuditEntry) -> None:
        row = {"at": entry.at, "who": entry.who, "action": entry.action, "reason": entry.reason}
        await at.ledger.write(_append, {**row, "objects": f" {' '.join(entry.objects)} "})

    addresses = {
        "read a ticket": f"/api/v1/tickets/{opened[0].number}",
        "list 50 tickets": "/api/v1/tickets?limit=50",
    }
    found = []
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(TestClient(TestServer(_app(at, audit))))
            for name, audit in (("plain", plain), ("chain", at.audit.add))
        }
        for case, address in addresses.items():
            taken: dict[str, list[float]] = {name: [] for name in clients}
            for turn in range(rounds + 1):
                for name, client in clients.items():
                    cost = await _cost(partial(_ask, client, address))
                    if turn:
                        taken[name].append(cost)
            median = {name: statistics.median(costs) * 1000 for name, costs in taken.items()}
            ratio = statistics.median(
                chain / plain for chain, plain in zip(taken["chain"], taken["plain"], strict=True)
            )
            found.append(
                {"use_case": case, "cpu_ms": {k: round(v, 3) for k, v in median.items()}, "of": round(ratio, 3)}
            )
    return found


def _app(at: Books, audit: Audit) -> web.Application:
    return build_app(
        case_operations(at.tickets, at.desk),
        tokens=tokens(_TOKEN, unit="12345", roles=("agent",)),
        audit=audit,
        kept=at.once.kept,
        database_ready=at.database.ready,
        ami_up=lambda: True,
    )


async def _ask(client: Client, address: str) -> None:
    async def one() -> None:
        async with client.get(address, headers={"Authorization": f"Bearer {_TOKEN}"}) as answer:
            assert answer.status == 200, answer.status  # noqa: S101, PLR2004 - a bench that measures refusals is none
            await answer.read()

    for _ in range(5):
        await gather(*(one() for _ in range(_AT_ONCE)))


async def _cost(work: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds a use case, of this process and all below it."""
    before = _cpu()
    await work()
    return (_cpu() - before) / (5 * _AT_ONCE)


def _cpu() -> float:
    mine = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (mine, *mine.children(recursive=True)))


async def _finding(at: Books, entries: int) -> dict[str, Any]:
    """Fill the audit, each citizen seen ten times, and look for one of them; and verify the whole."""
    serial = itertools.count()
    began = time.perf_counter()
    for start in range(0, entries, 2000):
        batch = [
            AuditEntry(
                MORNING + timedelta(seconds=start + n),
                "web@::1",
                "tickets.list",
                tuple(f"seen-{next(serial) * 7919 % entries}" for _ in range(10)),
            )
            for n in range(2000)
        ]
        await at.database.write(lambda connection, batch=batch: add_entries(connection, batch))  # type: ignore[misc]
    filled = time.perf_counter() - began
    took = []
    for n in range(50):
        began = time.perf_counter()
        async with at.database.reads.connect() as connection:
            found = await connection.run_sync(sightings, [f"seen-{n * 31}"])
        took.append(time.perf_counter() - began)
        assert len(found) == 10, len(found)  # noqa: S101, PLR2004 - each was seen ten times
    began = time.perf_counter()
    anchors, _ = gathered(Path("/nonexistent"), SIGNER.public, ())
    report = await verify(at.database.reads, SIGNER.public, anchors)
    assert not report.breaks, report.breaks[:3]  # noqa: S101 - else the time says nothing
    return {
        "entries": report.end.place,
        "filled_in_seconds": round(filled, 1),
        "who_saw_ms": round(statistics.median(took) * 1000, 2),
        "verified_in_seconds": round(time.perf_counter() - began, 1),
    }


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['database']} (load {result['load']:.1f})")
    print(f"{'CPU, ms a use case':24}{'rows only':>12}{'chain':>12}{'chain / rows':>14}")
    for one in result["use_cases"]:
        print(f"{one['use_case']:24}{one['cpu_ms']['plain']:>12}{one['cpu_ms']['chain']:>12}{one['of']:>14.0%}")
    found = result["finding"]
    print(f"who saw one reporter, of {found['entries']:,} entries: {found['who_saw_ms']} ms", end="; ")
    print(f"all verified in {found['verified_in_seconds']} s")
