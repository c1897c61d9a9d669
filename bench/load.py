"""A load of calls by SIPp, and what came of it."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

from simnet.asterisk import free_port

_SOURCE = "127.0.0.3"
_SCENARIO = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="citizens">
 <send retrans="500" start_rtd="1"><![CDATA[
INVITE sip:12345@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
To: <sip:12345@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
]]></send>
 <recv response="100" optional="true"/>
 <recv response="180" optional="true"/>
 <recv response="183" optional="true"/>
 <recv response="503" optional="true" next="shed"/>
 <recv response="200" rtd="1" rrs="true"/>
 <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
To: <sip:12345@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
{media}
 <pause milliseconds="{hold_ms}"/>
 <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
To: <sip:12345@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
 <recv response="200" next="end"/>
 <label id="shed"/>
 <send><![CDATA[
ACK [next_url] SIP/2.0
[last_Via:]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
To: <sip:12345@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
 <label id="end"/>
</scenario>
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of calls came to. Set-up times (INVITE to 200) in milliseconds; ``shed`` got 503 at once."""

    rate: float
    calls: int
    answered: int
    shed: int
    failed: int
    setup_ms: tuple[float, ...]

    @property
    def success(self) -> float:
        """Share of the calls that were not shed and succeeded whole: answered, held, ended in order."""
        taken = self.calls - self.shed
        return 1 - self.failed / taken if taken else 0.0

    def percentile(self, share: float) -> float:
        """Set-up time below which this share of the answered calls lies, in milliseconds; infinite for none."""
        ordered = sorted(self.setup_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


async def run(
    host: str, port: int, *, rate: float, calls: int, hold_seconds: float = 3.0, audio: Path | None = None
) -> Load:
    """Place ``calls`` calls at ``rate`` a second, each held for ``hold_seconds``; ``audio`` is A-law sent meanwhile."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        home = Path(folder)
        media = f'<nop><action><exec rtp_stream="{audio},-1,8"/></action></nop>' if audio else ""
        scenario = _SCENARIO.replace("{media}", media).replace("{hold_ms}", str(int(hold_seconds * 1000)))
        (home / "load.xml").write_text(scenario, encoding="utf-8")
        numbers = "\n".join(f"139{number:08}" for number in range(calls))
        (home / "numbers.csv").write_text(f"SEQUENTIAL\n{numbers}\n", encoding="ascii")
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", "sipp", f"{host}:{port}", "-sf", "load.xml", "-i", _SOURCE),
            *("-inf", "numbers.csv"),
            *("-p", str(free_port(_SOURCE)), "-r", f"{rate:g}", "-m", str(calls), "-l", str(calls), "-nostdin"),
            *("-timeout", f"{calls / rate + hold_seconds + 60:.0f}s", "-recv_timeout", "20000"),
            *("-trace_rtt", "-rtt_freq", "1", "-trace_stat", "-fd", "1", "-stf", "stat.csv"),
            cwd=home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
        return _read(home, rate)


def _read(home: Path, rate: float) -> Load:
    with (home / "stat.csv").open(encoding="utf-8") as stream:
        last = list(csv.DictReader(stream, delimiter=";"))[-1]
    setup: list[float] = []
    for file in home.glob("*_rtt.csv"):
        with file.open(encoding="utf-8") as stream:
            setup += [float(row["response_time_ms"]) for row in csv.DictReader(stream, delimiter=";")]
    calls, failed = int(last["TotalCallCreated"]), int(last["FailedCall(C)"])
    # A set-up time is taken at 200 only: a call that ended in order without one was refused with 503.
    answered = min(len(setup), calls - failed)
    return Load(rate, calls, answered, calls - failed - answered, failed, tuple(setup))
