"""Books and disk of a day are held against each other, and each difference is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ivr.model import RecordingState
from ivr.recordings.closing import Archive, close
from ivr.recordings.names import call_folder
from ivr.recordings.reconcile import compare, on_disk
from tests.recordings_kit import AGENT, CALL, CITIZEN, archive, live

DAY = date(2026, 11, 24)


@pytest.fixture
def ours(tmp_path: Path) -> Archive:
    """An archive with a call of two tracks."""
    made = archive(tmp_path)
    live(tmp_path / "live", CITIZEN, seconds=0.05)
    live(tmp_path / "live", AGENT, seconds=0)
    for name in (CITIZEN, AGENT):
        close(tmp_path / "live" / name.live_name, made)
    return made


def test_rows_are_made_again_from_manifest_and_name(ours: Archive) -> None:
    """Everything the row said is in the archive: books that were lost are written from it."""
    found = on_disk(ours.root, DAY, ours.signer.public)
    difference = compare([], found)
    again = {row.id: row for row in difference.again}
    assert set(again) == {CITIZEN.id, AGENT.id}
    assert again[CITIZEN.id].started_at == CITIZEN.started_at
    assert again[CITIZEN.id].seconds == 0.05
    assert again[AGENT.id].state is RecordingState.EMPTY
    settled = compare(difference.again, found)
    assert (settled.again, settled.missing, settled.contradicted) == ((), (), ())


def test_a_row_whose_file_is_gone_is_missing_until_it_is_back(ours: Archive) -> None:
    """It is found once; when the file is back the row is put right."""
    rows = compare([], on_disk(ours.root, DAY, ours.signer.public)).again
    away = (ours.root / CITIZEN.path).rename(ours.root / "away")
    gone = on_disk(ours.root, DAY, ours.signer.public)
    [missing] = compare(rows, gone).missing
    assert (missing.id, missing.state) == (CITIZEN.id, RecordingState.MISSING)
    after = [missing if row.id == missing.id else row for row in rows]
    assert compare(after, gone).missing == ()
    away.rename(ours.root / CITIZEN.path)
    assert [row.state for row in compare(after, on_disk(ours.root, DAY, ours.signer.public)).again] == ["closed"]


def test_a_whole_folder_that_is_gone_is_missing(ours: Archive) -> None:
    """Without a manifest the row alone says that there was a recording."""
    rows = compare([], on_disk(ours.root, DAY, ours.signer.public)).again
    (ours.root / call_folder(CALL)).rename(ours.root / "away")
    missing = compare(rows, on_disk(ours.root, DAY, ours.signer.public)).missing
    assert [row.id for row in missing] == [CITIZEN.id]


def test_a_row_that_contradicts_the_manifest_is_found(ours: Archive) -> None:
    """Neither is overwritten by the other."""
    rows = [replace(row, sha256="0" * 64) for row in compare([], on_disk(ours.root, DAY, ours.signer.public)).again]
    difference = compare(rows, on_disk(ours.root, DAY, ours.signer.public))
    assert {row.id for row in difference.contradicted} == {CITIZEN.id, AGENT.id}
    assert difference.again == ()


def test_no_row_is_made_from_what_nobody_signed(ours: Archive) -> None:
    """An audio file that no manifest names, and a folder whose manifest was changed, are reported instead."""
    folder = ours.root / call_folder(CALL)
    (folder / AGENT.wav_name.replace("8001", "8003")).write_bytes(b"x")
    found = on_disk(ours.root, DAY, ours.signer.public)
    assert found.unsigned == [f"{call_folder(CALL)}/{AGENT.wav_name.replace('8001', '8003')}"]
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes().replace(b"closed", b"emptyd"))
    found = on_disk(ours.root, DAY, ours.signer.public)
    assert found.damaged == [call_folder(CALL)]
    assert compare([], found).again == ()


def test_rows_of_another_day_are_passed_over(ours: Archive) -> None:
    """A query that brings more than the day does no harm."""
    rows = compare([], on_disk(ours.root, DAY, ours.signer.public)).again
    empty = on_disk(ours.root, date(2026, 11, 23), ours.signer.public)
    assert compare(rows, empty).missing == ()
