"""What sealing costs: the use cases of a confidential ticket, side by side with the very same unsealed.

A hundred tickets at once are carried from use case to use case (``bench.desk_acts``), as the group commit joins them;
sealed with each algorithm, and with the sealing taken out, in turns, on both databases. And what it costs to read.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from bench.desk_acts import ACTS, NAMES, opened
from common.vault import Algorithm
from tests.city import City, city
from tests.postgres import cluster
from tests.vault_kit import vault_for_tests
from tickets.model import Entry, Ticket
from tickets.store import work
from tickets.store.sealing_work import SealingWork

_DISK = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_AT_ONCE = 100
_READS = ("get", "history")
UNSEALED = "unsealed"
KINDS = (UNSEALED, *(algorithm.value for algorithm in Algorithm))


class _Unsealed(SealingWork):
    """Everything as it is, without its sealing: what the cost is compared with."""

    def require(self, ticket: Ticket, entry: Entry | None = None) -> None:
        """Nothing is required."""

    def row(self, table: Any, row: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
        """As it is."""
        del table, ticket
        return row

    def settle(self, before: Mapping[str, Ticket | None], changed: Any) -> None:
        """Nothing follows."""

    @staticmethod
    def _seals(ticket: Ticket) -> bool:
        del ticket
        return False


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure on both databases; gives what was printed, as data."""
    rounds = 2 if arguments.quick else 9
    report: dict[str, Any] = {"at_once": _AT_ONCE, "rounds": rounds, "results": []}
    for database in ("sqlite", "postgresql"):
        async with _city(database) as at:
            taken: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS}
            serials = itertools.count(1)
            for turn in range(rounds + 1):
                # The order changes, so that none always has the disk's worst moment.
                for kind in KINDS if turn % 2 else KINDS[::-1]:
                    for name, took in (await _carried(at, kind, serials)).items():
                        # The first turn compiles the statements.
                        if turn:
                            taken[kind].setdefault(name, []).append(took)
        result = {"database": database, "ms": _medians(taken)}
        report["results"].append(result)
        _print(result)
    return report


@contextlib.asynccontextmanager
async def _city(database: str) -> AsyncIterator[City]:
    with contextlib.ExitStack() as stack:
        if database == "sqlite":
            where: str | Path = Path(stack.enter_context(TemporaryDirectory(prefix="hotline-bench-")))
        else:
            where = stack.enter_context(cluster(shared_buffers="512MB", max_wal_size="4GB", **_DISK)).url("postgres")
        async with city(where, vault_for_tests()) as at:
            yield at


async def _carried(at: City, kind: str, serials: Iterator[int]) -> dict[str, float]:
    """Seconds a ticket for each use case."""
    took: dict[str, float] = {}
    store = at.books.tickets
    with contextlib.ExitStack() as stack:
        if kind == UNSEALED:
            stack.enter_context(patch.object(work, "SealingWork", _Unsealed))
        else:
            store.sealing.vault.algorithm = Algorithm(kind)
        began = time.perf_counter()
        some = itertools.islice(serials, _AT_ONCE)
        found = await asyncio.gather(*(opened(at, serial, confidential=True) for serial in some))
        took[NAMES[0]] = time.perf_counter() - began
        for name, act in ACTS:
            began = time.perf_counter()
            found = await asyncio.gather(*(act(at, ticket) for ticket in found))
            took[name] = time.perf_counter() - began
        took["all use cases"] = sum(took.values())
        for name in _READS:
            began = time.perf_counter()
            for ticket in found:
                await getattr(store, name)(ticket.id)
            took[name] = time.perf_counter() - began
    return {name: seconds / _AT_ONCE for name, seconds in took.items()}


def _medians(taken: Mapping[str, Mapping[str, list[float]]]) -> dict[str, dict[str, float]]:
    return {
        name: {kind: round(statistics.median(taken[kind][name]) * 1000, 3) for kind in KINDS}
        for name in taken[UNSEALED]
    }


def _print(result: Mapping[str, Any]) -> None:
    print(f"\n{result['database']}: milliseconds a ticket, {_AT_ONCE} at once, medians")
    print(f"{'':18}" + "".join(f"{kind:>14}" for kind in KINDS) + "".join(f"{f'{kind} +':>16}" for kind in KINDS[1:]))
    for name, ms in result["ms"].items():
        more = (f"{ms[kind] / ms[UNSEALED] - 1:+.0%}" for kind in KINDS[1:])
        print(f"{name:18}" + "".join(f"{ms[kind]:>14.3f}" for kind in KINDS) + "".join(f"{one:>16}" for one in more))
