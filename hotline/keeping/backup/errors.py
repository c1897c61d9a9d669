"""Why a backup was not made or not restored."""

from __future__ import annotations


class BackupError(Exception):
    """It was not done; the message says in Chinese why and what to do."""
