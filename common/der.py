"""One repair to time-stamp answers: OpenSSL and services built on it list certificates in an order that DER forbids."""

from __future__ import annotations

_SEQUENCE = 0x30
_CERTIFICATES = 0xA0


def with_sorted_certificates(answer: bytes) -> bytes:
    """The answer with its certificates in DER's order (X.690, 11.6), as rfc3161-client wants them.

    No signature covers their order (RFC 5652, 5.4), so nothing that was signed changes. Anything that is not built like
    a time-stamp answer is returned as it is.
    """
    try:
        # TimeStampResp → the token → [0] of ContentInfo → SignedData → [0] certificates
        _, start, end = _read(answer, 0)
        _, _, start = _read(answer, start)
        _, start, end = _read(answer, start)
        _, _, start = _read(answer, start)
        _, start, end = _read(answer, start)
        _, start, end = _read(answer, start)
        for _ in range(3):
            _, _, start = _read(answer, start)
        tag, start, end = _read(answer, start)
        if tag != _CERTIFICATES:
            return answer
        certificates, at = [], start
        while at < end:
            tag, _, after = _read(answer, at)
            if tag != _SEQUENCE:
                return answer
            certificates.append(answer[at:after])
            at = after
    except IndexError:
        return answer
    return answer[:start] + b"".join(sorted(certificates)) + answer[end:] if at == end else answer


def _read(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, beginning and end of the content of the element at ``at``; IndexError when it is not whole."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size])
        start += size
    if start + length > len(data):
        raise IndexError
    return tag, start, start + length
