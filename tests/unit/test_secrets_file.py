"""Secrets are made once, for the owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline.secrets_file import SecretError, secret


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    """The first start makes it, private and long; the next one reads the same, whatever a hand added at its end."""
    path = tmp_path / "secrets" / "api.token"
    made = secret(path)
    assert len(made) >= 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_text(f"  {made}\n\n")
    assert secret(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["api.token"]


def test_two_installations_have_two(tmp_path: Path) -> None:
    """Nothing is the same from one installation to the next."""
    assert secret(tmp_path / "a") != secret(tmp_path / "b")


def test_two_who_start_at_once_share_one(tmp_path: Path) -> None:
    """Ten that make it in the same moment all get the one that stands there after."""
    with ThreadPoolExecutor(10) as threads:
        made = set(threads.map(secret, [tmp_path / "token"] * 10))
    assert made == {secret(tmp_path / "token")}


def test_an_unusable_secret_is_said_so(tmp_path: Path) -> None:
    """An empty file and a folder in its place are refused with what to do, instead of running without a secret."""
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SecretError, match="is empty; remove it"):
        secret(tmp_path / "empty")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SecretError, match="cannot be used"):
        secret(tmp_path / "folder")
