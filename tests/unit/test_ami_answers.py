"""Answers to AGI commands become results, or what they mean."""

from __future__ import annotations

import pytest

from ivr.ami.channel import parsed
from ivr.channel import AgiResult, CallFailed, HungUp


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("200 result=0", AgiResult(200, 0)),
        ("200 result=49 endpos=12345", AgiResult(200, 49, endpos=12345)),
        ("200 result=1 (a (b) c)", AgiResult(200, 1, "a (b) c")),
        ("200 result=0 (timeout) endpos=16000", AgiResult(200, 0, "timeout", 16000)),
        ("200 result= (timeout)", AgiResult(200, 0, "timeout")),
        ("200 result=1*2", AgiResult(200, 0, "1*2")),
        ("the rest of an answer that was cut)\n200 result=1 (x)\n", AgiResult(200, 1, "x")),
        ("200 result=1 (speech) endpos=8 results=1 score0=90", AgiResult(200, 1, "speech", 8)),
    ],
)
def test_answers(answer: str, expected: AgiResult) -> None:
    """Answers as Asterisk words them."""
    assert parsed(answer) == expected


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("510 Invalid or unknown command", CallFailed),
        ("520-Invalid command syntax.  Proper usage follows:\n Usage: ...\n520 End of proper usage.\n", CallFailed),
        ("511 Command Not Permitted on a dead channel or intercept routine", HungUp),
        ("HANGUP", HungUp),
        ("", CallFailed),
        ("200", CallFailed),
        ("nonsense", CallFailed),
    ],
)
def test_answers_that_are_none(answer: str, error: type[Exception]) -> None:
    """What is no result is a failure, or the hangup that it means."""
    with pytest.raises(error):
        parsed(answer)
