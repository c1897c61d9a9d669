"""What header values of an INVITE claim, and what screening makes of it (R6.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.callerid import Policy, screen
from ivr.model import CallerId, Reason
from ivr.sipheaders import Address, addresses, asks_for_privacy, from_sip, number_of

pytestmark = pytest.mark.covers("R6.5")

POLICY = Policy(area_code="0543", own_numbers=("12345",))
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
MOBILE = "<sip:13812345678@carrier.example>"

# From, Privacy, P-Asserted-Identity → reason, number
INVITES = [
    (MOBILE, "", "", Reason.MOBILE, "13812345678"),
    ('"张三" <sip:+8613812345678@10.0.0.1:5060;user=phone>;tag=1', "", "", Reason.MOBILE, "13812345678"),
    ("sip:013812345678@carrier.example;tag=as1", "", "", Reason.MOBILE, "13812345678"),
    ("<tel:+86-543-3123456>;tag=1", "", "", Reason.LANDLINE, "05433123456"),
    ("tel:3123456;phone-context=+86543", "", "", Reason.LANDLINE, "05433123456"),
    ("<tel:3123456;phone-context=carrier.example>", "", "", Reason.LOCAL, "05433123456"),
    ("13812345678", "", "", Reason.MOBILE, "13812345678"),
    ("<sip:%2B442071838750@carrier.example>", "", "", Reason.INTERNATIONAL, "+442071838750"),
    ('"Bob <VIP>" <sip:13812345678@carrier.example>', "", "", Reason.MOBILE, "13812345678"),
    ('"13912345678" <sip:13812345678@carrier.example>', "", "", Reason.MOBILE, "13812345678"),
    # Hidden
    (ANONYMOUS, "", "", Reason.ANONYMOUS, ""),
    (ANONYMOUS, "id", "", Reason.ANONYMOUS, ""),
    (ANONYMOUS + ";tag=1", "", MOBILE, Reason.ANONYMOUS, "13812345678"),
    ("<sip:anonymous@carrier.example>", "", MOBILE, Reason.ANONYMOUS, "13812345678"),
    ("Anonymous <sip:13812345678@carrier.example>", "", "", Reason.ANONYMOUS, "13812345678"),
    ('"\\A\\nonymous" <sip:13812345678@carrier.example>', "", "", Reason.ANONYMOUS, "13812345678"),
    ("<sip:restricted@carrier.example>", "", MOBILE, Reason.SENTINEL, "13812345678"),
    ("<sip:unavailable@unknown.invalid>", "", "", Reason.UNAVAILABLE, ""),
    (MOBILE, "id", "", Reason.PRIVACY, "13812345678"),
    (MOBILE, "user;id", MOBILE, Reason.PRIVACY, "13812345678"),
    ("", "", "", Reason.EMPTY, ""),
    ("<>", "", "", Reason.EMPTY, ""),
    ("<sip:carrier.example>", "", "", Reason.EMPTY, ""),
    # The asserted identity is the number
    ("<sip:12345@carrier.example>", "none", MOBILE, Reason.MOBILE, "13812345678"),
    ("<sip:bob@carrier.example>", "", "<sip:carrier.example>, <tel:+8613812345678>", Reason.MOBILE, "13812345678"),
    ("<sip:unknown@carrier.example>", "", MOBILE, Reason.MOBILE, "13812345678"),
    (MOBILE, "", "<sip:12345@carrier.example>", Reason.OWN_NUMBER, "12345"),
    (MOBILE, "", '"A, B" <sip:x@y>, <tel:13912345678>', Reason.MOBILE, "13912345678"),
    # Damaged
    ("<sip:13812345678@carrier.example", "", "", Reason.MOBILE, "13812345678"),
    ("sip:13812345678@carrier.example>", "", "", Reason.MOBILE, "13812345678"),
    ('"Zhang <sip:13812345678@carrier.example>', "", "", Reason.MOBILE, "13812345678"),
    ('"', "", "", Reason.EMPTY, ""),
    ('"\\', "", "", Reason.NOT_A_NUMBER, ""),
    ("<sip:13812345678%0A@carrier.example>", "", "", Reason.NOT_A_NUMBER, ""),
    ("13812345678\r\n", "", "", Reason.NOT_A_NUMBER, ""),
    ("<sip:138%00@carrier.example>", "", "", Reason.NOT_A_NUMBER, ""),
    ("<sip:%FF%FE@carrier.example>", "", "", Reason.NOT_A_NUMBER, ""),
    ("http://carrier.example/", "", "", Reason.NOT_A_NUMBER, ""),
    ("<sip:bob@carrier.example>", "", "", Reason.LETTERS, ""),
]


@pytest.mark.parametrize(("sender", "privacy", "pai", "reason", "number"), INVITES)
def test_an_invite_is_read_as_carriers_write_it(
    sender: str, privacy: str, pai: str, reason: Reason, number: str
) -> None:
    """Whole or damaged, header values lead to the verdict that a person reading them would give."""
    verdict = screen(from_sip(sender, privacy, pai), POLICY)
    assert (verdict.reason, verdict.number) == (reason, number)


def test_the_claim_keeps_what_else_was_said() -> None:
    """Presentation and trunk go through as they are, the display name without its quotes and escapes."""
    claim = from_sip(r'"Z \"x\" \\" <sip:138@h>', "id", "", 0x23, "carrier")
    assert claim == CallerId("138", 'Z "x" \\', 0x23, "id", "carrier")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("", False), ("none", False), ("none;critical", False), ("id", True), ("none, id", True), ("critical", True)],
)
def test_privacy_none_hides_nobody(header: str, wanted: bool) -> None:
    """Only ``none`` and silence leave the caller shown."""
    assert asks_for_privacy(header) is wanted


def test_several_addresses_are_told_apart() -> None:
    """A comma within quotes or brackets separates nothing."""
    assert addresses('"A, B" <sip:1,2@h>;x=1, tel:3') == [Address("A, B", "sip:1,2@h"), Address("", "tel:3")]
    assert addresses("") == [Address("", "")]


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:138:secret@h", "138"),
        ("sip:a@b@h", "a@b"),
        ("sip:@h", ""),
        ("tel:110;phone-context=%2B86", "+86110"),
        ("tel:+86110;phone-context=+1", "+86110"),
        ("SIP:1@ANONYMOUS.invalid:5060;transport=udp", "anonymous"),
        ("mailto:x", "mailto:x"),
    ],
)
def test_the_number_of_a_uri(uri: str, number: str) -> None:
    """The user part without password and parameters; a local number in its context; other text untouched."""
    assert number_of(uri) == number


HEADER = st.text() | st.lists(
    st.sampled_from(['"', "\\", "<", ">", "sip:", "tel:", "@", ";", "=", ",", "%2", "phone-context", "138", "+86", " "])
).map("".join)


@given(HEADER, HEADER, HEADER)
def test_no_header_value_breaks_the_reading(sender: str, privacy: str, pai: str) -> None:
    """Garbage of any kind ends in a verdict."""
    assert screen(from_sip(sender, privacy, pai), POLICY).reason in Reason
