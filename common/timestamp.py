"""Time stamps by a third party (RFC 3161): proof that something existed at a time, from someone other than us."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, InvalidVersion, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from common.der import with_sorted_certificates

#: Sends a request (DER) to the service and brings its answer; raises NotStamped when there is none.
Post = Callable[[bytes], Awaitable[bytes]]


class NotStamped(Exception):  # noqa: N818 - says what is so
    """No valid time stamp; the message says why."""


def load_roots(path: Path) -> tuple[Certificate, ...]:
    """The certificates (PEM) that the time-stamp service is trusted by.

    Raises:
        ValueError: the file holds no certificate.
        OSError: it cannot be read.
    """
    return tuple(load_pem_x509_certificates(path.read_bytes()))


async def stamp(message: bytes, post: Post, roots: Sequence[Certificate]) -> bytes:
    """Have a message stamped: the service's answer (DER), verified against our request and the trusted certificates.

    The service sees the message's SHA-256 alone.

    Raises:
        NotStamped: no answer, a refusal, or an answer that does not hold.
    """
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = await post(request.as_bytes())
    if not roots:
        raise NotStamped("no trusted certificate to verify the answer with")
    check(message, answer, roots, nonce=request.nonce)
    return answer


def check(message: bytes, answer: bytes, roots: Sequence[Certificate], *, nonce: int | None = None) -> datetime:
    """The instant at which a stamp says that the message existed, aware UTC.

    Without ``roots`` only the message's hash is compared.

    Raises:
        NotStamped: the answer is not a stamp, or not of this message, or not by whom we trust.
    """
    try:
        response = decode_timestamp_response(with_sorted_certificates(answer))
        if roots:
            builder = VerifierBuilder(roots=list(roots), nonce=nonce)
            builder.build().verify_message(response, message)
        elif response.tst_info.message_imprint.message != hashlib.sha256(message).digest():
            raise NotStamped("the stamp is of something else")
        at = response.tst_info.gen_time
    except VerificationError as error:
        raise NotStamped(str(error)) from error
    except (ValueError, InvalidVersion) as error:
        raise NotStamped(f"not a time stamp: {error}") from error
    return at
