"""Fixtures that tests of any kind may ask for."""

from __future__ import annotations

from tests.postgres import database_url, migrated, migrated_file, postgres, shelf

__all__ = ["database_url", "migrated", "migrated_file", "postgres", "shelf"]
