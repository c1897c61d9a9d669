"""Bodies are JSON in the strictest sense, whatever was sent; entity tags and keys are ours or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.api.etag import tag_of, version_in
from common.api.once import key_in
from common.api.strict_json import DEEPEST, NotJsonError, canonical, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,}',
        b'{"a":1,"a":2}',
        b'{"x":{"a":1,"\\u0061":2}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b"[" * 30000 + b"]" * 30000,
        b"1" * 10000,
    ],
)
def test_what_is_no_strict_json_is_refused(data: bytes) -> None:
    """Syntax, doubled names (escaped or not), no-numbers, wrong bytes, depth, and numbers beyond reading."""
    with pytest.raises(NotJsonError, match=r"[一-鿿]"):
        parse(data)


@given(JSON)
def test_what_is_json_is_read_as_it_was_meant(value: object) -> None:
    """Whatever is within reason comes out as it went in, however it was spaced."""
    assert parse(json.dumps(value, indent=2).encode()) == value


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_order_and_space_do_not_make_another_request(value: dict[str, int]) -> None:
    """Two texts of one value have one canonical form."""
    turned = dict(reversed(value.items()))
    assert canonical(parse(json.dumps(value).encode())) == canonical(parse(json.dumps(turned, indent=1).encode()))


@given(st.integers(min_value=0, max_value=999_999_999), st.text())
def test_a_tag_tells_its_version_and_its_text(version: int, text: str) -> None:
    """The version can be read back from the tag, and another text of that version has another tag."""
    tag = tag_of(text, version)
    assert version_in(f'"{tag}"') == version
    assert tag != tag_of(text + "x", version)


@pytest.mark.parametrize("header", ["", "*", "7", '""', '"x"', '"7", "8"', '"7-zz"', '"-1"', '"9999999999"', '"７"'])
def test_a_tag_that_is_not_one_of_ours_names_no_version(header: str) -> None:
    """Who gives none, any, several or a foreign one has not said what they have seen."""
    assert version_in(header) is None


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("5f0c6f0e-8a53-4d55-9d3d-6b0f5a1f3c11", "5f0c6f0e-8a53-4d55-9d3d-6b0f5a1f3c11"),
        ('"5f0c6f0e"', "5f0c6f0e"),
        ("short", ""),
        ("x" * 81, ""),
        ("键键键键键键键键", ""),
        ("with space", ""),
        ("", ""),
    ],
)
def test_a_key_is_long_enough_and_plain(header: str, key: str) -> None:
    """Quoted as its draft standard has it, or bare; anything else is no key."""
    assert key_in(header) == key
