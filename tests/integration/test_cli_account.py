"""``hotline account``: the first administrators, from the machine itself, with no password on the command line."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
import sqlalchemy as sa

from access.door import Found
from access.errors import WrongError
from access.store import AccessStore
from access.visit import Visit
from hotline.__main__ import main
from hotline.audit import AuditStore, audit
from hotline.database import opened
from hotline.group_commit import GroupCommit
from hotline.sealing_keys import vault_of
from hotline.settings import load
from hotline.sign_in import access_of
from tickets.store import TicketStore

SETTINGS = {"HOTLINE_PASSWORD_HASH_MIB": "19", "HOTLINE_PASSWORD_HASH_PASSES": "2"}
TYPED = "typed by the operator"


@pytest.fixture
def house(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def sign_in(login: str, password: str) -> Found:
    """Sign in on the installation's own books."""

    async def ask() -> Found:
        settings = load()
        async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
            store = AccessStore(database.reads, ledger)
            tickets = TicketStore(database.reads, ledger, vault_of(settings))
            access = access_of(settings, store, tickets, AuditStore(ledger))
            try:
                return await access.signing.open(login, password, Visit("127.0.0.1"))
            finally:
                access.close()

    return asyncio.run(ask())


def audited() -> list[tuple[str, str]]:
    """The audit so far: who and what."""

    async def read() -> list[tuple[str, str]]:
        async with opened(load().database) as database, database.reads.connect() as connection:
            rows = await connection.execute(sa.select(audit.c.who, audit.c.action).order_by(audit.c.id))
            return [(row.who, row.action) for row in rows]

    return asyncio.run(read())


@pytest.mark.covers("R12.3")
def test_the_first_administrators_are_made_at_the_machine(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of each at once; a second one waits for a second person; all of it in the audit, as done at the console."""
    assert house.exists()
    assert main(["account", "add", "sys1", "--name", "系统员", "--role", "system_admin"]) == 0
    first = capsys.readouterr().out.split("：")[-1].split(":")[-1].strip()
    found = sign_in("sys1", first.splitlines()[0])
    assert (found.account.login, sorted(found.roles), found.stage) == ("sys1", ["system_admin"], "change_password")
    assert main(["account", "add", "sec1", "--name", "安全员", "--role", "security_admin"]) == 0
    assert "已授予安全管理员" in capsys.readouterr().out
    assert main(["account", "add", "sec2", "--name", "安全员乙", "--role", "security_admin"]) == 0
    assert "待安全管理员或一级机构负责人登录后确认" in capsys.readouterr().out
    assert main(["account", "grant", "sec1", "agent", "兼任"]) == 1
    assert "不得兼有" in capsys.readouterr().err
    assert main(["account", "list"]) == 0
    shown = capsys.readouterr().out
    assert "sec2  安全员乙  12345  无身份" in shown
    said = audited()
    assert ("grant.proposed" in [action for _, action in said]) is True
    assert all(who.endswith("@console") for who, action in said if action != "session.opened")


def test_a_password_comes_from_standard_input_alone(
    house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of a pipe is taken and not repeated; a weak one makes no account."""
    assert house.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n"))
    assert main(["account", "add", "wang", "--name", "王五", "--password"]) == 1
    assert "至少 12" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TYPED}\n"))
    assert main(["account", "add", "wang", "--name", "王五", "--password", "--role", "agent"]) == 0
    assert TYPED not in capsys.readouterr().out
    assert sign_in("wang", TYPED).stage == "change_password"


def test_an_account_is_blocked_opened_and_given_another_password(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What administrators do in the interface can be done here when none of them gets in."""
    assert house.exists()
    main(["account", "add", "wang", "--name", "王五", "--role", "agent"])
    password = capsys.readouterr().out.split("更改):")[1].split()[0]
    sign_in("wang", password)
    assert main(["account", "block", "wang", "停职"]) == 0
    with pytest.raises(WrongError):
        sign_in("wang", password)
    assert main(["account", "unblock", "wang", "复职"]) == 0
    assert main(["account", "unlock", "wang"]) == 0
    assert main(["account", "drop-second-factor", "wang", "手机丢失"]) == 0
    capsys.readouterr()
    assert main(["account", "reset-password", "wang"]) == 0
    fresh = capsys.readouterr().out.split("更改):")[1].split()[0]
    with pytest.raises(WrongError):
        sign_in("wang", password)
    assert sorted(sign_in("wang", fresh).roles) == ["agent"]
    assert main(["account", "revoke", "wang", "agent", "调离"]) == 0
    assert main(["account", "revoke", "wang", "agent", "调离"]) == 1
    assert sorted(sign_in("wang", fresh).roles) == []


@pytest.mark.parametrize(
    "asked",
    [
        ["block", "nobody", "原因"],
        ["add", "wang", "--name", "王五", "--unit", "没有这个单位"],
        ["grant", "nobody", "agent", "原因"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    house: Path, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No such account, no such unit: status 1 and the reason, in Chinese."""
    assert house.exists()
    assert main(["account", *asked]) == 1
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert any("一" <= letter <= "鿿" for letter in said)
