"""``secrets/tokens.json``, where tokens stood before people had accounts: read once, by ``hotline token import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from common.api.caller import Scope


class OldTokensError(Exception):
    """The file cannot be used; the message says why."""


class OldToken(BaseModel):
    """One token as it stood there: a digest, and the person for whom it acted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unit: str
    roles: tuple[str, ...]
    person: str
    scopes: frozenset[Scope] = frozenset({Scope.READ})


_FILE = TypeAdapter(tuple[OldToken, ...])


def old_tokens(file: Path) -> tuple[OldToken, ...]:
    """What stands in the file; nothing where there is none.

    Raises:
        OldTokensError: it is there and cannot be read.
    """
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise OldTokensError(f"{file} 不能使用:{error}") from error
