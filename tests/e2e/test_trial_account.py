"""The accounts that ``make run`` prints: a stranger's softphone knows a password, and dials 12345."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simnet.asterisk import free_port
from tests.e2e.conftest import Bed
from tests.e2e.rows import Rows

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("quiet"), pytest.mark.covers("R4.1")]

#: An address that belongs to no trunk.
_SOFTPHONE = "127.0.0.5"
_ACCOUNT = "13854301001"


async def test_a_trial_citizen_gets_through(bed: Bed, tmp_path: Path) -> None:
    """With the account's password the call is answered, and is in the books with the account's number."""
    assert await _dial(bed, tmp_path, bed.product.passwords[_ACCOUNT]) == 0
    row = await Rows(bed.product.data / "hotline.db").ended(_ACCOUNT)
    assert row.reason == "accepted.mobile"
    assert row.recordings.keys() == {"citizen"}


async def test_a_wrong_password_gets_nowhere(bed: Bed, tmp_path: Path) -> None:
    """Without it nothing is answered and nothing is booked."""
    rows = Rows(bed.product.data / "hotline.db")
    before = len(rows.of(_ACCOUNT))
    assert await _dial(bed, tmp_path, "wrong") != 0
    assert len(rows.of(_ACCOUNT)) == before


async def _dial(bed: Bed, folder: Path, password: str) -> int:
    """One call by SIPp; its exit status is 0 only if the call was answered and ended in order."""
    (folder / "call.xml").write_text(_SCENARIO, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", "sipp", f"{bed.product.host}:{bed.product.sip_port}", "-sf", "call.xml"),
        *("-i", _SOFTPHONE, "-p", str(free_port(_SOFTPHONE)), "-s", _ACCOUNT, "-au", _ACCOUNT, "-ap", password),
        *("-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error"),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), 30)


_INVITE = """<send retrans="500"{more}><![CDATA[
INVITE sip:12345@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]>;tag=[pid]t[call_number]
To: <sip:12345@[remote_ip]>
Call-ID: [call_id]
CSeq: {cseq} INVITE
Contact: <sip:[service]@[local_ip]:[local_port]>
{auth}Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
"""
_WITHIN = """<send{more}><![CDATA[
{method} sip:12345@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]>;tag=[pid]t[call_number]
To: <sip:12345@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
Content-Length: 0

]]></send>
"""
_SCENARIO = "".join(
    (
        '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="softphone">\n',
        _INVITE.format(more="", cseq=1, auth=""),
        '<recv response="100" optional="true"/>\n<recv response="401" auth="true"/>\n',
        _WITHIN.format(more="", method="ACK", cseq=1),
        _INVITE.format(more="", cseq=2, auth="[authentication]\n"),
        '<recv response="100" optional="true"/>\n<recv response="200"/>\n',
        _WITHIN.format(more="", method="ACK", cseq=2),
        '<pause milliseconds="1000"/>\n',
        _WITHIN.format(more=' retrans="500"', method="BYE", cseq=3),
        '<recv response="200"/>\n</scenario>\n',
    )
)
