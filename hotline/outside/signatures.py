"""Requests between houses are signed: HTTP Message Signatures (RFC 9421) with HMAC-SHA256 and a shared secret.

Signed are the method, the path, and by its digest (RFC 9530) every byte of the body; with them go the instant and a
number that is used once. What a proxy may change on the way (scheme, host) is not signed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from hotline.settings_outside import Partner

TAG = "hotline12345-exchange"
_COVERED = ("@method", "@path")
#: Clocks of two houses differ, and a line may be slow; a number used once is kept for longer than this.
LONGEST = timedelta(minutes=5)
_HEADERS = ("Content-Digest", "Signature-Input", "Signature")


class SignatureError(Exception):
    """A request is not signed by a partner, or not as it must be; whoever sent it is not told what was wrong."""


@dataclass(frozen=True, slots=True)
class Said:
    """A request as it is signed."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose request it is, and its number."""

    partner: Partner
    nonce: str


def sign(partner: Partner, method: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that make a request ours to this partner; each call gives a number never used before."""
    keys = MappingKeyResolver(public_keys={}, private_keys={partner.our_name: partner.secret.encode()})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys)
    message = Said(method, url)
    signer.sign(
        message,
        key_id=partner.our_name,
        created=now,
        nonce=secrets.token_urlsafe(24),
        tag=TAG,
        label="exchange",
        covered_component_ids=_COVERED,
        body=body,
    )
    return {name: message.headers[name] for name in _HEADERS}


def verified(partners: Sequence[Partner], method: str, url: str, headers: Mapping[str, str], body: bytes) -> Signed:
    """Whose request this is.

    Raises:
        SignatureError: nobody's, too old, altered, or without a number.
    """
    keys = MappingKeyResolver(public_keys={one.name: one.secret.encode() for one in partners}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys)
    told = {name: value for name, value in headers.items() if name.lower() in {one.lower() for one in _HEADERS}}
    try:
        found = verifier.verify(
            Said(method, url, told),
            max_age=LONGEST,
            expect_tag=TAG,
            require_components=(*_COVERED, "content-digest"),
            body=body,
        )
    except (HTTPMessageSignaturesException, ValueError, TypeError, LookupError) as error:
        raise SignatureError(type(error).__name__) from error
    if len(found) != 1 or not found[0].nonce or not 16 <= len(found[0].nonce) <= 100:  # noqa: PLR2004 - what we keep
        raise SignatureError("no usable nonce")
    named = {one.name: one for one in partners}
    return Signed(named[str(found[0].parameters["keyid"])], found[0].nonce)
