"""Certificates in a time-stamp answer are put in order, and nothing else is touched."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from common.der import with_sorted_certificates


def _element(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    size = len(body).to_bytes(2)
    return bytes([tag, 0x82]) + size + body


def _answer(certificates: list[bytes]) -> bytes:
    signed = (_element(2, b"\3"), _element(0x31), _element(0x30, b"info"), _element(0xA0, *certificates))
    token = _element(0x30, _element(6, b"oid"), _element(0xA0, _element(0x30, *signed, _element(0x31, b"signer"))))
    return _element(0x30, _element(0x30, b"status"), token)


@given(st.lists(st.binary(max_size=300).map(lambda body: _element(0x30, body)), max_size=4), st.randoms())
def test_certificates_are_sorted_and_nothing_else_changes(certificates: list[bytes], shuffler: random.Random) -> None:
    """Whatever their order was, the result is the same answer with them in ascending order."""
    shuffled = list(certificates)
    shuffler.shuffle(shuffled)
    assert with_sorted_certificates(_answer(shuffled)) == _answer(sorted(certificates))


@given(st.binary(max_size=80), st.integers(0, 200))
def test_what_is_no_answer_stays_as_it_is(noise: bytes, cut: int) -> None:
    """Nonsense and torn answers come back unchanged, without an error."""
    assert with_sorted_certificates(noise) == noise
    torn = _answer([_element(0x30, b"b"), _element(0x30, b"a")])[: -cut - 1]
    assert with_sorted_certificates(torn) == torn
