"""A script's commands on a channel: each ends, whatever the other side does, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.ami.channel import AgiChannel, SessionState
from ivr.channel import AgiResult, CallFailed, HungUp
from tests.ami_fake import CALL_ID, CHANNEL, FakeAsterisk, deliver, done, event, linked, waiting


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    """A fake Asterisk that runs every AGI command at once with success."""
    async with FakeAsterisk() as server:
        server.answers["AGI"] = lambda action: server.reply(action) + done(action, "200 result=1")
        yield server


@pytest.fixture
async def channel(fake: FakeAsterisk) -> AsyncIterator[AgiChannel]:
    """A live session of one channel, told of what happens; nothing waits when the test is over."""
    async with linked(fake) as client:
        session = AgiChannel(client, CHANNEL, CALL_ID)
        reader = asyncio.create_task(deliver(client, {CALL_ID: session}.get))
        yield session
        assert session._waiting == {}
        assert waiting(client) == 0
        reader.cancel()
        await asyncio.wait([reader])


async def _in_command(fake: FakeAsterisk, channel: AgiChannel, seconds: float = 60) -> asyncio.Task[AgiResult]:
    """A command that Asterisk has taken and does not end."""
    fake.answers["AGI"] = fake.reply
    task = asyncio.create_task(channel.command("STREAM FILE welcome #", seconds=seconds))
    await fake.until(lambda: fake.count("AGI") == 1)
    return task


async def test_a_command(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """A command reaches the channel as it is, and its answer comes back."""
    assert channel.id == CALL_ID
    assert await channel.command('STREAM FILE zh/欢迎 "#"', seconds=5) == AgiResult(200, 1)
    sent = fake.received[-1]
    assert (sent["Action"], sent["Channel"], sent["Command"]) == ("AGI", CHANNEL, 'STREAM FILE zh/欢迎 "#"')


async def test_a_hangup_ends_the_wait(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """Who waits for a command when the citizen hangs up gets HungUp, and so does everything after."""
    task = await _in_command(fake, channel)
    await fake.send(event("Hangup", "Cause: 16"))
    with pytest.raises(HungUp):
        await task
    assert (channel.state, channel.cause) == (SessionState.GONE, 16)
    sent = len(fake.received)
    with pytest.raises(HungUp):
        await channel.command("NOOP", seconds=5)
    with pytest.raises(HungUp):
        await channel.send_to("hotline-wait", "here")
    await channel.hang_up(16)
    assert len(fake.received) == sent


async def test_the_end_of_the_session_ends_the_wait(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """When somebody leads the channel away, the script that spoke with it ends; a later hangup is noted."""
    task = await _in_command(fake, channel)
    await fake.send(event("AsyncAGIEnd"))
    with pytest.raises(HungUp):
        await task
    assert channel.state is SessionState.ENDED
    channel.gone(31)
    assert (channel.state, channel.cause) == (SessionState.GONE, 31)


async def test_no_end_in_time(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """A command whose end does not come fails in its time; the end that comes late is a stray; the next one runs."""
    task = await _in_command(fake, channel, seconds=0.05)
    with pytest.raises(CallFailed, match="no end"):
        await task
    late = fake.received[-1]
    fake.answers["AGI"] = lambda action: fake.reply(action) + done(late, "200 result=9") + done(action, "200 result=2")
    assert (await channel.command("NOOP", seconds=5)).result == 2
    assert channel.strays == 1


async def test_no_reply_in_time(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """An Asterisk that does not even take the command fails it within the command's time."""
    fake.answers["AGI"] = None
    with pytest.raises(CallFailed, match="no reply"):
        await channel.command("NOOP", seconds=0.05)


async def test_a_cancelled_command(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """Nothing is left of a command whose script was stopped."""
    task = await _in_command(fake, channel)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_the_line_is_lost(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """Losing the line is not a hangup: the command fails, and so does everything after, at once."""
    task = await _in_command(fake, channel)
    fake.drop()
    with pytest.raises(CallFailed):
        await task
    with pytest.raises(CallFailed):
        await channel.command("NOOP", seconds=5)
    with pytest.raises(CallFailed):
        await channel.send_to("hotline-wait", "here")


async def test_a_command_of_an_earlier_session(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """The end of a command left over from an earlier session of the channel is not taken for an own one's."""
    earlier = AgiChannel(channel._client, CHANNEL, CALL_ID)
    left_over = await _in_command(fake, earlier)
    old = fake.received[-1]
    fake.answers["AGI"] = lambda action: fake.reply(action) + done(old, "200 result=9") + done(action, "200 result=2")
    assert (await channel.command("NOOP", seconds=5)).result == 2
    assert channel.strays == 1
    left_over.cancel()
    await asyncio.wait([left_over])


async def test_asterisk_has_no_such_channel(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """A channel that Asterisk no longer has is a hangup, also before its event came; hanging up is then no error."""
    for name, message in (
        ("AGI", f"Channel {CHANNEL} does not exist."),
        ("Redirect", f"Channel does not exist: {CHANNEL}"),
        ("Hangup", "No such channel"),
    ):
        fake.answers[name] = lambda action, message=message: fake.reply(action, f"Message: {message}", "Error")  # type: ignore[misc]  # a default is how a loop's value is kept
    with pytest.raises(HungUp):
        await channel.command("NOOP", seconds=5)
    with pytest.raises(HungUp):
        await channel.send_to("hotline-wait", "here")
    await channel.hang_up(16)


async def test_asterisk_refuses(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """Any other refusal is a failure: the citizen is still there."""
    for name in ("AGI", "Redirect", "Hangup"):
        fake.answers[name] = lambda action: fake.reply(action, "Message: Permission denied", "Error")
    with pytest.raises(CallFailed, match="Permission denied"):
        await channel.command("NOOP", seconds=5)
    with pytest.raises(CallFailed, match="Permission denied"):
        await channel.send_to("hotline-wait", "here")
    with pytest.raises(CallFailed, match="Permission denied"):
        await channel.hang_up(16)
    assert channel.state is SessionState.LIVE


async def test_sent_on(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """Sent on, the channel is out of this session's hands; what the session still waited for ends."""
    task = await _in_command(fake, channel)
    await channel.send_to("hotline-emergency", "110")
    sent = fake.received[-1]
    assert [sent[name] for name in ("Action", "Channel", "Context", "Exten", "Priority")] == [
        "Redirect",
        CHANNEL,
        "hotline-emergency",
        "110",
        "1",
    ]
    with pytest.raises(HungUp):
        await task
    with pytest.raises(HungUp):
        await channel.send_to("hotline-wait", "here")


@pytest.mark.parametrize("name", ["", "a,b", "a b", "a\r\nAction: Originate", "a" * 61, "席", "${X}", "a\n"])
async def test_only_names_are_places(fake: FakeAsterisk, channel: AgiChannel, name: str) -> None:
    """A channel is only sent to what is a name for sure, and no command breaks out of its line."""
    with pytest.raises(ValueError, match="place"):
        await channel.send_to(name, "s")
    with pytest.raises(ValueError, match="place"):
        await channel.send_to("hotline-wait", name)
    with pytest.raises(ValueError, match="line break"):
        await channel.command(f"NOOP {name}\n", seconds=5)
    assert fake.count("Redirect") + fake.count("AGI") == 0


async def test_minus_one_and_a_hangup(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """A command that a hangup cuts short ends with -1 first: that is a hangup."""
    fake.answers["AGI"] = lambda action: fake.reply(action) + done(action, "200 result=-1 endpos=800")
    task = asyncio.create_task(channel.command("STREAM FILE welcome #", seconds=5))
    await fake.until(lambda: fake.count("AGI") == 1)
    await fake.send(event("Hangup", "Cause: 16"))
    with pytest.raises(HungUp):
        await task


async def test_minus_one_alone(fake: FakeAsterisk, channel: AgiChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """-1 from a channel that lives on is the application's failure, for the script to judge."""
    monkeypatch.setattr("ivr.ami.channel._GRACE_SECONDS", 0.01)
    fake.answers["AGI"] = lambda action: fake.reply(action) + done(action, "200 result=-1 endpos=0")
    assert (await channel.command("STREAM FILE nothing #", seconds=5)).result == -1


async def test_minus_one_that_says_hangup(fake: FakeAsterisk, channel: AgiChannel) -> None:
    """-1 with the word hangup needs no waiting for the event."""
    fake.answers["AGI"] = lambda action: fake.reply(action) + done(action, "200 result=-1 (hangup) endpos=8000")
    with pytest.raises(HungUp):
        await channel.command("RECORD FILE x alaw # 5000", seconds=5)
