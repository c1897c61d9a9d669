"""The time: civil time is Asia/Shanghai, what is stored is UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CIVIL = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def civil(instant: datetime) -> datetime:
    """An aware instant as a clock on the office's wall shows it.

    Raises:
        ValueError: the instant is naive; a time without its zone says nothing.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; pass an aware datetime")
    return instant.astimezone(CIVIL)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first instant of a civil day and the first after it, in UTC."""
    start = datetime.combine(day, time(), CIVIL)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)
