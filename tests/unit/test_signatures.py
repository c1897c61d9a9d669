"""Signatures between houses: ours hold, and nothing that anybody sends makes the check fall over (R16.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from common import clock
from hotline.outside.signatures import LONGEST, TAG, Said, SignatureError, sign, verified
from hotline.settings_outside import Partner

SECRET = "s" * 43
#: As we know them, and as they know us.
POLICE = Partner(name="police", title="110", our_name="hotline", secret=SECRET)
THEM = POLICE.model_copy(update={"our_name": "police"})
URL = "https://12345.example/exchange/v1/tickets"


@pytest.mark.covers("R16.2")
def test_what_a_partner_signs_is_theirs() -> None:
    """Whatever host a proxy makes of it; each signature has its own number; the key says whose it is."""
    first = verified(
        [POLICE], "POST", "http://inner:8080/exchange/v1/tickets", sign(THEM, "POST", URL, b"{}", clock.now()), b"{}"
    )
    second = verified([POLICE], "POST", URL, sign(THEM, "POST", URL, b"{}", clock.now()), b"{}")
    assert first.partner is POLICE
    assert first.nonce != second.nonce


def test_the_headers_are_those_of_the_standards() -> None:
    """RFC 9421 and RFC 9530 by name: another house needs no code of ours."""
    headers = sign(THEM, "POST", URL, b"", datetime(2026, 11, 24, tzinfo=UTC))
    assert set(headers) == {"Content-Digest", "Signature-Input", "Signature"}
    assert headers["Content-Digest"].startswith("sha-256=:47DEQpj8HBSa")
    told = headers["Signature-Input"]
    assert told.startswith('exchange=("@method" "@path" "content-digest");')
    for part in ("created=1795478400", 'keyid="police"', 'alg="hmac-sha256"', 'tag="hotline12345-exchange"', "nonce="):
        assert part in told


@pytest.mark.covers("R16.2")
@pytest.mark.parametrize(
    ("method", "path", "body", "late"),
    [
        ("PUT", "/exchange/v1/tickets", b"{}", timedelta(0)),
        ("POST", "/exchange/v1/tickets/1/status", b"{}", timedelta(0)),
        ("POST", "/exchange/v1/tickets", b"{ }", timedelta(0)),
        ("POST", "/exchange/v1/tickets", b"{}", LONGEST + timedelta(minutes=1)),
        ("POST", "/exchange/v1/tickets", b"{}", timedelta(hours=-1)),
    ],
)
def test_altered_or_out_of_time_is_nobodys(method: str, path: str, body: bytes, late: timedelta) -> None:
    """One byte, another address, another method, too old, or of tomorrow."""
    headers = sign(THEM, "POST", URL, b"{}", clock.now() - late)
    with pytest.raises(SignatureError):
        verified([POLICE], method, f"https://12345.example{path}", headers, body)


def _weaker(covered: tuple[str, ...], *, nonce: str = "n" * 32, tag: str = TAG) -> dict[str, str]:
    """What somebody signs with the right secret, but not as it must be."""
    message = Said("POST", URL)
    keys = MappingKeyResolver(public_keys={}, private_keys={"police": SECRET.encode()})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys)
    signer.sign(
        message,
        key_id="police",
        covered_component_ids=covered,
        body=b"{}",
        nonce=nonce or None,
        tag=tag or None,
    )
    return message.headers


def test_a_weaker_signature_does_not_do() -> None:
    """The right secret is not enough: method, path, a number and our tag must be signed."""
    whole = ("@method", "@path")
    assert verified([POLICE], "POST", URL, _weaker(whole), b"{}").nonce == "n" * 32
    for headers in (
        _weaker(("@method",)),
        _weaker(("@path",)),
        _weaker(whole, nonce=""),
        _weaker(whole, nonce="short"),
        _weaker(whole, tag="other"),
        _weaker(whole, tag=""),
    ):
        with pytest.raises(SignatureError):
            verified([POLICE], "POST", URL, headers, b"{}")


_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
_INPUTS = st.one_of(
    _TEXT,
    st.sampled_from(
        [
            (
                'exchange=("@method" "@path" "content-digest");created=99999999999999;keyid="police";'
                'nonce="x";tag="hotline12345-exchange"'
            ),
            'exchange=("@method" "@path" "content-digest");created=-1;keyid="police";tag="hotline12345-exchange"',
            'exchange=("@status");keyid="police";tag="hotline12345-exchange"',
            'exchange=("@query-param";name="a");keyid="police";tag="hotline12345-exchange"',
            'exchange=("@method";req);keyid="police";tag="hotline12345-exchange"',
            'a=();tag="hotline12345-exchange", b=();tag="hotline12345-exchange"',
            "exchange=" + "(" * 500,
            'exchange=("x");keyid="police";created=1e9;tag="hotline12345-exchange"',
        ]
    ),
)


@given(_INPUTS, st.one_of(_TEXT, st.just("exchange=:AAAA:")), _TEXT, st.binary(max_size=50))
def test_nonsense_is_refused_and_nothing_else(told: str, signature: str, digest: str, body: bytes) -> None:
    """Any headers and any body end in one refusal."""
    headers = {"Signature-Input": told, "Signature": signature, "Content-Digest": digest}
    with pytest.raises(SignatureError):
        verified([POLICE], "POST", URL, headers, body)
