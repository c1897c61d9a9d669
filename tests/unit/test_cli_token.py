"""``hotline token`` gives a token that works at once, for an account, and keeps nothing from which it could be told."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from access.door import Door
from access.policy import Policy
from access.store import AccessStore
from common.api.caller import Caller, Scope
from hotline.__main__ import main
from tests.books import books

SETTINGS = {"HOTLINE_PASSWORD_HASH_MIB": "19", "HOTLINE_PASSWORD_HASH_PASSES": "2", "HOTLINE_PASSWORD_HASH_LANES": "1"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_file: Path) -> Path:
    """An installation of its own, with somebody who has an account."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "hotline.db").write_bytes(migrated_file.read_bytes())
    assert main(["account", "add", "wang", "--name", "王五", "--role", "agent"]) == 0
    return tmp_path


def bearer(place: Path, token: str) -> Caller | None:
    """Who is let in with a token."""

    async def ask() -> Caller | None:
        async with books(place) as at:
            return await Door(AccessStore(at.database.reads, at.ledger), Policy()).by_token(token)

    return asyncio.run(ask())


def test_a_new_token_works(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed lets in, in the account's roles, reading only unless more was asked for; and until revoked."""
    capsys.readouterr()
    assert main(["token", "add", "wang", "reader"]) == 0
    reader = capsys.readouterr().out.strip()
    assert main(["token", "add", "WANG", "writer", "--write", "--right", "tickets.read", "--days", "3"]) == 0
    writer = capsys.readouterr().out.strip()
    found, more = bearer(place, reader), bearer(place, writer)
    assert found is not None
    assert more is not None
    assert (found.unit, found.roles, found.rights) == ("12345", ("agent",), None)
    assert found.scopes == {Scope.READ}
    assert found.name == f"{found.account}/reader"
    assert more.scopes == {Scope.READ, Scope.WRITE}
    assert more.rights == frozenset({"tickets.read"})
    assert main(["token", "list"]) == 0
    shown = capsys.readouterr().out
    assert "reader" in shown
    assert reader not in shown
    assert main(["token", "revoke", "wang", "reader"]) == 0
    assert bearer(place, reader) is None
    assert main(["token", "revoke", "wang", "reader"]) == 1


def test_the_token_itself_is_kept_nowhere(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file of the installation holds it."""
    capsys.readouterr()
    main(["token", "add", "wang", "reader"])
    token = capsys.readouterr().out.strip().encode()
    assert len(token) == 43
    assert [file for file in place.rglob("*") if file.is_file() and token in file.read_bytes()] == []


@pytest.mark.parametrize("asked", [("nobody", "reader"), ("wang", "taken"), ("keeper", "reader")])
def test_what_does_not_fit_gives_no_token(
    place: Path, asked: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No such account, a name that is taken, an administrator: refused with the reason, nothing printed."""
    assert place.exists()
    main(["token", "add", "wang", "taken"])
    main(["account", "add", "keeper", "--name", "管理员", "--role", "system_admin"])
    capsys.readouterr()
    assert main(["token", "add", *asked]) == 1
    said = capsys.readouterr()
    assert (said.out, bool(said.err)) == ("", True)


def test_tokens_of_before_are_moved_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those whose person has an account act for it from then on; the rest is named, and the file stays till then."""
    file = place / "secrets" / "tokens.json"
    entries = [
        {
            "name": name,
            "sha256": hashlib.sha256(name.encode()).hexdigest(),
            "unit": "12345",
            "roles": ["leader"],
            "person": person,
            "scopes": ["read"],
        }
        for name, person in (("old-one", "wang"), ("old-two", "zhao"))
    ]
    file.write_text(json.dumps(entries), encoding="utf-8")
    assert main(["token", "import"]) == 1
    assert "zhao" in capsys.readouterr().err
    assert file.exists()
    moved = bearer(place, "old-one")
    assert moved is not None
    # Not the roles that the file gave: those of the account.
    assert (moved.roles, bearer(place, "old-two")) == (("agent",), None)
    assert main(["account", "add", "zhao", "--name", "赵六"]) == 0
    assert main(["token", "import"]) == 0
    assert bearer(place, "old-two") is not None
    assert not file.exists()
    assert main(["token", "import"]) == 0
