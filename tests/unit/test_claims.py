"""What the dialplan copies from an INVITE is read as the operator's tool reads the headers (R6.5)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from ivr import claims
from ivr.model import CallerId
from ivr.sipheaders import from_sip

MOBILE = '"Zhang" <sip:13854301001@carrier.example>;tag=1'


def line(sender: str | bytes, asserted: str = "", privacy: str = "", presentation: str = "allowed_not_screened") -> str:
    """The variable as Asterisk makes it: URIENCODE leaves only letters, digits and -_.~ as they are."""
    return "|".join((presentation, *(quote(part, safe="") for part in (sender, asserted, privacy))))


@pytest.mark.covers("R6.5")
@pytest.mark.parametrize(
    ("sender", "asserted", "privacy"),
    [
        (MOBILE, "", ""),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', "<sip:13854301001@carrier.example>", "id"),
        ("<tel:+8613854301001>", "", "none"),
        ('"匿名" <sip:13854301001@carrier.example>', "<tel:+8613854301001>, <sip:1@carrier.example>", ""),
        ("", "13854301001", ""),
        ("", "", ""),
    ],
)
def test_headers_that_went_through_the_dialplan_say_the_same(sender: str, asserted: str, privacy: str) -> None:
    """A claim from the line is the claim of the same headers on the command line."""
    assert claims.read(line(sender, asserted, privacy), "carrier") == from_sip(sender, privacy, asserted, 0, "carrier")


@pytest.mark.parametrize(
    ("presentation", "privacy", "octet"),
    [
        ("prohib_not_screened", "", 0x20),
        ("prohib_not_screened", "id", 0),
        ("prohib_not_screened", "none", 0),
        ("unavailable", "", 0),
        ("allowed", "", 0),
        ("", "", 0),
    ],
)
def test_presentation_counts_where_no_header_says_it_better(presentation: str, privacy: str, octet: int) -> None:
    """A Remote-Party-ID alone can restrict; what Asterisk derives from other headers is read in those."""
    claim = claims.read(line(MOBILE, "", privacy, presentation), "carrier")
    assert claim is not None
    assert claim.presentation == octet


def test_line_breaks_and_broken_bytes_become_visible_marks() -> None:
    """No control character of a caller's reaches the books; bytes that are no UTF-8 are marked as such."""
    claim = claims.read(line(b'"\xff\xfe" <sip:138%0d%0aEvent:%20X@carrier.example>'), "carrier")
    assert claim == CallerId("138\ufffd\ufffdEvent", "\ufffd\ufffd", trunk="carrier")


@pytest.mark.parametrize("text", ["", "allowed", "a|b|c", "a|b|c|d|e", "A|b|c|d", "a|b|c|d\n"])
def test_what_the_dialplan_did_not_write_is_no_claim(text: str) -> None:
    """A channel without the variable, or with another text in it, claims nothing."""
    assert claims.read(text, "carrier") is None
