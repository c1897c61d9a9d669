"""Whatever is changed, taken from or put into a call's folder is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.recordings import manifest
from ivr.recordings.closing import close
from ivr.recordings.names import call_folder
from ivr.recordings.verifying import Flaw, Problem, verify
from tests.recordings_kit import AGENT, CALL, CITIZEN, archive, live


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two versions, the second for a late track."""
    ours = archive(tmp_path)
    for name in (CITIZEN, AGENT):
        live(tmp_path / "live", name, seconds=0.05)
        close(tmp_path / "live" / name.live_name, ours)
    return tmp_path / call_folder(CALL)


KEY = archive(Path()).signer.public


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.data())
def test_any_changed_byte_is_found(folder: Path, data: st.DataObject) -> None:
    """One bit of one byte of any file, or one byte more or less at its end."""
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    before = path.read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    flipped = before[:at] + bytes([before[at] ^ 1 << data.draw(st.integers(0, 7))]) + before[at + 1 :]
    for changed in (flipped, before[:-1], before + b" "):
        path.write_bytes(changed)
        problems = verify(folder, KEY)
        path.write_bytes(before)
        assert problems
        assert path.name in {problem.file for problem in problems}
    assert verify(folder, KEY) == []


def test_any_missing_file_is_found(folder: Path) -> None:
    """Audio, the manifest, and the version before it."""
    for path in sorted(folder.iterdir()):
        away = path.rename(folder.parent / "away")
        assert Problem(Flaw.MISSING, path.name) in verify(folder, KEY)
        away.rename(path)
    assert verify(folder, KEY) == []


def test_any_added_file_is_found(folder: Path) -> None:
    """Even one that is named as ours are."""
    for name in ("notes.txt", AGENT.wav_name.replace("8001", "8002"), "manifest-2.json", "manifest-3.tsr"):
        (folder / name).write_bytes(b"x")
        assert verify(folder, KEY) == [Problem(Flaw.ADDED, name)]
        (folder / name).unlink()
    (folder / "more").mkdir()
    assert verify(folder, KEY) == [Problem(Flaw.ADDED, "more")]


def test_a_file_that_calls_itself_a_stamp_is_not_taken_for_one(folder: Path) -> None:
    """Bytes that are no time stamp are reported."""
    (folder / "manifest-2.tsr").write_bytes(b"x")
    assert verify(folder, KEY) == [Problem(Flaw.BAD_STAMP, "manifest-2.tsr")]


def test_signed_by_another_is_found(folder: Path) -> None:
    """A folder made again with another key, or checked with the wrong one."""
    other = Ed25519PrivateKey.generate().public_key()
    assert {problem.flaw for problem in verify(folder, other)} == {Flaw.OTHER_KEY}


def test_an_old_version_put_in_place_of_the_new_is_found(folder: Path) -> None:
    """The late track cannot be made to disappear by going back to the first version."""
    shutil.copy(folder / "manifest-1.json", folder / "manifest.json")
    flaws = verify(folder, KEY)
    assert Problem(Flaw.ADDED, AGENT.wav_name) in flaws
    assert Problem(Flaw.ADDED, "manifest-1.json") in flaws


def test_a_folder_put_in_place_of_another_calls_is_found(folder: Path) -> None:
    """The manifest says whose it is."""
    swapped = folder.rename(folder.with_name("hotline-1795498660.13"))
    assert verify(swapped, KEY) == [Problem(Flaw.CHANGED, "manifest.json")]


@given(st.binary(max_size=200))
def test_reading_nonsense_says_so(data: bytes) -> None:
    """No other exception comes out of a damaged manifest."""
    with pytest.raises(manifest.Damaged):
        manifest.parse(data)


_json = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
_keys = ["call_id", "version", "previous", "closed_at", "key_id", "stamp_wanted", "tracks"]


@given(st.sampled_from(_keys), _json)
def test_a_manifest_with_a_field_of_the_wrong_kind_is_damaged(key: str, value: object) -> None:
    """Whatever stands in a field, parsing ends in Damaged or in a manifest that says the same."""
    body = {
        "call_id": CALL,
        "version": 1,
        "previous": "",
        "closed_at": "2026-11-24T06:00:00.000+00:00",
        "key_id": "0",
        "stamp_wanted": False,
        "tracks": [],
        key: value,
    }
    data = manifest._canonical({"manifest": body, "signature": ""})
    try:
        read = manifest.parse(data)
    except manifest.Damaged:
        return
    assert read.body == manifest._canonical(body)
