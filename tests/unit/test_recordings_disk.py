"""A full disk is an alarm long before it is a loss."""

from __future__ import annotations

import pytest

from ivr.recordings.disk import GB, DiskWatch, Limits, Space, hours_left, is_low

LIMITS = Limits(free_gb=5.0, free_share=0.05)


@pytest.mark.parametrize(
    ("free_gb", "total_gb", "was_low", "low"),
    [
        (5.1, 50, False, False),
        (4.9, 50, False, True),
        (51, 1000, False, False),
        (49, 1000, False, True),
        (5.9, 50, True, True),
        (6.1, 50, True, False),
    ],
)
def test_the_alarm_stands_below_the_larger_limit(free_gb: float, total_gb: int, was_low: bool, low: bool) -> None:
    """Gigabytes count on a small disk, the share on a large one; it ends a fifth above the limit."""
    assert is_low(Space(int(free_gb * GB), total_gb * GB), LIMITS, was_low=was_low) is low


def test_hours_left() -> None:
    """Free bytes over bytes an hour; nothing is said while nothing is used up."""
    assert hours_left(10 * GB, 2 * GB) == 5.0
    assert hours_left(10 * GB, 0) is None
    assert hours_left(10 * GB, -1) is None


def test_the_alarm_is_raised_once_says_the_hours_and_is_ended_once() -> None:
    """A disk that hovers about the limit does not ring again and again."""
    heard: list[tuple[str, str]] = []
    watch = DiskWatch(LIMITS, lambda code, detail: heard.append((code, detail)))
    for minute, free in enumerate([7.0, 6.0, 5.0, 4.0, 5.5, 4.5, 5.9, 6.5, 6.1]):
        watch.look(Space(int(free * GB), 50 * GB), minute * 60.0)
        if minute == 3:
            # 3 GB in 3 minutes are 60 GB an hour.
            assert watch.hours == pytest.approx(4 / 60)
    assert [code for code, _ in heard] == ["recordings.disk-low", "recordings.disk-ok"]
    assert "4.0 GB" in heard[0][1]
    assert "约可录 0 小时" in heard[0][1]


def test_the_rate_is_that_of_the_last_hour() -> None:
    """A large deletion yesterday does not hide that the disk fills today."""
    watch = DiskWatch(LIMITS, lambda _code, _detail: None)
    watch.look(Space(20 * GB, 100 * GB), 0.0)
    watch.look(Space(80 * GB, 100 * GB), 4000.0)
    assert watch.hours is None
    watch.look(Space(79 * GB, 100 * GB), 5800.0)
    assert watch.hours == pytest.approx(79 / 2)
