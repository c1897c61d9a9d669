"""The settings of sealing in force, sealed recordings verified from the command line, and a scrub that must wait."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from common.vault import Algorithm, EnvironmentKeys, FileKeys
from hotline.__main__ import main
from hotline.sealing_keys import vault_of
from hotline.settings import Settings, SettingsError
from tests.books import books, call, url
from tests.sealing_kit import house
from tests.vault_kit import key_text

pytestmark = pytest.mark.covers("R25.1")


def test_the_vault_is_as_the_settings_say(tmp_path: Path) -> None:
    """A file for the owner alone at the first start, the same at the next; or the environment; either algorithm."""
    settings = Settings(data_dir=tmp_path)
    first = vault_of(settings)
    assert isinstance(first.holder, FileKeys)
    assert first.algorithm is Algorithm.AES_256_GCM
    assert first.holder.current() == vault_of(settings).holder.current()
    assert first.index.blind("13854301001") == vault_of(settings).index.blind("13854301001")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"vault.key", "index.key"} <= modes.keys()
    other = Settings(data_dir=tmp_path, vault_keys=SecretStr(key_text("env")), seal_algorithm="sm4-gcm")
    assert isinstance(vault_of(other).holder, EnvironmentKeys)
    assert vault_of(other).algorithm is Algorithm.SM4_GCM
    assert key_text("env") not in repr(other)


def test_a_key_that_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    """Readable by others, or no key: refused in one line that says what to do and shows nothing of it."""
    settings = Settings(data_dir=tmp_path)
    vault_of(settings)
    (tmp_path / "secrets" / "vault.key").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        vault_of(settings)
    (tmp_path / "secrets" / "vault.key").chmod(0o600)
    (tmp_path / "secrets" / "vault.key").write_text("k1 not-a-key-of-ours 2026-11-24\n")
    with pytest.raises(SettingsError, match="密钥备份") as said:
        vault_of(settings)
    assert "not-a-key" not in str(said.value)


def test_sealed_recordings_are_verified_with_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the key they are as closed; without it they are said to be sealed, and nothing is claimed of them."""
    pem = Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "manifest.key").write_bytes(pem)
    (tmp_path / "secrets" / "manifest.key").chmod(0o600)

    async def sealed() -> None:
        async with house(url(tmp_path), tmp_path) as here:
            await here.of_call(confidential=True)
            await here.sealed()

    asyncio.run(sealed())
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_VAULT_KEYS", key_text("k1"))
    assert main(["verify-recordings"]) == 0
    assert "1 通来电的录音,0 通有问题" in capsys.readouterr().out
    monkeypatch.setenv("HOTLINE_VAULT_KEYS", key_text("other"))
    assert main(["verify-recordings"]) == 1
    assert capsys.readouterr().out.count("sealed: ") == 2


async def test_a_scrub_waits_for_who_still_reads_the_old(tmp_path: Path) -> None:
    """While somebody reads from before, the log cannot be cut, and that is said; afterwards it is cut to nothing."""
    async with books(tmp_path) as at:
        async with at.database.reads.connect() as reader:
            await reader.execute(sa.text("SELECT count(*) FROM tickets"))
            await at.calls.save(call())
            assert await at.database.scrub(("tickets",)) is False
        assert await at.database.scrub(("tickets",)) is True
        assert (tmp_path / "hotline.db-wal").stat().st_size == 0
