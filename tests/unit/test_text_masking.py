"""Telephone numbers with their middle hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import masked


@pytest.mark.covers("R25.2")
@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("05433123456", "0543****456"),
        ("01082345678", "010****5678"),
        ("02182345678", "021****5678"),
        ("+442071838750", "****8750"),
        ("1064812345678", "****5678"),
        ("95588", "****88"),
        ("110", "****0"),
        ("", ""),
    ],
)
def test_a_number_can_be_told_from_others_but_not_dialled(number: str, shown: str) -> None:
    """Mobiles and landlines keep head and tail, anything else a short tail."""
    assert masked(number) == shown


@given(st.text(min_size=1, max_size=40))
def test_at_least_a_third_of_anything_is_hidden(number: str) -> None:
    """Whatever a forged caller id holds, it is never shown whole."""
    kept = masked(number).replace("****", "", 1)
    assert len(kept) <= max(8, len(number) // 2)
    assert len(kept) < len(number)
