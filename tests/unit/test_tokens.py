"""The installation's own token lets the machine itself in, and nobody into accounts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from common.api.caller import Scope
from hotline.old_tokens import OldTokensError, old_tokens
from hotline.tokens import tokens

ENTRY = '{"name": "county", "sha256": "%s", "unit": "滨城区", "roles": ["handler"], "person": "u7"}'
DIGEST = hashlib.sha256(b"of-the-county").hexdigest()


def test_the_own_token_reads_and_writes() -> None:
    """In the roles it is given, at level 1; accounts and rights are for people who have signed in."""
    known = tokens("own", unit="12345", roles=("agent", "leader"))
    own = known.caller("own")
    assert own is not None
    assert (own.unit, own.roles, own.account) == ("12345", ("agent", "leader"), "")
    assert own.scopes == {Scope.READ, Scope.WRITE}


@pytest.mark.parametrize("text", ["", "ow", "owns", "OWN", hashlib.sha256(b"own").hexdigest(), "\udcff"])
def test_another_token_is_nobodys(text: str) -> None:
    """Its beginning, its digest, bytes that are no text: none is let in."""
    assert tokens("own", unit="12345", roles=()).caller(text) is None


def test_the_file_of_before_can_be_read(tmp_path: Path) -> None:
    """What stood there is found once more, to be moved; where there is no file there is nothing."""
    file = tmp_path / "tokens.json"
    assert old_tokens(file) == ()
    file.write_text(f"[{ENTRY % DIGEST}]", encoding="utf-8")
    (found,) = old_tokens(file)
    assert (found.name, found.person, found.sha256) == ("county", "u7", DIGEST)
    assert found.scopes == {Scope.READ}


@pytest.mark.parametrize("text", ["", "{}", "[1]", f"[{ENTRY % 'of-the-county'}]"])
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str) -> None:
    """Spoilt, or with a token in clear: named, and nothing of it is taken."""
    file = tmp_path / "tokens.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OldTokensError, match=r"tokens\.json"):
        old_tokens(file)
