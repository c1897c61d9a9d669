"""A recording's file names carry what closing needs, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.model import Track
from ivr.recordings.names import TrackName, call_folder, call_of_folder
from tests.recordings_kit import CITIZEN

_names = st.builds(
    TrackName,
    st.builds(
        "{}-{}.{}".format,
        st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True),
        st.integers(1_000_000_000, 9_999_999_999),
        st.integers(0, 10**9),
    ),
    st.sampled_from(Track),
    st.one_of(st.just("caller"), st.from_regex(r"[0-9]{1,20}", fullmatch=True)),
    st.integers(1_000_000_000_000, 9_999_999_999_999),
)


@given(_names)
def test_a_name_reads_back_as_it_was_written(name: TrackName) -> None:
    """Live name and closed path both give the track back."""
    assert TrackName.of_live(name.live_name) == name
    assert TrackName.of_path(name.path) == name
    assert call_of_folder(call_folder(name.call_id)) == name.call_id


@pytest.mark.parametrize(
    "stranger",
    [
        "",
        "notes.txt",
        "hotline-1795498660.12_citizen_caller_1795498661000.wav",
        "hotline-1795498660.12_citizen_caller_1795498661000.alaw\n",
        "hotline-1795498660.12_citizen_caller_1795498661000.alaw.bak",
        "hotline-1795498660.12_visitor_caller_1795498661000.alaw",
        "hotline-1795498660.12_agent__1795498661000.alaw",
        "hotline-1795498660.12_agent_80O1_1795498661000.alaw",
        "hotline-1795498660.12_agent_8001_179549866100.alaw",
        "hotline-1795498660.12_agent_8001_1795498661000",
        "1795498660.12_agent_8001_1795498661000.alaw",
        "../hotline-1795498660.12_agent_8001_1795498661000.alaw",
        "hotline-1795498660.12_agent_٨٠٠١_1795498661000.alaw",
        "hotline-1795498660_agent_8001_1795498661000.alaw",
    ],
)
def test_what_is_not_exactly_a_name_is_a_stranger(stranger: str) -> None:
    """Anything else in the live folder is not taken for a recording."""
    assert TrackName.of_live(stranger) is None


def test_a_call_lies_in_the_folder_of_its_civil_day() -> None:
    """23:59:59 in Shanghai is the old day, a second later the new one, whatever the day in UTC."""
    assert call_folder("hotline-1795449599.1") == "2026/11/23/hotline-1795449599.1"
    assert call_folder("hotline-1795449600.1") == "2026/11/24/hotline-1795449600.1"


def test_a_call_over_midnight_stays_in_one_folder() -> None:
    """A track that begins after midnight stands beside those from before."""
    late = TrackName("hotline-1795449599.1", Track.AGENT, "8001", 1795449700000)
    assert late.path == "2026/11/23/hotline-1795449599.1/agent-8001-1795449700000.wav"
    assert late.started_at.isoformat() == "2026-11-23T16:01:40+00:00"


@pytest.mark.parametrize("call_id", ["", "hotline", "../x-1795498660.1", "hotline-1795498660.1/..", "h-99.1"])
def test_a_folder_is_never_made_from_anything_but_a_call_id(call_id: str) -> None:
    """Path tricks in an id are refused."""
    with pytest.raises(ValueError, match="not a call id"):
        call_folder(call_id)


def test_a_path_of_another_day_is_not_the_recordings_path() -> None:
    """The date in a path must be the call's."""
    assert TrackName.of_path(CITIZEN.path.replace("2026/11/24", "2026/11/25")) is None
