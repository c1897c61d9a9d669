"""Callers who write into an INVITE what they should not: nothing breaks, nothing is forged (R6.5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from simnet.sipp import invite
from tests.e2e.trunk_line import Line, running

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.covers("R6.5"),
]

FORGED = "%0d%0a%0d%0aEvent%3a%20FullyBooted%0d%0a%0d%0a"
COMMAND = "${SHELL(touch pwned)}${SYSTEM(touch pwned)}${EVAL(${UNIQUEID})}"
COMMAND_IN_URI = "%24%7bSHELL(touch%20pwned)%7d"

#: Numbers that no telephone has: not one of them is taken.
NUMBERS: list[bytes | str] = [
    "<sip:13854301001%0d%0aEvent%3a%20Shutdown@127.0.0.3>",
    f"<sip:13854301001{FORGED}@127.0.0.3>",
    "<sip:13854301001%0aUniqueid%3a%201@127.0.0.3>",
    "<sip:13854301001%00@127.0.0.3>",
    "<sip:13854301001%c2%85%e2%80%a8@127.0.0.3>",
    "<sip:%ff%fe13854301001@127.0.0.3>",
    f"<sip:{COMMAND_IN_URI}@127.0.0.3>",
    "<sip:1'%3b%20DROP%20TABLE%20calls%3b--@127.0.0.3>",
    "<sip:13854301001,s,1)@127.0.0.3>",
    "<sip:13854301001%22%20%3d%20%22@127.0.0.3>",
    "<sip:13854301001%7c%7c%7c@127.0.0.3>",
    b"<sip:" + b"1" * 3000 + b"@127.0.0.3>",
    b'"' + b"A" * 5000 + b'" <sip:13854301001@127.0.0.3>',
]
#: Names that say nothing of the number: with an ordinary one beside them, each is taken.
NAMES: list[bytes | str] = [
    f'"{COMMAND}" <sip:13854301001@127.0.0.3>',
    '"\\"a\\" , b;c=\'d\'|e:f)?:((" <sip:13854301001@127.0.0.3>',
    '"\'); DROP TABLE calls; --" <sip:13854301001@127.0.0.3>',
    '"%0d%0aEvent: Shutdown%0d%0a" <sip:13854301001@127.0.0.3>',
    '"张三\u2028\u0085" <sip:13854301001@127.0.0.3>',
    b'"\xff\xfe\x80\xc3" <sip:13854301001@127.0.0.3>',
]
#: What is no SIP at all, and gets no answer or 400.
BROKEN: list[bytes | str] = [
    '"Zhang\n\tSan" <sip:13854301001@127.0.0.3>',
    '"Zhang <sip:13854301001@127.0.0.3>',
    b"<sip:\xff\xfe@127.0.0.3>",
    "",
]
#: Numbers dialled that are not ours, with a forged event in them.
DIALLED = ["1%0d%0aEvent%3a%20Shutdown", f"12345{FORGED}", "12345%0d%0a", "99999"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A product whose books hold nothing but these calls."""
    async with running(tmp_path_factory.mktemp("hostile"), {}) as line:
        yield line


async def _finals(line: Line, senders: list[bytes | str], seconds: float = 40) -> list[int]:
    where = (line.product.host, line.product.sip_port)
    return [
        call.final
        for call in await asyncio.gather(
            *(invite(*where, from_line=sender, hold=0.2, seconds=seconds) for sender in senders)
        )
    ]


async def test_what_callers_write_stays_text(line: Line) -> None:
    """Line breaks, commands, SQL and broken bytes are refused as numbers and ignored as names.

    Each call has its one row; no process was replaced, the line to Asterisk never fell, no alarm was raised, no command
    ran, and the next ordinary caller is taken.
    """
    before = _processes()
    numbers, names, broken = await asyncio.gather(
        _finals(line, NUMBERS), _finals(line, NAMES), _finals(line, BROKEN, seconds=4)
    )

    assert set(numbers) <= {433, 403}
    assert names == [200] * len(NAMES)
    assert set(broken) <= {0, 400}
    rows = await line.new_rows(len(NUMBERS) + len(NAMES))
    assert len(rows) == len(NUMBERS) + len(NAMES)
    assert sum(row.outcome == "refused" for row in rows) == len(NUMBERS)
    assert [row.number for row in rows if row.outcome != "refused"] == ["13854301001"] * len(NAMES)
    claims = [claim for (claim,) in line.read("SELECT claimed_number FROM calls")]
    assert [claim for claim in claims if not claim.isprintable()] == []

    assert await _finals(line, ["<sip:13854301002@127.0.0.3>"]) == [200]
    assert [row.number for row in await line.new_rows(1)] == ["13854301002"]
    _unhurt(line, before)


async def test_a_forged_number_dialled_is_not_found(line: Line) -> None:
    """What is dialled and is not ours is answered 404, and makes neither an event nor a row."""
    before = _processes()
    where = (line.product.host, line.product.sip_port)
    calls = await asyncio.gather(*(invite(*where, number=number, seconds=20) for number in DIALLED))

    assert [call.final for call in calls] == [404] * len(DIALLED)
    assert await _finals(line, ["<sip:13854301003@127.0.0.3>"]) == [200]
    assert [row.number for row in await line.new_rows(1)] == ["13854301003"]
    _unhurt(line, before)


def _processes() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True) if child.name() != "sipp"}


def _unhurt(line: Line, before: set[int]) -> None:
    assert _processes() == before
    assert line.product.output.count("ami_up") == 1
    assert line.read("SELECT code FROM alarms") == []
    assert list(line.product.home.rglob("pwned")) == []
