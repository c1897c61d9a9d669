"""Key-encryption keys are changed while several services read and write: nothing unreadable, nothing in the clear."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from common.roles import Role
from common.vault import DestroyedKeys, EnvironmentKeys, FileKeys, IndexKey, Vault, VaultError
from common.vault.store import data_keys
from hotline.__main__ import main
from hotline.key_rotation import in_use, remove_old, rewrap, unknown_keys
from tests.books import books, url
from tests.city import AGENT, City, city
from tests.cli_kit import as_person
from tests.integration.test_sealing import everything, marks_in, secret_details
from tests.vault_kit import key_text, required
from tickets.errors import SealedTicketError
from tickets.model import Ticket
from tickets.workflow_moves import Move

pytestmark = pytest.mark.covers("R25.1")

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def vault_in(folder: Path) -> Vault:
    """A vault of its own, as each service has one, on the keys in a folder."""
    keys = FileKeys(folder / "vault.key")
    keys.ensure(NOW)
    return Vault(keys, IndexKey(b"made-up index key"), DestroyedKeys(folder / "destroyed-keys"), most=10)


def enough(made: list[Ticket], least: int) -> bool:
    """Whether there are so many."""
    return len(made) >= least


async def test_rotating_while_services_read_and_write(database_url: str, tmp_path: Path) -> None:
    """Two services open, move and read tickets all the while; the key changes three times, old ones are removed."""
    made: list[Ticket] = []
    stop, more = asyncio.Event(), asyncio.Condition()

    async def serve(here: City, name: str) -> None:
        count = 0
        while not stop.is_set() or count < 5:
            count += 1
            ticket = await here.drafted(secret_details(), confidential=True, call_id=f"{name}.{count}")
            made.append(await here.do(ticket, Move.SUBMIT, AGENT))
            async with more:
                more.notify_all()
            for known in made[-5:]:
                found = await here.books.tickets.get(known.id)
                assert found is not None
                assert found.details == known.details
                assert await here.books.tickets.history(known.id)

    async with city(database_url, vault_in(tmp_path)) as one, books(database_url, vault=vault_in(tmp_path)) as two:
        rotating = vault_in(tmp_path)
        assert isinstance(rotating.holder, FileKeys)
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(one, "one"))
            group.create_task(serve(City(two), "two"))
            for turn in range(3):
                before = len(made)
                rotating.holder.add(NOW + timedelta(minutes=turn))
                done = await rewrap(two.database, rotating)
                assert done.failed == 0
                async with asyncio.timeout(60), more:
                    await more.wait_for(partial(enough, made, before + 6))
                await rewrap(two.database, rotating)
            stop.set()
        await rewrap(one.books.database, rotating)
        removed = await remove_old(one.books.database, rotating.holder, NOW + timedelta(days=1))
        assert len(removed) == 3
        assert await in_use(one.books.database) == {rotating.holder.current(): len(made)}
        assert marks_in(await everything(one)) == []
    async with books(database_url, vault=vault_in(tmp_path)) as fresh:
        for ticket in made:
            assert await fresh.tickets.get(ticket.id) == ticket


async def test_an_old_key_stays_until_nothing_needs_it(tmp_path: Path) -> None:
    """While it wraps something, or the new one is younger than an hour, it is not removed; without it nothing opens."""
    async with city(tmp_path, vault_in(tmp_path)) as at:
        ticket = await at.drafted(secret_details(), confidential=True)
        keys = FileKeys(tmp_path / "vault.key")
        old = keys.current()
        keys.add(NOW)
        with pytest.raises(VaultError, match=rf"{old}.*仍在使用"):
            await remove_old(at.books.database, keys, NOW + timedelta(days=1))
        await rewrap(at.books.database, vault_in(tmp_path))
        with pytest.raises(VaultError, match="不足 60 分钟"):
            await remove_old(at.books.database, keys, NOW + timedelta(minutes=59))
        assert await remove_old(at.books.database, keys, NOW + timedelta(minutes=60)) == [old]
        assert await remove_old(at.books.database, keys, NOW + timedelta(minutes=60)) == []
    async with books(tmp_path, vault=vault_in(tmp_path)) as after:
        assert await after.tickets.get(ticket.id) == ticket
    elsewhere = tmp_path / "elsewhere"
    async with books(tmp_path, vault=vault_in(elsewhere)) as lost:
        with pytest.raises(SealedTicketError, match="不在本机"):
            await required(lost.tickets, ticket.id)
        missing = await lost.tickets.read(lambda connection: unknown_keys(connection, lost.tickets.sealing.vault))
        assert missing == {keys.current(): 1}


async def test_a_key_that_is_not_here_is_left_alone_and_said(tmp_path: Path) -> None:
    """Rotating without one of the keys leaves what it wraps as it is, and counts it; with the key it goes on."""
    async with city(tmp_path, vault_in(tmp_path)) as at:
        await at.drafted(secret_details(), confidential=True)
        plain = vault_in(tmp_path)
        other = Vault(EnvironmentKeys(key_text("env")), plain.index, plain.destroyed)
        done = await rewrap(at.books.database, other)
        assert (done.rewrapped, done.failed) == (0, 1)
        assert (await rewrap(at.books.database, plain)).failed == 0


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first key to the second, from a file to the environment, each step in one command with one answer."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    wrapped: list[str] = []

    async def drafted() -> None:
        async with city(url(tmp_path), vault_in(tmp_path / "secrets")) as at:
            await at.drafted(secret_details(), confidential=True)

    async def wraps() -> None:
        async with books(url(tmp_path), vault=vault_in(tmp_path / "secrets")) as at:
            wrapped[:] = [row.key_id for row in await at.tickets.rows(sa.select(data_keys.c.key_id))]

    asyncio.run(drafted())
    as_person(monkeypatch, Role.SECURITY_ADMIN)
    assert main(["rotate-keys"]) == 0
    assert "已用" in capsys.readouterr().out
    assert main(["rotate-keys", "--status"]) == 0
    assert [line.split()[1:] for line in capsys.readouterr().out.splitlines()] == [
        ["包裹着0把数据密钥"],
        ["包裹着1把数据密钥"],
    ]
    assert main(["rotate-keys", "--remove-old"]) == 1
    assert "请稍后再删" in capsys.readouterr().err
    lines = (tmp_path / "secrets" / "vault.key").read_text().splitlines()
    current = lines[-1].split()
    monkeypatch.setenv("HOTLINE_VAULT_KEYS", f"{key_text('env')},{current[0]}:{current[1]}")
    assert main(["rotate-keys"]) == 1
    assert "最前面" in capsys.readouterr().err
    assert main(["rotate-keys", "--rewrap"]) == 0
    asyncio.run(wraps())
    assert wrapped == ["env"]
    monkeypatch.setenv("HOTLINE_VAULT_KEYS", "not-a-key")
    assert main(["rotate-keys", "--status"]) == 2
    said = capsys.readouterr().err
    assert "HOTLINE_VAULT_KEYS" in said
    assert "not-a-key" not in said
