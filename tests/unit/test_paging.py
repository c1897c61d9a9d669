"""Cursors: opaque, exact, and refused when they are not ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.paging import Cursor


@given(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365 * 8000)),
    st.from_regex(r"[a-z0-9.:_市局-][a-z0-9.:_市局 -]{0,79}", fullmatch=True),
)
def test_a_cursor_comes_back_exactly(since: timedelta, name: str) -> None:
    """To the microsecond, or a row would be skipped or shown twice."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + since
    assert Cursor.parse(str(Cursor(at, name))) == Cursor(at, name)


@given(st.text(max_size=60))
def test_anything_else_is_a_value_error(text: str) -> None:
    """Whatever is sent as a cursor is either one of ours or refused, never an error of another kind."""
    try:
        Cursor.parse(text)
    except ValueError:
        return


@pytest.mark.parametrize("text", ["", "x", "OTk5OTk5OTk5OTk5OTk5OTk5IHg", "MSA", "\ud800", "MSB4\n", "一二三"])
def test_known_bad_ones_are_refused(text: str) -> None:
    """Too far in the future, without an id, not base64, not even text."""
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.parse(text)


def test_the_parts_of_a_place_come_back() -> None:
    """Several things may tell rows of one instant apart, the last of them with spaces; too few are another list's."""
    cursor = Cursor.parse(str(Cursor(datetime(2026, 11, 24, tzinfo=UTC), "t1 3 市 西街道")))
    assert cursor.parts(3) == ["t1", "3", "市 西街道"]
    with pytest.raises(ValueError, match="this list"):
        Cursor(cursor.at, "t1").parts(2)
