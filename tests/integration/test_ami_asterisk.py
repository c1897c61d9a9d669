"""The line to a real Asterisk: log in, ask, speak with a channel, be refused, lose it and find it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

import pytest

from ivr.ami.channel import AgiChannel
from ivr.ami.client import AmiClient, LinkState
from ivr.ami.events import AsyncAgiEnd, AsyncAgiExec, AsyncAgiStart, Connected, Disconnected, Event, Hangup, UserEvent
from ivr.ami.messages import LINE_BYTES, AmiRefused
from ivr.channel import CallFailed, HungUp
from tests.asterisk_process import AsteriskProcess

_DIALPLAN = """
[hotline-ask]
exten => new,1,Answer()
 same => n,AGI(agi:async)
 same => n,Hangup()
[hotline-wait]
exten => here,1,UserEvent(Arrived,Where: here)
 same => n,Wait(30)
[forge]
exten => s,1,Set(CALLERID(num)=${URIDECODE(FORGED)})
 same => n,UserEvent(Forged)
 same => n,Set(CALLERID(num)=1)
 same => n,UserEvent(Arrived,Where: here)
[far]
exten => end,1,Answer()
 same => n,Wait(60)
""".replace("FORGED", quote("1\r\n\r\nEvent: Hangup\r\nChannel: a/b\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\nX: "))

_E = TypeVar("_E", bound=Event)


@pytest.fixture(scope="module")
def asterisk() -> Iterator[AsteriskProcess]:
    """An Asterisk for this file's tests."""
    with AsteriskProcess(extensions=_DIALPLAN, modules=("func_uri",)) as process:
        yield process


def _client(asterisk: AsteriskProcess, secret: str | None = None) -> AmiClient:
    return AmiClient("127.0.0.1", asterisk.ami_port, asterisk.username, secret or asterisk.secret)


@asynccontextmanager
async def _line(client: AmiClient) -> AsyncIterator[AmiClient]:
    async with asyncio.TaskGroup() as tasks:
        owner = tasks.create_task(client.run())
        try:
            yield client
        finally:
            owner.cancel()


async def _next(client: AmiClient, kind: type[_E]) -> _E:
    async with asyncio.timeout(20):
        while True:
            event = await client.events.get()
            if isinstance(event, kind):
                return event


async def _call(client: AmiClient) -> AsyncAgiStart:
    reply = await client.action(
        "Originate",
        Channel="Local/end@far/n",
        Context="hotline-ask",
        Exten="new",
        Priority=1,
        CallerID='"张三" <13854301001>',
        Async="true",
    )
    assert reply.success
    return await _next(client, AsyncAgiStart)


async def test_log_in_ping_and_list(asterisk: AsteriskProcess) -> None:
    """Logged in, Asterisk answers a ping and lists its channels with what each is doing."""
    async with _line(_client(asterisk)) as client:
        assert await _next(client, Connected) == Connected(1)
        assert (await client.action("Ping"))["Ping"] == "Pong"
        start = await _call(client)
        (found,) = [one for one in await client.channels() if one.uniqueid == start.uniqueid]
        assert (found.application, found.application_data, found.context) == ("AGI", "agi:async", "hotline-ask")
        assert found.uniqueid.startswith("node1-")
        assert client.stats.malformed == 0
        await AgiChannel.of(client, start).hang_up(16)
        assert (await _next(client, Hangup)).uniqueid


async def test_a_script_speaks_with_a_channel(asterisk: AsteriskProcess) -> None:
    """Commands are answered, a bad one fails, a redirect ends the session, and what comes later is a hangup."""
    async with _line(_client(asterisk)) as client:
        await _next(client, Connected)
        start = await _call(client)
        assert (start.number, start.name, start.presentation) == ("13854301001", "张三", 0)
        channel = AgiChannel.of(client, start)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(_deliver(client, channel))
            await channel.command('SET VARIABLE GREETING "2 (two)"', seconds=5)
            got = await channel.command("GET VARIABLE GREETING", seconds=5)
            assert (got.code, got.result, got.data) == (200, 1, "2 (two)")
            with pytest.raises(CallFailed, match="510"):
                await channel.command("NO SUCH THING", seconds=5)
            with pytest.raises(CallFailed, match="520"):
                await channel.command("WAIT FOR DIGIT", seconds=5)
            await channel.send_to("hotline-wait", "here")
            with pytest.raises(HungUp):
                await channel.command("NOOP", seconds=5)
            await reader
        assert channel.strays == 0
        await channel.hang_up(16)
        while (await _next(client, Hangup)).uniqueid != start.uniqueid:
            pass
        await channel.hang_up(16)  # gone: no error
        with pytest.raises(HungUp):
            await AgiChannel.of(client, start).command("NOOP", seconds=5)
        with pytest.raises(HungUp):
            await AgiChannel.of(client, start).send_to("hotline-wait", "here")


async def _deliver(client: AmiClient, channel: AgiChannel) -> None:
    while True:
        match await client.events.get():
            case AsyncAgiExec() as event:
                channel.exec_done(event)
            case AsyncAgiEnd():
                channel.session_ended()
            case UserEvent(name="Arrived", uniqueid=channel.id, fields={"Where": "here"}):
                return


async def test_a_number_that_forges_events(asterisk: AsteriskProcess) -> None:
    """Asterisk writes a caller's number as it came, line ends and all; we read no event out of it."""
    async with _line(_client(asterisk)) as client:
        await _next(client, Connected)
        await client.action(
            "Originate", Channel="Local/end@far/n", Context="forge", Exten="s", Priority=1, Async="true"
        )
        ids = []
        async with asyncio.timeout(20):
            while not isinstance(event := await client.events.get(), UserEvent):
                ids.append(getattr(event, "uniqueid", ""))
        assert event.name == "Arrived"
        assert "1.1" not in ids
        assert client.stats.malformed > 0
        assert client.stats.torn > 0


async def test_a_line_of_1024_bytes_arrives(asterisk: AsteriskProcess) -> None:
    """The longest line that we send is one that Asterisk reads."""
    async with _line(_client(asterisk)) as client:
        await _next(client, Connected)
        value = "x" * (LINE_BYTES - len("Val: \r\n"))
        with pytest.raises(ValueError, match="too long"):
            await client.action("DBPut", Family="test", Key="long", Val=value + "x")
        await client.action("DBPut", Family="test", Key="long", Val=value)
        (entry,) = await client.listing(
            "DBGet", item_event="DBGetResponse", complete_event="DBGetComplete", Family="test", Key="long"
        )
        assert entry["Val"] == value


async def test_what_asterisk_refuses(asterisk: AsteriskProcess) -> None:
    """An action that Asterisk refuses says why."""
    async with _line(_client(asterisk)) as client:
        await _next(client, Connected)
        with pytest.raises(AmiRefused) as refused:
            await client.action("Redirect", Channel="PJSIP/nobody-00000001", Context="far", Exten="end", Priority=1)
        assert "does not exist" in refused.value.reply.message


async def test_wrong_password(asterisk: AsteriskProcess) -> None:
    """A wrong password is told from a dead Asterisk."""
    client = _client(asterisk, secret="wrong")
    async with _line(client):
        async with asyncio.timeout(10):
            while client.state is not LinkState.REFUSED:  # noqa: ASYNC110 - the state is what operators look at
                await asyncio.sleep(0.01)
        assert client.events.empty()


async def test_kill_and_return() -> None:
    """Killed with -9, Asterisk is missed at once and found again, in one ordered stream."""
    with AsteriskProcess(extensions=_DIALPLAN) as process:
        async with _line(_client(process)) as client:
            assert await _next(client, Connected) == Connected(1)
            process.kill()
            assert await _next(client, Disconnected) == Disconnected(1)
            await asyncio.to_thread(process.start)
            assert await _next(client, Connected) == Connected(2)
            assert (await client.action("Ping")).success
