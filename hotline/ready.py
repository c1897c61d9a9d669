"""The sign by which others see that the service takes calls."""

from __future__ import annotations

from pathlib import Path

from hotline.settings import Settings


def ready_file(settings: Settings) -> Path:
    """The file that stands while the service has its line to Asterisk and takes calls; its process id is in it.

    A process that was killed leaves it behind: compare the id.
    """
    return settings.data_dir / "run" / "ready"
