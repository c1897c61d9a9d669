"""The signing key is made once and kept from others."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.signing import KEY_FILE, PUBLIC_FILE, KeyUnusable, Signer, is_signed, load_public


def test_the_key_is_made_at_the_first_start_and_stays(tmp_path: Path) -> None:
    """The second start signs with the first one's key; only the owner may read it; the public half stands beside."""
    first = Signer.in_folder(tmp_path / "secrets")
    second = Signer.in_folder(tmp_path / "secrets")
    assert first.key_id == second.key_id
    assert (tmp_path / "secrets" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    public = load_public(tmp_path / "secrets" / PUBLIC_FILE)
    assert is_signed(b"body", second.sign(b"body"), public)
    assert not is_signed(b"bodY", second.sign(b"body"), public)
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == [KEY_FILE, PUBLIC_FILE]


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    """The start stops with what to do."""
    Signer.in_folder(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        Signer.in_folder(tmp_path)


def test_a_file_that_is_no_key_is_said_to_be_none(tmp_path: Path) -> None:
    """Neither half is replaced silently."""
    (tmp_path / KEY_FILE).write_bytes(b"nonsense")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(KeyUnusable, match="not a key"):
        Signer.in_folder(tmp_path)
    (tmp_path / PUBLIC_FILE).write_bytes(b"nonsense")
    with pytest.raises(KeyUnusable, match="not a public key"):
        load_public(tmp_path / PUBLIC_FILE)


def test_a_lost_public_half_is_written_again(tmp_path: Path) -> None:
    """It follows from the private one."""
    signer = Signer.in_folder(tmp_path)
    (tmp_path / PUBLIC_FILE).unlink()
    Signer.in_folder(tmp_path)
    assert load_public(tmp_path / PUBLIC_FILE) == signer.public
