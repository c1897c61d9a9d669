"""Secrets that the installation makes for itself at its first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class SecretError(Exception):
    """A secret's file cannot be used; the message says why and what to do."""


def secret(path: Path) -> str:
    """The secret that stands in ``path``; made there if there is none, readable by the owner alone.

    43 characters, 256 bits of chance. Of two processes that start at once, both get the same one.

    Raises:
        SecretError: the file is empty, or cannot be read or made.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _place(path, secrets.token_urlsafe(32))
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise SecretError(f"{path} cannot be used as a secret: {error}") from error
    if not text:
        raise SecretError(f"{path} is empty; remove it, and the next start makes a new one")
    return text


def _place(path: Path, text: str) -> None:
    # Written aside and linked: nobody ever sees half a secret, and the first of two processes wins.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
