"""Sealing content at rest: a key for each matter, wrapped by a key that is not in the database (R25.1)."""

from __future__ import annotations

from common.vault.destroyed import DestroyedKeys
from common.vault.errors import KeyDestroyedError, KeyMissingError, TamperedError, VaultError
from common.vault.holders import EnvironmentKeys, FileKeys, KeyHolder
from common.vault.sealing import Algorithm, DataKey, is_sealed
from common.vault.vault import IndexKey, Vault, WrappedKey

__all__ = [
    "Algorithm",
    "DataKey",
    "DestroyedKeys",
    "EnvironmentKeys",
    "FileKeys",
    "IndexKey",
    "KeyDestroyedError",
    "KeyHolder",
    "KeyMissingError",
    "TamperedError",
    "Vault",
    "VaultError",
    "WrappedKey",
    "is_sealed",
]
