"""Tokens stand for people: the file names them by digest, and one that cannot be used says why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from common.api.caller import Scope
from hotline.tokens import TokensError, tokens

DIGEST = hashlib.sha256(b"of-the-county").hexdigest()
ENTRY = {"name": "county", "sha256": DIGEST, "unit": "滨城区", "roles": ["handler"], "person": "u7"}


def file(folder: Path, *entries: object) -> Path:
    """A token file."""
    path = folder / "tokens.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_a_token_acts_for_its_person(tmp_path: Path) -> None:
    """An entry reads only, unless it may write; the house's own token may do both, in all roles."""
    found = tokens("own", unit="12345", roles=("agent", "leader"), file=file(tmp_path, ENTRY))
    county = found.caller("of-the-county")
    assert county is not None
    assert (county.unit, county.person, county.roles) == ("滨城区", "u7", ("handler",))
    assert county.scopes == {Scope.READ}
    own = found.caller("own")
    assert own is not None
    assert (own.unit, own.roles) == ("12345", ("agent", "leader"))
    assert own.scopes == {Scope.READ, Scope.WRITE}
    assert found.caller(DIGEST) is None
    assert found.caller("") is None


def test_without_a_file_there_is_the_own_token_alone(tmp_path: Path) -> None:
    """A fresh installation has no file and needs none."""
    assert len(tokens("own", unit="12345", roles=(), file=tmp_path / "none.json").callers) == 1


@pytest.mark.parametrize(
    "changed",
    [{"sha256": "of-the-county"}, {"roles": []}, {"scopes": ["all"]}, {"name": "api.token"}, {"more": 1}, {"unit": ""}],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, changed: dict[str, object]) -> None:
    """A token in clear, no role, unknown rights, a name that is taken: the start is refused, naming the file."""
    with pytest.raises(TokensError, match=r"tokens\.json"):
        tokens("own", unit="12345", roles=(), file=file(tmp_path, {**ENTRY, **changed}))


def test_one_name_stands_once(tmp_path: Path) -> None:
    """Two entries of one name would share their idempotency keys and their place in the audit."""
    with pytest.raises(TokensError, match="twice"):
        tokens("own", unit="12345", roles=(), file=file(tmp_path, ENTRY, {**ENTRY, "sha256": "0" * 64}))
