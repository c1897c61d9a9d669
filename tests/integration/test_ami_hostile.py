"""Bytes that are split, forged, endless, or too many do not confuse, stop or silence the line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from ivr.ami.events import AsyncAgiEnd, Connected, Disconnected, Hangup, UserEvent
from ivr.ami.fields import Headers
from ivr.ami.wire import Stats, Wire
from tests.ami_fake import BANNER, CALL_ID, CHANNEL, FakeAsterisk, event, following, linked

_END = AsyncAgiEnd(CALL_ID, CHANNEL)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    """A fake Asterisk that behaves until told otherwise."""
    async with FakeAsterisk() as server:
        yield server


def _said(text: str, number: int = 0) -> str:
    return event("UserEvent", f"UserEvent: Said\nText: {text}\nNumber: {number}")


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
async def test_split_anywhere(fake: FakeAsterisk, chunk: int) -> None:
    """Wherever a message is cut, in a character, a line end, the banner, it arrives whole."""
    fake.chunk = chunk
    async with linked(fake) as client:
        reads = client._wire.reads if client._wire else 0
        text = _said("您好，滨州市12345热线。𠮷") + event("AsyncAGIEnd")
        await fake.send(text)
        assert await following(client) == UserEvent(
            "Said", CALL_ID, {"Text": "您好，滨州市12345热线。𠮷", "Number": "0"}
        )
        assert await following(client) == _END
        assert client._wire is not None
        assert client._wire.reads - reads > 20  # it was split indeed


async def test_every_cut() -> None:
    """Cut in two at any of its bytes, a stream is read as if it were whole."""
    stream = BANNER + (_said("您好。𠮷") + event("AsyncAGIEnd") + "Response: Success\r\nActionID: x\r\n\r\n").encode()
    for cut in range(len(stream) + 1):
        stats, taken = Stats(), list[Headers]()
        wire = Wire(stats, lambda: None, taken.append)
        wire.connection_made(asyncio.Transport())
        wire.data_received(stream[:cut])
        wire.data_received(stream[cut:])
        assert [headers["Event"] for headers in taken] == ["UserEvent", "AsyncAGIEnd"]
        assert taken[0]["Text"] == "您好。𠮷"
        assert stats == Stats(orphans=1)


async def test_bytes_that_are_no_characters(fake: FakeAsterisk) -> None:
    """Bytes that are not UTF-8 cost themselves, nothing around them."""
    async with linked(fake) as client:
        await fake.send(_said("a?b").encode().replace(b"?", b"\xff\xe4\xbd"))
        said = await following(client)
        assert isinstance(said, UserEvent)
        assert said.fields["Text"] == "a\ufffd\ufffdb"


@pytest.mark.parametrize("control", ["\0", "\r", "\n", "\x1b[2J", "\x85", "\u2028"])
async def test_control_characters_from_outside(fake: FakeAsterisk, control: str) -> None:
    """A value with a control character does not get in; what follows does."""
    async with linked(fake) as client:
        await fake.send(_said("a?b").replace("?", control) + event("AsyncAGIEnd"))
        assert await following(client) == _END
        assert client.stats.malformed == 1


async def test_a_number_that_forges_events(fake: FakeAsterisk) -> None:
    """What a caller can write into the 79 bytes that Asterisk keeps of a number forges no event.

    The event whose number it was is lost with it; all others arrive.
    """
    forged = "1\r\n\r\nEvent: Hangup\r\nChannel: a/b\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nCause: 16\r\n\r\n"
    assert len(forged) <= 79
    async with linked(fake) as client:
        await fake.send(event("AsyncAGIEnd", number=forged) + event("AsyncAGIEnd"))
        assert await following(client) == _END
        assert client.events.empty()
        assert (client.stats.malformed, client.stats.torn) == (2, 1)


async def test_a_number_that_forges_a_reply(fake: FakeAsterisk) -> None:
    """A forged reply finds nobody: the ids of actions cannot be guessed, and differ from one to the next."""
    async with linked(fake) as client:
        await fake.send(event("AsyncAGIEnd", number="1\r\n\r\nResponse: Success\r\nActionID: 1\r\n\r\n"))
        await client.action("Ping")
        await client.action("Ping")
        first, second = (one["ActionID"] for one in fake.received[-2:])
        assert first != second
        assert len(first) > 36
        assert client.stats.orphans == 1


async def test_events_out_of_the_blue(fake: FakeAsterisk) -> None:
    """Events of unknown kinds, empty ones and nonsense are passed over."""
    async with linked(fake) as client:
        await fake.send(
            "\r\n\r\n\r\nEvent: \r\n\r\nEvent: Newexten\r\nX: y\r\n\r\nnonsense\r\n\r\nResponse: \r\n\r\n: \r\n\r\n"
        )
        await fake.send("Event: Hangup\r\n\r\nEvent: Hangup\r\nEvent: Hangup\r\nCause: 16\r\n\r\n")
        await fake.send(event("Shutdown") + event("Hangup", "Cause: 16"))
        assert await following(client) == Hangup(CALL_ID, CALL_ID, CHANNEL, 16)
        assert client.connected
        assert client.stats.faults == 0


async def test_a_burst(fake: FakeAsterisk) -> None:
    """10,000 events at once, cut at random, arrive all and in their order."""
    count = 10_000
    data = "".join(_said("您好", number) for number in range(count)).encode()
    cuts = random.Random(12345)  # noqa: S311 - the same cuts at every run
    async with linked(fake) as client:
        start = 0
        while start < len(data):
            end = start + cuts.randint(1, 65_536)
            await fake.send(data[start:end])
            start = end
        numbers = []
        for _ in range(count):
            said = await following(client)
            assert isinstance(said, UserEvent)
            numbers.append(int(said.fields["Number"]))
        assert numbers == list(range(count))
        assert (await client.action("Ping")).success


async def test_a_message_without_end(fake: FakeAsterisk) -> None:
    """A message that does not end within 256 KiB costs the line, not the memory; the line comes back."""
    async with linked(fake) as client:
        await fake.send("Event: UserEvent\r\nText: " + "x" * 300_000)
        assert await following(client) == Disconnected(1)
        assert await following(client) == Connected(2)
        assert client.stats.floods == 1


async def test_a_consumer_that_does_not_keep_up(fake: FakeAsterisk) -> None:
    """Too many waiting events end the session, so that the consumer takes stock anew; none is dropped unseen."""
    async with linked(fake, backlog=10) as client:
        await fake.send("".join(_said("x", number) for number in range(100)))
        for number in range(10):
            said = await following(client)
            assert isinstance(said, UserEvent)
            assert said.fields["Number"] == str(number)
        assert await following(client) == Disconnected(1)
        assert await following(client) == Connected(2)
        assert client.stats.floods == 1


async def test_a_fault_of_ours_does_not_cost_the_line(fake: FakeAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message on which our own reading fails is logged and counted; the line and all other events live on."""

    def fail(_: object) -> None:
        raise ZeroDivisionError

    async with linked(fake) as client:
        with monkeypatch.context() as patch:
            patch.setattr("ivr.ami.parsing.parse", fail)
            await fake.send(event("AsyncAGIEnd"))
            await client.action("Ping")
        await fake.send(event("AsyncAGIEnd"))
        assert await following(client) == _END
        assert client.stats.faults == 1
