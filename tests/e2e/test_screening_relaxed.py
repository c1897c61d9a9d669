"""Where refusing is off or has stopped, callers are taken and the books say what the rules would have done (R6.5)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simnet.sipp import invite
from tests.e2e.trunk_line import Line, Row, running

pytestmark = [pytest.mark.timeout(120), pytest.mark.covers("R6.5")]

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
FOREIGN = "<sip:+442071838750@127.0.0.3>"
ORDINARY = "<sip:13854301001@127.0.0.3>"
ALARM = "SELECT times, cleared_at IS NOT NULL FROM alarms WHERE code = 'screening.jump.carrier'"


async def _call(line: Line, sender: str) -> int:
    return (await invite(line.product.host, line.product.sip_port, from_line=sender, hold=0.2, seconds=40)).final


async def test_shadow_mode_records_and_takes(tmp_path: Path) -> None:
    """With HOTLINE_SCREENING=shadow a hidden and a forged number are answered, their reasons kept as shadowed."""
    async with running(tmp_path, {"SCREENING": "shadow"}) as line:
        codes = await asyncio.gather(*(_call(line, sender) for sender in (ANONYMOUS, "<sip:110@127.0.0.3>", ORDINARY)))

        assert codes == [200, 200, 200]
        assert sorted(await line.new_rows(3)) == [
            Row("carrier", "", "withheld.anonymous", shadowed=True, outcome="abandoned"),
            Row("carrier", "110", "abnormal.emergency-number", shadowed=True, outcome="abandoned"),
            Row("carrier", "13854301001", "accepted.mobile", shadowed=False, outcome="abandoned"),
        ]


async def test_refusing_stops_on_a_trunk_that_lost_its_caller_ids(tmp_path: Path) -> None:
    """The fifth refusal of five is not carried out: calls are taken, an alarm stands, until numbers are shown again."""
    settings = {"REFUSAL_JUMP_CALLS": 5, "REFUSAL_JUMP_SHARE": 0.5, "ACCEPT_INTERNATIONAL": False}
    async with running(tmp_path, settings) as line:
        first = [asyncio.create_task(_call(line, sender)) for sender in (ANONYMOUS, ANONYMOUS, ANONYMOUS, FOREIGN)]
        try:
            await line.until("SELECT count(*) FROM calls WHERE outcome = 'refused'", [(4,)])
            assert await _call(line, ANONYMOUS) == 200
            assert await _call(line, FOREIGN) == 200
            assert sorted(await line.new_rows(2)) == [
                Row("carrier", "", "withheld.anonymous", shadowed=True, outcome="abandoned"),
                Row("carrier", "+442071838750", "abnormal.international-off", shadowed=True, outcome="abandoned"),
            ]
            await line.until(ALARM, [(1, 0)])

            # Of the last five calls, less than a quarter: one ordinary call more than the guard looks back upon.
            assert [await _call(line, ORDINARY) for _ in range(5)] == [200] * 5
            await line.new_rows(5)
            await line.until(ALARM, [(1, 1)])
            again = _call(line, FOREIGN)
            assert await asyncio.gather(again, *first) == [403, 433, 433, 433, 403]
        finally:
            await asyncio.gather(*first)
        refused = Row("carrier", "+442071838750", "abnormal.international-off", shadowed=False, outcome="refused")
        assert (await line.new_rows(5)).count(refused) == 2
