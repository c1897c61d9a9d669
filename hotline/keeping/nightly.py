"""Once a night, whatever restarts in between: the day on which something was last done, in a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from common import clock
from common.signed import write_whole


def is_due(file: Path, at: datetime, hour: int) -> bool:
    """Whether it has not been done since this hour of the civil day began; blocks.

    Where nothing is known yet, as after the first start, it is due at the next such hour, not by day at once.

    Raises:
        OSError: the file cannot be read or made.
    """
    day = clock.civil(at)
    tonight = day.date() if day.hour >= hour else day.date() - timedelta(days=1)
    if not file.exists():
        write_whole(file, f"{tonight}\n".encode())
        return False
    return file.read_text(encoding="utf-8", errors="replace").strip() < str(tonight)


def done(file: Path, at: datetime) -> None:
    """It has been done; blocks.

    Raises:
        OSError: that cannot be written.
    """
    write_whole(file, f"{clock.civil(at).date()}\n".encode())
