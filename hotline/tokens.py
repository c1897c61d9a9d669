"""Who may ask over HTTP until people sign in: the installation's own token, and those in ``secrets/tokens.json``.

The file holds digests, never tokens: who reads it can act for nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from common.api.caller import Caller, Scope
from hotline.settings import SettingsError

_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]


class TokensError(SettingsError):
    """``tokens.json`` cannot be used; the message says why and what to do."""


class Entry(BaseModel):
    """One token: for which person it acts, in which unit and roles, and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    sha256: _Digest
    unit: Annotated[str, Field(min_length=1, max_length=80)]
    roles: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], ...], Field(min_length=1)]
    person: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: frozenset[Scope] = frozenset({Scope.READ})


_FILE = TypeAdapter(tuple[Entry, ...])


@dataclass(frozen=True, slots=True)
class Tokens:
    """Finds the caller of a token."""

    callers: tuple[tuple[bytes, Caller], ...]

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None if it is nobody's. Takes the same time for every wrong one."""
        # Digests are of one length, and comparing them takes the same time wherever they differ.
        given = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = None
        for digest, caller in self.callers:
            if hmac.compare_digest(given, digest):
                found = caller
        return found


def tokens(own: str, *, unit: str, roles: Iterable[str], file: Path | None = None) -> Tokens:
    """The installation's ``own`` token, acting for level 1 (``unit``) in all ``roles``, and those in ``file``.

    Raises:
        TokensError: the file is there and cannot be used.
    """
    house = Caller("api.token", unit, "api.token", tuple(roles), frozenset({Scope.READ, Scope.WRITE}))
    entries = _entries(file) if file and file.exists() else ()
    names = [house.name, *(entry.name for entry in entries)]
    if len(set(names)) < len(names):
        raise TokensError(f"{file}: a name stands twice, or is api.token, the installation's own")
    known = [(hashlib.sha256(own.encode()).digest(), house)]
    known += [(bytes.fromhex(entry.sha256), _caller(entry)) for entry in entries]
    return Tokens(tuple(known))


def at_address(caller: Caller, address: str | None) -> Caller:
    """The caller, and where the request came from."""
    return replace(caller, address=address or "")


def _caller(entry: Entry) -> Caller:
    return Caller(entry.name, entry.unit, entry.person, entry.roles, entry.scopes)


def _entries(file: Path) -> tuple[Entry, ...]:
    try:
        return _FILE.validate_json(file.read_bytes())
    except OSError as error:
        raise TokensError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise TokensError(f"{file} cannot be used; docs/api.md shows one that can. " + "; ".join(lines)) from error
