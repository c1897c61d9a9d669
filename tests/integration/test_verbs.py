"""Every verb of the command line is tried by somebody in every role: the table of rights alone says who may."""

from __future__ import annotations

import asyncio
import importlib
from argparse import Namespace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from access import rights
from access import tables as t
from access.errors import NotFitError
from access.own import put_token
from access.people import Account, ApiToken, Grant
from access.rights import RIGHTS
from access.rows import add
from access.visit import digest_of
from common import clock
from common.api.caller import Scope
from common.ids import new_id
from common.reach import Reach
from common.roles import KEEPERS, NOBODYS, Role
from hotline.__main__ import VERBS, main
from hotline.database import opened
from hotline.secrets_file import secret
from hotline.settings import load
from tests.cli_kit import as_person, token_of

ROLES: Final = [role for role in Role if role not in NOBODYS]
UNITS: Final = ("12345", "住建局")
#: What each verb is called with.
LINES: Final[dict[str, tuple[str, ...]]] = {
    "account": ("account", "list"),
    "alarms": ("alarms",),
    "asterisk": ("asterisk",),
    "backup": ("backup", "x"),
    "calendar": ("calendar", "list"),
    "check": ("check",),
    "deadline": ("deadline", "2026-11-24"),
    "demo": ("demo",),
    "export-tickets": ("export-tickets", "x.csv"),
    "hold": ("hold", "list"),
    "import-tickets": ("import-tickets", "x.csv", "--mapping", "own"),
    "prompts": ("prompts", "build"),
    "rebuild-search": ("rebuild-search",),
    "recompute-deadlines": ("recompute-deadlines",),
    "restore": ("restore", "x"),
    "retention": ("retention",),
    "rotate-keys": ("rotate-keys", "--status"),
    "run": ("run",),
    "screen-call": ("screen-call", "--from", "13854301001"),
    "seed-demo": ("seed-demo",),
    "service": ("service",),
    "token": ("token", "list"),
    "verify-audit": ("verify-audit",),
    "verify-recordings": ("verify-recordings",),
    "who-saw": ("who-saw", "13854301001"),
}


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation of its own, and nobody at a terminal."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.delenv("HOTLINE_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Verbs do nothing but write down who carried them out: whether they may is settled before."""
    asked: list[Any] = []

    def note(args: Namespace) -> int:
        asked.append(args.person)
        return 0

    for verb in VERBS:
        module = importlib.import_module(f"hotline.cli.{verb}")
        monkeypatch.setattr(module, "run", note)
    return asked


def _people() -> dict[tuple[str, Role], str]:
    """A token for each role in two units, all rights of the role in it."""
    now, texts = clock.now(), {}
    accounts, grants, tokens = [], [], []
    # Auditors and administrators have tokens for the command line alone.
    verbs_alone = frozenset(row.id for row in RIGHTS if rights.only_of_verbs(row.id))
    for unit in UNITS:
        for role in ROLES:
            name, text = new_id(), new_id() + new_id()
            texts[unit, role] = text
            accounts.append(Account(name, name, "办理人", unit, "test", now, "test", now))
            grants.append(Grant(new_id(), name, role, clock.civil(now).date(), "test", now))
            kept = verbs_alone if role in KEEPERS else None
            told = (new_id(), "cli", digest_of(text), name, frozenset(Scope), "test", now, kept)
            tokens.append(ApiToken(*told, expires_at=now + timedelta(hours=23)))

    def put(connection: Connection) -> None:
        add(connection, t.accounts, *accounts)
        add(connection, t.grants, *grants)
        add(connection, t.api_tokens, *tokens)

    async def write() -> None:
        async with opened(load().database) as database:
            await database.write(put)

    asyncio.run(write())
    return texts


@pytest.mark.covers("R25.2")
def test_every_verb_asks_the_table(done: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own verbs need nobody; each other one is carried out for exactly the roles of its row."""
    verbs = {verb.replace("_", "-") for verb in VERBS}
    assert verbs == set(LINES) == {verb for row in RIGHTS for verb in row.verbs}
    texts = _people()
    for verb, line in LINES.items():
        row = rights.of_verb(verb)
        if row.id == rights.OF_THE_MACHINE:
            assert main(list(line)) == 0, verb
            assert done.pop() is None
            continue
        for (unit, role), text in texts.items():
            monkeypatch.setenv("HOTLINE_TOKEN", text)
            reach = rights.reach([role], row.id, level_one=unit == "12345")
            assert main(list(line)) == (2 if reach is Reach.NONE else 0), (verb, unit, role)
            if reach is not Reach.NONE:
                person = done.pop()
                assert (person.reach, person.caller.unit, person.who.endswith("/cli@console")) == (reach, unit, True)
            assert not done
        monkeypatch.delenv("HOTLINE_TOKEN")
        assert main(list(line)) == 2, verb


def test_without_a_good_token_it_says_how_to_get_one(
    done: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """None, a wrong one, the machine's own: status 2, and what to do; before there is a database too."""
    assert main(["who-saw", "13854301001"]) == 2
    assert "hotline token add" in capsys.readouterr().err
    assert not Path(load().data_dir, "hotline.db").exists()
    monkeypatch.setenv("HOTLINE_TOKEN", "guessed")
    assert main(["who-saw", "13854301001"]) == 2
    capsys.readouterr()
    token_of(Role.LEADER)
    assert main(["who-saw", "13854301001"]) == 2
    assert "没有这个令牌" in capsys.readouterr().err
    monkeypatch.setenv("HOTLINE_TOKEN", secret(load().secrets_dir / "api.token"))
    assert main(["hold", "list"]) == 2
    assert not done


def test_a_token_goes_no_further_than_it_was_made_for(done: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that may only read changes nothing; one for another right is refused; one that was revoked too."""
    read_only = token_of(Role.LEADER, scopes=frozenset({Scope.READ}))
    monkeypatch.setenv("HOTLINE_TOKEN", read_only)
    assert main(["export-tickets", "x.csv"]) == 0
    assert main(["hold", "list"]) == 2
    monkeypatch.setenv("HOTLINE_TOKEN", token_of(Role.LEADER, rights=frozenset({"tickets.read"})))
    assert main(["export-tickets", "x.csv"]) == 2
    as_person(monkeypatch, Role.LEADER)
    assert main(["hold", "list"]) == 0

    async def revoke() -> None:
        async with opened(load().database) as database:
            await database.write(lambda one: one.execute(sa.text("UPDATE accounts SET active = false")))

    asyncio.run(revoke())
    assert main(["hold", "list"]) == 2
    assert len(done) == 2


def test_an_auditors_token_is_for_the_command_line_alone() -> None:
    """For verifying, asking and holding, a day at most; none that opens the interface, none for administrators."""
    token_of(Role.AUDITOR)
    for kept in (frozenset({"audit.read", "tickets.read"}), frozenset[str](), None):
        text = new_id()
        now = clock.now()
        account = Account(text, text, "审计员", "12345", "test", now, "test", now)
        token = ApiToken(new_id(), "cli", digest_of(text), text, frozenset({Scope.READ}), "test", now, kept)

        def put(connection: Connection, account: Account = account, token: ApiToken = token) -> None:
            add(connection, t.accounts, account)
            grant = Grant(new_id(), account.id, Role.AUDITOR, clock.civil(clock.now()).date(), "test", clock.now())
            add(connection, t.grants, grant)
            put_token(connection, token, clock.now())

        async def write() -> None:
            async with opened(load().database) as database:
                await database.write(put)

        with pytest.raises(NotFitError, match="命令行"):
            asyncio.run(write())


def test_a_unit_exports_its_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A head below level 1 is given their unit's tickets: another's, asked for by name, are not."""
    as_person(monkeypatch, Role.PRINCIPAL, unit="住建局")
    assert main(["export-tickets", "x.csv", "--filter", "unit=城管局"]) == 2
    assert "本单位" in capsys.readouterr().err
    assert main(["export-tickets", "x.csv"]) == 0
