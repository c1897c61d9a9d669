"""A vault for tests: keys of its own, nothing on the disk but the list of destroyed keys once there is one."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from pathlib import Path

from common.vault import Algorithm, DestroyedKeys, EnvironmentKeys, IndexKey, Vault
from tickets.model import Ticket
from tickets.store import TicketStore


def key_text(name: str) -> str:
    """A made-up key as the environment would have it."""
    return f"{name}:{base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()}"


def vault_for_tests(folder: Path | None = None, algorithm: Algorithm = Algorithm.AES_256_GCM) -> Vault:
    """A vault whose key is the same in every process; destroyed keys are noted in ``folder`` (a fresh one if None)."""
    place = folder or Path(tempfile.gettempdir()) / f"hotline-vault-{id(object())}-{tempfile.gettempprefix()}"
    destroyed = DestroyedKeys(place / "destroyed-keys")
    return Vault(EnvironmentKeys(key_text("k1")), IndexKey(b"made-up index key"), destroyed, algorithm=algorithm)


async def required(store: TicketStore, name: str) -> Ticket:
    """A ticket by its id or number, for somebody who may see it.

    Raises:
        SealedTicketError: it cannot be opened.
    """
    ticket = await store.get(name) or await store.by_number(name)
    assert ticket is not None
    await store.require(ticket)
    return ticket
