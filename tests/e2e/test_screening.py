"""Every reason why a caller is taken or refused, with a real INVITE over the trunk (R6.5).

All INVITEs of a group go out at once and are followed to their final response, so that a group takes as long as one
announcement.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ivr.model import Reason
from simnet.listen import find
from simnet.sipp import RawCall, invite
from simnet.sound import RATE, read
from tests.e2e.trunk_line import TRUNKS, Invite, Line, Row, running

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.covers("R6.5"),
]

MOBILE = "<sip:13854301002@127.0.0.3>"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def _shown(number: str) -> Invite:
    return Invite(f"<sip:{number}@127.0.0.3>")


#: How each refusal comes about on a SIP trunk.
REFUSED = {
    Reason.ANONYMOUS: Invite(ANONYMOUS, asserted=MOBILE, privacy="id"),
    Reason.PRIVACY: Invite(MOBILE, asserted=MOBILE, privacy="id"),
    # Without a Privacy header: older switches say it in a Remote-Party-ID.
    Reason.RESTRICTED: Invite(MOBILE, remote_party=f"{MOBILE};party=calling;privacy=full;screen=yes"),
    # The unavailable user identity of 3GPP TS 23.003; Q.931 presentation does not come over SIP otherwise.
    Reason.UNAVAILABLE: Invite('"Unavailable" <sip:unavailable@unknown.invalid>'),
    Reason.SENTINEL: _shown("+266696687"),
    Reason.EMPTY: Invite("<sip:127.0.0.3>"),
    Reason.LETTERS: _shown("wangwu"),
    Reason.NOT_A_NUMBER: _shown("138*543*0100"),
    Reason.LENGTH: _shown("138543010"),
    Reason.PREFIX: _shown("12054301001"),
    Reason.AREA_CODE: _shown("06003123456"),
    Reason.REPEATED_DIGIT: _shown("11111111111"),
    Reason.OWN_NUMBER: _shown("05433190000"),
    Reason.EMERGENCY_NUMBER: _shown("110"),
    Reason.SHORT_CODE: _shown("95588"),
}

#: What is taken, with the number as it is read.
TAKEN = [
    (Reason.MOBILE, "13854301001", _shown("13854301001")),
    (Reason.MOBILE, "13954301002", _shown("013954301002")),
    (Reason.MOBILE, "13854301003", _shown("+8613854301003")),
    (Reason.MOBILE, "13854301004", Invite("<tel:+86-138-5430-1004>")),
    # A number that the carrier vouches for, whatever stands in From.
    (Reason.MOBILE, "13854301005", Invite("<sip:12345@127.0.0.3>", asserted="<tel:+8613854301005>", privacy="none")),
    (Reason.IOT, "1440123456789", _shown("1440123456789")),
    (Reason.LANDLINE, "05433123456", _shown("05433123456")),
    (Reason.LOCAL, "05433123457", _shown("3123457")),
    (Reason.LANDLINE, "01062345678", _shown("01062345678")),
    (Reason.LANDLINE, "053187654321", _shown("(0531)87654321")),
    (Reason.INTERNATIONAL, "+442071838750", _shown("+442071838750")),
    (Reason.ALLOW_LISTED, "95598", _shown("95598")),
    (Reason.ALLOW_LISTED, "", Invite(ANONYMOUS, trunk="linked")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A product that screens as it does when it comes out of the box, and its network."""
    settings = {"OWN_NUMBERS": ["05433190000"], "ALLOW_NUMBERS": ["95598"]}
    async with running(tmp_path_factory.mktemp("screening"), settings) as line:
        await line.net.start(line.product.host, line.product.sip_port)
        yield line


async def _call(line: Line, call: Invite) -> RawCall:
    return await invite(
        line.product.host,
        line.product.sip_port,
        source=TRUNKS[call.trunk],
        from_line=call.sender,
        headers=call.headers,
        hold=0.2,
        seconds=40,
    )


async def test_each_reason_refuses_a_real_call(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused caller hears why as early media and gets 433 or 403; the books keep the reason and nothing else.

    ``hotline screen-call`` gives the same reason and number for the same headers.
    """
    calls = dict(zip(REFUSED, await asyncio.gather(*(_call(line, call) for call in REFUSED.values())), strict=True))

    codes = {reason: call.final for reason, call in calls.items()}
    assert codes == {reason: 433 if reason.startswith("withheld.") else 403 for reason in REFUSED}
    assert {reason for reason, call in calls.items() if 183 not in call.provisional} == set()
    silent = {reason for reason, call in calls.items() if len(call.heard) < 10 * RATE}
    assert silent == set()

    told = {reason: line.screened(call, capsys) for reason, call in REFUSED.items()}
    assert {reason: (answer["accepted"], answer["reason"]) for reason, answer in told.items()} == {
        reason: (False, reason) for reason in REFUSED
    }
    expected = [Row("carrier", told[reason]["number"], reason, shadowed=False, outcome="refused") for reason in REFUSED]
    assert sorted(await line.new_rows(len(REFUSED))) == sorted(expected)

    assert (
        line.read("SELECT c.reason FROM tickets t JOIN calls c ON c.id = t.call_id WHERE c.outcome = 'refused'") == []
    )
    assert (
        line.read("SELECT c.reason FROM recordings r JOIN calls c ON c.id = r.call_id WHERE c.outcome = 'refused'")
        == []
    )
    assert list((line.product.data / "recordings" / "live").iterdir()) == []


async def test_every_ordinary_number_is_taken(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    """Mobiles, landlines of this and other cities, things, foreigners, and whoever is allow-listed are answered."""
    calls = await asyncio.gather(*(_call(line, call) for _, _, call in TAKEN))

    assert [call.final for call in calls] == [200] * len(TAKEN)
    told = [line.screened(call, capsys) for _, _, call in TAKEN]
    assert [(answer["accepted"], answer["reason"], answer["number"]) for answer in told] == [
        (True, reason, number) for reason, number, _ in TAKEN
    ]
    expected = [Row(call.trunk, number, reason, shadowed=False, outcome="abandoned") for reason, number, call in TAKEN]
    assert sorted(await line.new_rows(len(TAKEN))) == sorted(expected)


async def test_the_refused_hear_where_emergencies_are_answered(line: Line) -> None:
    """The whole announcement is heard, from the first second of the call on, before the call is refused."""

    async def refused(number: str, presentation: str, prompt: str) -> int:
        call = await line.net.dial(caller_id=number, presentation=presentation)
        await call.progress
        ending = await call.ended.within(40)
        assert not call.answered.happened
        assert call.progress.at is not None
        assert call.progress.at - call.dialled_at < 1
        announcement = read(line.product.data / "sounds" / "zh" / f"{prompt}.alaw")
        # The last fifth of a second may be cut off by the final response.
        begins = find(announcement[: -RATE // 5], call.heard.samples())
        assert begins is not None
        assert begins < 1
        return ending.sip

    withheld = refused("13854301006", "prohib", "refused-withheld")
    abnormal = refused("22222222222", "allowed", "refused-abnormal")
    assert list(await asyncio.gather(withheld, abnormal)) == [433, 403]
    assert {row.outcome for row in await line.new_rows(2)} == {"refused"}


async def test_an_operator_asks_why_a_call_was_refused(line: Line) -> None:
    """``hotline screen-call --json`` prints one JSON object with accepted, reason and the number as it is read."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hotline", "screen-call", "--from", ANONYMOUS, "--json"),
        env=line.supervisor,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    answer = json.loads(printed)
    assert process.returncode == 0
    assert (answer["accepted"], answer["reason"], answer["number"]) == (False, "withheld.anonymous", "")
