"""Calls: the product beside a plain Asterisk dialplan that does the same media, in one run on one machine.

Both answer, record and greet each call; the product screens it, books it and opens what follows besides. The figures to
look at are the ratios: absolute ones are this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.load import Load
from bench.processes import cost
from simnet.asterisk import Asterisk
from simnet.network import Network
from simnet.ports import Ports
from simnet.product import Product

HOST = "127.0.0.1"
_PLAIN = Path(__file__).parent / "conf" / "plain"
#: A rate holds when so many of its calls succeed whole …
_SUCCESS = 0.999
#: … and are set up within this, so that a caller hears ringing end at once.
_P95_MS = 100.0
_STEPS = (20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 240, 280, 320)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes calls; ``pids`` by name are what they cost."""

    name: str
    port: int
    pids: Callable[[], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One load on one target, with CPU milliseconds per call by process."""

    target: str
    load: Load
    cpu_ms: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether the target carries this rate."""
        return self.load.shed == 0 and self.load.success >= _SUCCESS and self.load.percentile(0.95) <= _P95_MS

    def row(self) -> dict[str, object]:
        """The figures as they are printed and kept."""
        figures = self.load
        return {
            "target": self.target,
            "rate": figures.rate,
            "calls": figures.calls,
            "answered": figures.answered,
            "shed": figures.shed,
            "failed": figures.failed,
            "p50_ms": round(figures.percentile(0.5), 1),
            "p95_ms": round(figures.percentile(0.95), 1),
            "p99_ms": round(figures.percentile(0.99), 1),
            **{f"{name}_cpu_ms_per_call": round(spent, 2) for name, spent in self.cpu_ms.items()},
        }


async def measure(
    target: Target, rate: float, seconds: float, *, hold: float = 3.0, audio: Path | None = None
) -> Measured:
    """A load on a target, and what it cost."""
    before = {name: cost(pid) for name, pid in target.pids().items()}
    figures = await load.run(HOST, target.port, rate=rate, calls=int(rate * seconds), hold_seconds=hold, audio=audio)
    await asyncio.sleep(3)  # what follows a call (closing its recording) is part of its cost
    after = {name: cost(pid) for name, pid in target.pids().items()}
    spent = {
        name: (after[name].cpu - before[name].cpu) * 1000 / max(figures.calls, 1) for name in before if name in after
    }
    measured = Measured(target.name, figures, spent)
    print(json.dumps(measured.row()), flush=True)
    return measured


async def ceiling(target: Target, seconds: float) -> Measured | None:
    """The highest of our steps that the target holds, or None where it holds none."""
    best: Measured | None = None
    for rate in _STEPS:
        measured = await measure(target, rate, seconds)
        if not measured.holds:
            break
        best = measured
    return best


@asynccontextmanager
async def plain(sounds: Path) -> AsyncIterator[Target]:
    """A plain Asterisk with a dialplan of four lines."""
    ports = Ports()
    asterisk = Asterisk("plain", _PLAIN)
    more = ["res_pjsip_nat.so", "codec_ulaw.so", "codec_a_mu.so"]
    facts = {"sip_port": ports.single(0), "rtp_start": ports.rtp_start, "rtp_end": ports.rtp_end}
    await asterisk.start({**facts, "sounds": str(sounds), "more_modules": more})
    try:
        # Events to a manager session are work that a plain dialplan does not have.
        await asterisk.ami.close()
        yield Target("plain", ports.single(0), lambda: {"asterisk": asterisk.pid})
    finally:
        await asterisk.stop()
        ports.release()


@asynccontextmanager
async def product(home: Path) -> AsyncIterator[tuple[Product, Target]]:
    """The product, with nothing in its way but its own work."""
    limits = {"MAX_CALLS_PER_SECOND": 100000, "MAX_CALLS": 5000, "REFUSAL_JUMP_CALLS": 100000}
    running = Product(Network(), home, limits)
    await running.start()

    def pids() -> dict[str, int]:
        found = {name: running.pid(name) for name in ("asterisk", "service")}
        return {name: pid for name, pid in found.items() if pid is not None}

    try:
        yield running, Target("product", running.sip_port, pids)
    finally:
        await running.stop()


async def run(arguments: argparse.Namespace) -> dict[str, object]:
    """The whole comparison; the report as it is kept."""
    quick: bool = arguments.quick
    step_seconds, floor_seconds, many = (5, 20, 1000) if quick else (15, 300, 10_000)
    report: dict[str, object] = {"quick": quick}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with product(Path(folder)) as (running, target):
            sounds = running.data / "sounds" / "zh"
            async with plain(sounds) as other:
                print("— floor: 20 calls a second, plain and product", flush=True)
                base = await measure(other, 20, floor_seconds / 5)
                floor = await measure(target, 20, floor_seconds)
                report["floor"] = {
                    "plain": base.row(),
                    "product": floor.row(),
                    "holds": floor.holds,
                    "p95_over_plain_ms": round(floor.load.percentile(0.95) - base.load.percentile(0.95), 1),
                }
                print("— ceiling of the plain dialplan, then of the product", flush=True)
                top_plain = await ceiling(other, step_seconds)
                top = await ceiling(target, step_seconds)
                report["ceiling"] = _ceiling(top_plain, top)
            print("— overload: 150 % of the product's ceiling", flush=True)
            report["overload"] = await _overload(running, target, top.load.rate if top else 20, step_seconds)
            print(f"— memory over {many} calls", flush=True)
            report["memory"] = await _memory(running, target, many)
            print("— calls held at once, with recording", flush=True)
            report["held"] = await _held(running, target, quick=quick)
    return report


def _ceiling(plain_top: Measured | None, top: Measured | None) -> dict[str, object]:
    if plain_top is None or top is None:
        return {"holds_nothing": True}
    return {
        "plain": plain_top.row(),
        "product": top.row(),
        "ratio": round(top.load.rate / plain_top.load.rate, 2),
        "python_cpu_ms_per_call": round(top.cpu_ms.get("service", 0.0), 2),
    }


async def _overload(running: Product, target: Target, top: float, seconds: float) -> dict[str, object]:
    """The limit set to what the product holds: the surplus gets 503 at once and is counted, the rest stay well."""
    await running.asterisk(f"dialplan set global HOTLINE_RATE {int(top)}")
    before = _counted_shed(running)
    measured = await measure(target, top * 1.5, seconds)
    await asyncio.sleep(3)  # the count is written with the heartbeat
    counted = _counted_shed(running) - before
    await running.asterisk("dialplan set global HOTLINE_RATE 100000")
    return {
        **measured.row(),
        "limit": int(top),
        "counted_by_product": counted,
        "counted_exactly": counted == measured.load.shed,
    }


def _counted_shed(running: Product) -> int:
    connection = sqlite3.connect(f"file:{running.data / 'hotline.db'}?mode=ro", uri=True)
    try:
        (found,) = connection.execute("SELECT coalesce(sum(count), 0) FROM refusals WHERE reason = 'shed'").fetchone()
        return int(found)
    finally:
        connection.close()


async def _memory(running: Product, target: Target, calls: int) -> dict[str, object]:
    pid = running.pid("service") or 0
    # The first thousand fill caches and pools; what grows after them is a leak.
    await measure(target, 40, 25)
    before = cost(pid).memory
    await measure(target, 40, calls / 40)
    after = cost(pid).memory
    return {"calls": calls, "before_mb": round(before / 1e6, 1), "after_mb": round(after / 1e6, 1)}


async def _held(running: Product, target: Target, *, quick: bool) -> dict[str, object]:
    """Callers that speak all the time, held for a while; every one of their recordings must be there and whole."""
    audio = running.data / "moh" / "waiting.alaw"
    wanted, hold = (50, 15) if quick else (400, 60)
    measured = await measure(target, 20, wanted / 20, hold=hold, audio=audio)
    connection = sqlite3.connect(f"file:{running.data / 'hotline.db'}?mode=ro", uri=True)
    try:
        (whole,) = connection.execute(
            "SELECT count(*) FROM (SELECT seconds FROM recordings ORDER BY started_at DESC LIMIT ?) WHERE seconds > ?",
            (wanted, hold - 3),
        ).fetchone()
    finally:
        connection.close()
    return {**measured.row(), "at_once": wanted, "hold_seconds": hold, "whole_recordings": whole}
