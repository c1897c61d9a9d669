"""What processes cost: CPU seconds and resident memory, from the kernel's own accounts."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds spent so far and resident bytes now."""

    cpu: float
    memory: int


def cost(pid: int) -> Cost:
    """The account of one process and its threads.

    Raises:
        psutil.NoSuchProcess: it is gone.
    """
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Cost(times.user + times.system, process.memory_info().rss)
