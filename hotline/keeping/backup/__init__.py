"""Backup while the service runs, and restoring into an empty place (docs/keeping.md)."""
