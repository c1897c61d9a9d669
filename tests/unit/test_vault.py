"""Sealing, and who holds the keys."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.vault import (
    Algorithm,
    DataKey,
    DestroyedKeys,
    EnvironmentKeys,
    FileKeys,
    IndexKey,
    KeyDestroyedError,
    KeyMissingError,
    TamperedError,
    Vault,
    VaultError,
    WrappedKey,
    is_sealed,
)
from common.vault.files import PIECE, key_of_file, seal_file, unsealed, wipe
from common.vault.sealing import Sm4Gcm, subject_of
from common.vault.vault import plain_number
from tests.vault_kit import key_text, vault_for_tests

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
BOTH = pytest.mark.parametrize("algorithm", list(Algorithm))
WORDS = "举报某局长收受礼金"


@pytest.mark.covers("R25.1")
def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    """The test vector of RFC 8998, appendix A.1, comes out; and OpenSSL of the pinned wheels has the cipher."""
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    bound = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD") + bytes.fromhex(
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    expected = bytes.fromhex("17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735") + bytes.fromhex(
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, bound) == expected
    assert Sm4Gcm(key).decrypt(nonce, expected, bound) == plain


def test_aes_gcm_is_that_of_the_standard() -> None:
    """Test case 16 of the GCM specification (AES-256, with associated data) comes out."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = AESGCM(key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, bound)
    assert sealed[-16:].hex() == "76fc6ece0f4e1768cddf8853bb2d551b"


@BOTH
def test_what_is_sealed_opens_where_it_was_sealed(algorithm: Algorithm) -> None:
    """Text comes back as it was; sealed, it says how and by whose key, never twice the same, and nothing else."""
    key = DataKey.fresh("ticket-1")
    sealed = key.seal(WORDS, "steps|told|1", algorithm)
    assert key.unseal(sealed, "steps|told|1") == WORDS
    assert is_sealed(sealed)
    assert subject_of(sealed) == "ticket-1"
    assert sealed != key.seal(WORDS, "steps|told|1", algorithm)
    body = base64.urlsafe_b64decode(sealed.rpartition(":")[2])
    assert WORDS.encode() not in body


@BOTH
def test_nothing_opens_elsewhere_or_changed(algorithm: Algorithm) -> None:
    """Moved to another place, under another key, with any byte changed, or cut short: it is refused as tampered."""
    key = DataKey.fresh("ticket-1")
    sealed = key.seal(WORDS, "steps|told|1", algorithm)
    for wrong in (sealed[:-1], sealed[:-4], sealed + "AAAA", sealed.replace("1", "2", 1), "sealed:x", "", "sealed:::"):
        with pytest.raises(TamperedError):
            key.unseal(wrong, "steps|told|1")
    middle = len(sealed) // 2
    other = "A" if sealed[middle] != "A" else "B"
    with pytest.raises(TamperedError):
        key.unseal(sealed[:middle] + other + sealed[middle + 1 :], "steps|told|1")
    with pytest.raises(TamperedError):
        key.unseal(sealed, "steps|told|2")
    with pytest.raises(TamperedError):
        DataKey.fresh("ticket-1").unseal(sealed, "steps|told|1")
    code = {Algorithm.AES_256_GCM: "s", Algorithm.SM4_GCM: "a"}[algorithm]
    with pytest.raises(TamperedError):
        key.unseal(f"sealed:1{code}:{sealed.split(':', 2)[2]}", "steps|told|1")


def test_no_key_is_ever_printed() -> None:
    """Whoever logs a key, a wrapped key or an error shows nothing of it."""
    key = DataKey(("t"), b"k" * 32)
    vault = vault_for_tests()
    _, wrapped = vault.make("t")
    for shown in (repr(key), str(key), repr(wrapped), repr(vault.index), repr(TamperedError("t"))):
        assert "kkkk" not in shown
        assert wrapped.wrapped.hex() not in shown
        assert repr(wrapped.wrapped) not in shown


@BOTH
@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_file_comes_back_as_it_was(algorithm: Algorithm, size: int, tmp_path: Path) -> None:
    """Files of any size, whole pieces too, come back; the sealed one is for its owner alone and names whose it is."""
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    key = DataKey.fresh("t")
    seal_file(key, plain, sealed, "recording|1", algorithm)
    assert b"".join(unsealed(key, sealed, "recording|1")) == plain.read_bytes()
    assert key_of_file(sealed) == "t"
    assert key_of_file(plain) == ""
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600


def test_a_sealed_file_cannot_be_cut_swapped_or_put_together_anew(tmp_path: Path) -> None:
    """Cut at a piece's end, with pieces in another order, changed, or read as another file: refused."""
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(b"a" * PIECE + b"b" * PIECE + b"c")
    key = DataKey.fresh("t")
    seal_file(key, plain, sealed, "here", Algorithm.AES_256_GCM)
    data = sealed.read_bytes()
    head = data.index(b"\n") + 1
    first, second = data[head : head + PIECE + 16], data[head + PIECE + 16 : head + 2 * (PIECE + 16)]
    changed = bytearray(data)
    changed[head + 5] ^= 1
    for wrong in (data[: head + PIECE + 16], data[:head] + second + first + data[head + 2 * (PIECE + 16) :], changed):
        sealed.write_bytes(wrong)
        with pytest.raises(TamperedError):
            b"".join(unsealed(key, sealed, "here"))
    sealed.write_bytes(data)
    with pytest.raises(TamperedError):
        b"".join(unsealed(key, sealed, "there"))


def test_a_wiped_file_is_gone(tmp_path: Path) -> None:
    """It is written over through every name that it has, and removed; once more does nothing."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(WORDS.encode())
    other.hardlink_to(path)
    wipe(path)
    wipe(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(len(WORDS.encode()))


def test_keys_in_a_file_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    """The first start makes one key, 0600; the next finds it; a file that others may read is refused."""
    keys = FileKeys(tmp_path / "vault.key")
    keys.ensure(NOW)
    first = keys.current()
    FileKeys(tmp_path / "vault.key").ensure(NOW)
    assert FileKeys(tmp_path / "vault.key").current() == first
    assert stat.S_IMODE((tmp_path / "vault.key").stat().st_mode) == 0o600
    (tmp_path / "vault.key").chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        FileKeys(tmp_path / "vault.key").current()


def test_a_key_that_another_process_adds_is_seen_without_a_restart(tmp_path: Path) -> None:
    """What is added is in force for all at once; the old one opens what it has wrapped until it is removed."""
    mine, theirs = FileKeys(tmp_path / "vault.key"), FileKeys(tmp_path / "vault.key")
    mine.ensure(NOW)
    old = mine.current()
    wrapped = mine.wrap(old, b"data", "t")
    new = theirs.add(NOW)
    assert mine.current() == new
    assert mine.unwrap(old, wrapped, "t") == b"data"
    with pytest.raises(VaultError, match="不能删除"):
        theirs.remove(new)
    theirs.remove(old)
    with pytest.raises(KeyMissingError, match=old):
        mine.unwrap(old, wrapped, "t")


def test_keys_from_the_environment() -> None:
    """The first is in force, the others open; what cannot be read is refused without showing it."""
    keys = EnvironmentKeys(f"{key_text('new')},{key_text('old')}")
    assert keys.current() == "new"
    assert keys.unwrap("old", EnvironmentKeys(key_text("old")).wrap("old", b"x", "t"), "t") == b"x"
    for wrong in ("", "new", "new:c2hvcnQ=", f"{key_text('a')},{key_text('a')}"):
        with pytest.raises(VaultError) as said:
            EnvironmentKeys(wrong)
        assert "c2hvcnQ" not in str(said.value)


def test_a_wrapped_key_opens_for_its_own_matter_alone() -> None:
    """Two rows of data keys cannot be swapped, and a changed one is told."""
    vault = vault_for_tests()
    _, one = vault.make("one")
    with pytest.raises(TamperedError):
        vault.open(WrappedKey("two", one.key_id, one.wrapped))
    with pytest.raises(TamperedError):
        vault.open(WrappedKey("one", one.key_id, one.wrapped[:-1]))
    with pytest.raises(KeyMissingError, match="k9"):
        vault.open(WrappedKey("one", "k9", one.wrapped))


def test_unwrapped_keys_are_kept_a_while_and_not_all() -> None:
    """Of two that fit one stays; ten minutes later none does: the holder is asked again."""
    asked: list[str] = []

    class Counting(EnvironmentKeys):
        def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
            asked.append(context)
            return super().unwrap(key_id, wrapped, context)

    now = [0.0]
    plain = vault_for_tests()
    vault = Vault(Counting(key_text("k1")), plain.index, plain.destroyed, most=1, ticking=lambda: now[0])
    rows = [vault.make(name)[1] for name in ("a", "b")]
    for row in (rows[0], rows[0], rows[1], rows[0]):
        vault.open(row)
    assert asked == ["a", "b", "a"]
    now[0] = 601.0
    vault.open(rows[0])
    assert asked == ["a", "b", "a", "a"]


@pytest.mark.covers("A15")
def test_a_destroyed_key_opens_nothing_again(tmp_path: Path) -> None:
    """Noted beside the keys, it is refused in this process and in any other, though its row is back from a backup."""
    vault = vault_for_tests(tmp_path)
    _, row = vault.make("one")
    vault.open(row)
    DestroyedKeys(tmp_path / "destroyed-keys").add("one", NOW)
    DestroyedKeys(tmp_path / "destroyed-keys").add("one", NOW)
    for other in (vault, vault_for_tests(tmp_path)):
        with pytest.raises(KeyDestroyedError):
            other.open(row)
        with pytest.raises(KeyDestroyedError):
            other.make("one")
    assert DestroyedKeys(tmp_path / "destroyed-keys").all() == ["one"]


@pytest.mark.covers("R25.1")
def test_a_number_is_looked_for_without_being_read() -> None:
    """However it is written the same number has the same blind index, under another key another, and none has none."""
    index = IndexKey(b"one")
    same = {index.blind(text) for text in ("13854301001", "+86 138 5430 1001", "0086-13854301001", "8613854301001")}
    assert len(same) == 1
    assert index.blind("13854301002") not in same
    assert IndexKey(b"two").blind("13854301001") not in same
    assert index.blind("") == index.blind("无") == ""
    assert plain_number("0543-3123456") == "05433123456"
