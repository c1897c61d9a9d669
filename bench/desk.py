"""The desk's whole audited use cases, and its lists, beside plain SQL in the same run, on both databases.

One ordinary ticket through three levels (``bench.desk_acts``), a hundred of them at once, as the group commit joins
them. Beside it plain SQLAlchemy writes the same rows (``bench.desk_plain``): joined in as few transactions, with the
index of words and without; and in a transaction for each use case, a few tickets one after the other. All take turns
in books of each size (``bench.desk_fill``). PostgreSQL waits for the disk as it does in service.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import itertools
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.desk_acts import NAMES, Clerks
from bench.desk_fill import fill
from bench.desk_lists import measured
from bench.desk_plain import Prepared, Template, prepared, recorded, written
from tests.city import City, city
from tests.postgres import cluster

_DISK = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_AT_ONCE = 100
_ALONE = 5
#: What takes turns: with the index of words or not, and how many tickets one transaction is for.
_PLAIN = {"plain": (True, _AT_ONCE), "plain_without_words": (False, _AT_ONCE), "plain_alone": (True, 1)}
_SIZES = (10_000, 100_000)
_MILLION = 1_000_000
_KINDS = ("sqlite", "postgresql")
_TOP = 40
_TITLES = {
    "desk": "desk",
    "plain": "plain, joined alike",
    "plain_without_words": "plain, joined, no index of words",
    "plain_alone": "plain, each use case a transaction",
}


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all sizes on both databases; gives what was printed, as data."""
    sizes = (1000,) if arguments.quick else (*_SIZES, _MILLION) if arguments.million else _SIZES
    rounds = 2 if arguments.quick else 5
    template = await recorded()
    report: dict[str, Any] = {"use_cases": NAMES, "at_once": _AT_ONCE, "rounds": rounds, "results": []}
    report["statements_per_ticket"] = sum(map(len, prepared(template, [1], "sqlite", words=True)))
    for kind in _KINDS:
        async with _city(kind) as at:
            clerks, copies = Clerks.of(at), itertools.count(1)
            for already, size in itertools.pairwise((0, *sizes)):
                began = time.perf_counter()
                await fill(at.books.database, template, already, size)
                result: dict[str, Any] = {"database": kind, "tickets": size}
                result["filled_in_seconds"] = round(time.perf_counter() - began, 1)
                result["load"] = os.getloadavg()[0]
                result |= await _writing(clerks, template, copies, rounds)
                result["lists"] = await measured(at, size, rounds * 8)
                report["results"].append(result)
                _print(result)
            if arguments.profile:
                await _profiled(clerks, kind)
    return report


@contextlib.asynccontextmanager
async def _city(kind: str) -> AsyncIterator[City]:
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            where: str | Path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        else:
            where = stack.enter_context(cluster(shared_buffers="512MB", max_wal_size="4GB", **_DISK)).url("postgres")
        async with city(where) as at:
            yield at


async def _writing(clerks: Clerks, template: Template, copies: Iterator[int], rounds: int) -> dict[str, Any]:
    """Use cases a second of each, and milliseconds a ticket: medians of the rounds."""
    database = clerks.city.books.database
    dialect = database.reads.dialect.name
    per_ticket: dict[str, list[float]] = {name: [] for name in ("desk", *_PLAIN)}
    cpu: list[float] = []
    for turn in range(rounds + 1):
        began = time.process_time()
        taken = {"desk": await _timed(partial(clerks.carry, _AT_ONCE)) / _AT_ONCE}
        cpu.append((time.process_time() - began) / _AT_ONCE)
        for name, (words, together) in _PLAIN.items():
            count = _AT_ONCE if together > 1 else _ALONE
            acts: list[list[Prepared]] = []
            for _ in range(count // together):
                acts += prepared(template, list(itertools.islice(copies, together)), dialect, words=words)
            taken[name] = await _timed(partial(written, database, acts)) / count
        # The first compiles the statements.
        for name, took in taken.items():
            if turn:
                per_ticket[name].append(took)
    median = {name: statistics.median(took) for name, took in per_ticket.items()}
    return {
        "use_cases_per_second": {name: round(len(NAMES) / took) for name, took in median.items()},
        "ms_per_ticket": {name: round(took * 1000, 2) for name, took in median.items()},
        "fastest_ms_per_ticket": {name: round(min(took) * 1000, 2) for name, took in per_ticket.items()},
        # Less at the mercy of what else the machine does; of PostgreSQL's server it knows nothing.
        "desk_cpu_ms_per_ticket": round(statistics.median(cpu[1:]) * 1000, 2),
        "desk_of": {name: round(median[name] / median["desk"], 3) for name in _PLAIN},
    }


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _profiled(clerks: Clerks, kind: str) -> None:
    """Where the time goes in the thread that writes: on SQLite one of its own, on PostgreSQL the loop's."""
    profile, write = cProfile.Profile(), clerks.city.books.database.write
    await write(lambda _: profile.enable())
    await clerks.carry(2 * _AT_ONCE)
    await write(lambda _: profile.disable())
    print(f"\n{kind}: where the time of {2 * _AT_ONCE} tickets goes")
    pstats.Stats(profile).sort_stats("cumtime").print_stats(_TOP)


def _print(result: dict[str, Any]) -> None:
    speed, cost = result["use_cases_per_second"], result["ms_per_ticket"]
    print(f"\n{result['database']}, {result['tickets']:,} tickets (load {result['load']:.1f})", end="; ")
    print(f"filled by plain inserts in {result['filled_in_seconds']} s")
    print(f"{'':36}{'use cases a second':>20}{'ms a ticket':>13}{'fastest':>9}{'desk / this':>13}")
    for name, title in _TITLES.items():
        ratio = f"{result['desk_of'][name]:.0%}" if name in _PLAIN else ""
        print(f"{title:36}{speed[name]:>20}{cost[name]:>13}{result['fastest_ms_per_ticket'][name]:>9}{ratio:>13}")
    print(f"CPU of this process, ms a ticket at the desk: {result['desk_cpu_ms_per_ticket']}")
    print(f"{'milliseconds, p50 / p95':26}{'desk':>20}{'plain SQL':>20}")
    for row in result["lists"]:
        desk, plain = (f"{row[one]['p50']:.1f} / {row[one]['p95']:.1f}" for one in ("desk_ms", "plain_ms"))
        print(f"{row['list']:26}{desk:>20}{plain:>20}")
