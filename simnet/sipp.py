"""Raw INVITEs that Asterisk would not send: exact header lines, hostile bytes included, through SIPp."""

from __future__ import annotations

import asyncio
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from simnet.asterisk import free_port
from simnet.sound import Samples, decode

_RTP_HEADER = 12
_PCMA = 8
#: Final responses that are expected: SIPp takes what is not in its scenario for a failure of its own.
_FINAL = (300, 302, 400, 401, 403, 404, 405, 408, 410, 413, 420, 421, 428, 433, 436, 437, 438, 480, 481, 482, 483, 484)
_FINAL_TOO = (485, 486, 487, 488, 491, 500, 501, 502, 503, 504, 505, 513, 600, 603, 604, 606, 607, 608)


class SippFailed(Exception):  # noqa: N818 - says what happened
    """SIPp could not carry out the call; the message is what it wrote."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """What became of a raw INVITE.

    ``final`` is the SIP code of the final response, 0 if none came in time; ``provisional`` the codes before it, in
    order; ``reason`` the final response's reason phrase; ``heard`` the audio that was received (A-law, decoded; times
    without packets are missing in it).
    """

    final: int
    provisional: tuple[int, ...]
    reason: str
    heard: Samples


async def invite(
    product_host: str,
    product_port: int,
    *,
    number: str = "12345",
    source: str = "127.0.0.3",
    from_line: bytes | str = "<sip:13854301001@127.0.0.3>",
    headers: tuple[bytes | str, ...] = (),
    hold: float = 0.5,
    seconds: float = 20,
) -> RawCall:
    """Send one INVITE from ``source`` and follow it to its end; an answered call is ended after ``hold`` seconds.

    ``from_line`` is what follows ``From: ``, without a tag; ``headers`` are whole header lines. Bytes are sent as they
    are; ``[`` in them would be a word of SIPp's and is refused, as are line breaks that would end the headers.

    Raises:
        SippFailed: SIPp could not run or send.
        ValueError: a line cannot be sent by SIPp.
    """
    lines = [
        _bytes(b"From: ", from_line) + b";tag=" + secrets.token_hex(6).encode(),
        *(_bytes(b"", h) for h in headers),
    ]
    loop = asyncio.get_running_loop()
    transport, listener = await loop.create_datagram_endpoint(_Rtp, local_addr=(source, 0))
    media_port = transport.get_extra_info("sockname")[1]
    try:
        with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
            home = Path(folder)
            (home / "call.xml").write_bytes(_scenario(number, source, media_port, lines, hold))
            await _run(home, f"{product_host}:{product_port}", source, seconds)
            sent_and_got = (home / "messages.log").read_bytes() if (home / "messages.log").exists() else b""
    finally:
        transport.close()
    codes = [(int(code), text.decode("utf-8", "replace")) for code, text in _STATUS.findall(sent_and_got)]
    final = next(((code, text) for code, text in codes if code >= 200), (0, ""))  # noqa: PLR2004 - RFC 3261
    before = tuple(code for code, _ in codes if code < 200)  # noqa: PLR2004 - RFC 3261
    return RawCall(final[0], before, final[1], decode(bytes(listener.audio)))


_STATUS = re.compile(rb"^SIP/2\.0 (\d{3}) ([^\r\n]*)", re.MULTILINE)


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.audio = bytearray()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        if len(data) > _RTP_HEADER and data[1] & 0x7F == _PCMA:
            self.audio += data[_RTP_HEADER:]


async def _run(home: Path, remote: str, source: str, seconds: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", "sipp", remote, "-sf", "call.xml", "-i", source),
        *("-p", str(free_port(source)), "-m", "1", "-nostdin", "-timeout", f"{seconds:.0f}s", "-timeout_error"),
        *("-trace_msg", "-message_file", "messages.log", "-trace_err", "-error_file", "errors.log"),
        cwd=home,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, wrote = await asyncio.wait_for(process.communicate(), seconds + 5)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not (home / "messages.log").exists():
        raise SippFailed(wrote.decode("utf-8", "replace")[-2000:])


def _bytes(before: bytes, line: bytes | str) -> bytes:
    raw = before + (line.encode() if isinstance(line, str) else line)
    if b"[" in raw or b"]]>" in raw or b"\0" in raw or b"\n\n" in raw or b"\r\n\r\n" in raw:
        raise ValueError("SIPp cannot send this line")
    return raw


def _scenario(number: str, source: str, media_port: int, lines: list[bytes], hold: float) -> bytes:
    dialog = secrets.token_hex(8)
    to = f"<sip:{number}@[remote_ip]:[remote_port]>"

    def message(
        method: str, cseq: int, branch: str, *more: bytes, to_tag: str = "[peer_tag_param]", body: str = ""
    ) -> bytes:
        head = (
            f"{method} sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n"
            f"Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK{dialog}{branch}\n"
            f"To: {to}{to_tag}\nCall-ID: [call_id]\nCSeq: {cseq} {method}\nMax-Forwards: 70\n"
            f"Contact: <sip:simnet@[local_ip]:[local_port]>\n"
        )
        kind = "Content-Type: application/sdp\n" if body else ""
        tail = f"{kind}Content-Length: [len]\n\n{body}"
        text = head.encode() + b"".join(line + b"\n" for line in more) + tail.encode()
        return b"<send%s><![CDATA[\n\n" % (b' retrans="500"' if method != "ACK" else b"") + text + b"\n]]></send>\n"

    sdp = (
        f"v=0\no=simnet 1 1 IN IP4 {source}\ns=-\nc=IN IP4 {source}\nt=0 0\n"
        f"m=audio {media_port} RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n"
    )
    optional = b"".join(b'<recv response="%d" optional="true"/>\n' % code for code in (100, 180, 181, 182, 183))
    refused = b"".join(
        b'<recv response="%d" optional="true" next="refused"/>\n' % code for code in (*_FINAL, *_FINAL_TOO)
    )
    return (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="one call">\n'
        + message("INVITE", 1, "i", *lines, to_tag="", body=sdp)
        + optional
        + refused
        + b'<recv response="200"/>\n'
        + message("ACK", 1, "a", lines[0])
        + b'<pause milliseconds="%d"/>\n' % round(hold * 1000)
        + message("BYE", 2, "b", lines[0])
        + b'<recv response="200" next="end"/>\n<label id="refused"/>\n'
        + message("ACK", 1, "i", lines[0])
        + b'<label id="end"/>\n</scenario>\n'
    )
