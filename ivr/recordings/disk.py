"""The disk that recordings go to: an alarm long before it is full, with the hours that are left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

GB = 1_000_000_000
#: The alarm ends only at so many times the limit, so that it does not come and go.
_CLEAR = 1.2
#: The rate is taken over the last hour.
_WINDOW_SECONDS = 3600.0
#: Before this the rate is noise.
_LEAST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Space:
    """A file system's bytes."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Free space below which the alarm is raised: gigabytes (10⁹ bytes) or share of the whole, whichever is more."""

    free_gb: float
    free_share: float

    def floor(self, total: int) -> float:
        """The limit in bytes."""
        return max(self.free_gb * GB, self.free_share * total)


def is_low(space: Space, limits: Limits, *, was_low: bool) -> bool:
    """Whether the alarm stands; once raised it stays until there is a fifth more than the limit."""
    return space.free < limits.floor(space.total) * (_CLEAR if was_low else 1.0)


def hours_left(free: int, bytes_per_hour: float) -> float | None:
    """For how many hours the free bytes last at this rate; None when nothing is being used up."""
    return free / bytes_per_hour if bytes_per_hour > 0 else None


class DiskWatch:
    """Looks at the disk, raises the alarm once and says when it is over.

    ``alarm`` gets a code and a text: ``recordings.disk-low`` and ``recordings.disk-ok``.
    """

    def __init__(self, limits: Limits, alarm: Callable[[str, str], None]) -> None:
        self._limits = limits
        self._alarm = alarm
        self._seen: deque[tuple[float, int]] = deque()
        self.low = False
        self.hours: float | None = None

    def look(self, space: Space, at: float) -> None:
        """Take one measurement, ``at`` seconds on a monotonic clock."""
        self._seen.append((at, space.free))
        while at - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        first_at, first_free = self._seen[0]
        passed = at - first_at
        rate = (first_free - space.free) / passed * 3600 if passed >= _LEAST_SECONDS else 0.0
        self.hours = hours_left(space.free, rate)
        was_low, self.low = self.low, is_low(space, self._limits, was_low=self.low)
        if self.low and not was_low:
            lasts = f"，按目前的用量约可录 {self.hours:.0f} 小时" if self.hours is not None else ""
            self._alarm("recordings.disk-low", f"录音磁盘只剩 {space.free / GB:.1f} GB{lasts}")
        elif was_low and not self.low:
            self._alarm("recordings.disk-ok", f"录音磁盘空间已恢复，剩余 {space.free / GB:.1f} GB")
