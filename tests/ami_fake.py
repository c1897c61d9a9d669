"""A TCP server that speaks AMI as Asterisk 22 does, and badly when a test wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ivr.ami.channel import AgiChannel
from ivr.ami.client import AmiClient
from ivr.ami.events import AsyncAgiEnd, AsyncAgiExec, Connected, Disconnected, Event, Hangup

Action = dict[str, str]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
CALL_ID = "node1-1795499377.1"
CHANNEL = "PJSIP/carrier-00000001"
BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nUptime: 1\r\nLastReload: 1\r\n\r\n\r\n"


def described(uniqueid: str = CALL_ID, number: str = "13854301001", prefix: str = "") -> str:
    """How Asterisk describes a channel in an event."""
    values = {
        "Channel": CHANNEL,
        "ChannelState": "6",
        "ChannelStateDesc": "Up",
        "CallerIDNum": number,
        "CallerIDName": "张三",
        "ConnectedLineNum": "<unknown>",
        "ConnectedLineName": "<unknown>",
        "Language": "zh",
        "AccountCode": "",
        "Context": "hotline-ask",
        "Exten": "new",
        "Priority": "3",
        "Uniqueid": uniqueid,
        "Linkedid": uniqueid,
    }
    return "".join(f"{prefix}{name}: {value}\r\n" for name, value in values.items())


def event(name: str, fields: str = "", uniqueid: str = CALL_ID, number: str = "13854301001") -> str:
    """A whole event about a channel; ``fields`` are its further headers, one a line."""
    further = "".join(f"{line}\r\n" for line in fields.split("\n") if line)
    return f"Event: {name}\r\nPrivilege: call,all\r\n{described(uniqueid, number)}{further}\r\n"


def environment(uniqueid: str = CALL_ID, number: str = "13854301001") -> str:
    """The ``Env`` header of AsyncAGIStart, as far as it is read."""
    lines = f"agi_request: async\nagi_uniqueid: {uniqueid}\nagi_callerid: {number}\nagi_calleridname: 张三\n"
    lines += "agi_callingpres: 0\nagi_dnid: 12345\nagi_context: hotline-ask\n\n"
    return "Env: " + "".join(f"%{byte:02X}" for byte in lines.encode())


class FakeAsterisk:
    """Listens on ``port`` while it is entered; everything it got is in ``received``.

    ``answers`` holds, by action, what is sent back (a function of the action and its reply's head, giving text), or
    None for silence. ``chunk`` bytes are written at a time, 0 for all at once. ``deaf`` answers nothing at all.
    """

    def __init__(self) -> None:
        self.received: list[Action] = []
        self.connections = 0
        self.answers: dict[str, Callable[[Action], str] | None] = {"Login": self._login, "Ping": self._ping}
        self.banner = BANNER
        self.boots = True
        self.chunk = 0
        self.deaf = False
        self._sessions: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._sending = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._server.close()
        self.drop()
        await asyncio.gather(*self._tasks)  # each ends when its connection does

    def drop(self) -> None:
        """Reset every connection."""
        for writer in self._sessions:
            writer.transport.abort()
        self._sessions.clear()

    async def send(self, text: str | bytes, writer: asyncio.StreamWriter | None = None) -> None:
        """Write to the newest session (or to that one), in chunks."""
        writer = writer or self._sessions[-1]
        data = text.encode() if isinstance(text, str) else text
        size = self.chunk or max(len(data), 1)
        async with self._sending:  # what is sent in chunks must not mix
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
                if self.chunk:
                    await asyncio.sleep(0)  # the client's reader runs between two chunks
            await writer.drain()

    def count(self, action: str) -> int:
        """How many of this action came."""
        return sum(one["Action"] == action for one in self.received)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something came that makes the condition true."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)

    @staticmethod
    def reply(action: Action, fields: str = "", response: str = "Success") -> str:
        """A reply to an action; ``fields`` are its further headers, one a line."""
        further = "".join(f"{line}\r\n" for line in fields.split("\n") if line)
        return f"Response: {response}\r\nActionID: {action['ActionID']}\r\n{further}\r\n"

    def _login(self, action: Action) -> str:
        return self.reply(action, "Message: Authentication accepted") + (BOOTED if self.boots else "")

    def _ping(self, action: Action) -> str:
        return self.reply(action, "Ping: Pong\nTimestamp: 1795499377.000000")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._sessions.append(writer)
        self.connections += 1
        try:
            writer.write(self.banner)
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                await self._answer(writer, dict(line.split(": ", 1) for line in block.strip().split("\r\n")))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, writer: asyncio.StreamWriter, action: Action) -> None:
        self.received.append(action)
        async with self._changed:
            self._changed.notify_all()
        answer = self.answers.get(action["Action"], self.reply)
        if answer is not None and not self.deaf:
            await self.send(answer(action), writer)


@asynccontextmanager
async def running(fake: FakeAsterisk, **options: Any) -> AsyncIterator[AmiClient]:
    """A client whose owner coroutine runs; ``options`` as of AmiClient. It leaves no task behind."""
    client = AmiClient(
        "127.0.0.1", fake.port, "hotline", "made-up-secret", **{"retry_seconds": (0.01, 0.05), **options}
    )
    owner = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        owner.cancel()
        await asyncio.wait([owner])
    assert owner.cancelled(), owner.exception()
    assert not [task for task in asyncio.all_tasks() if "/ivr/" in repr(task.get_coro())]


@asynccontextmanager
async def linked(fake: FakeAsterisk, **options: Any) -> AsyncIterator[AmiClient]:
    """The same, connected: ``Connected(1)`` is taken off its stream."""
    async with running(fake, **options) as client:
        assert await following(client) == Connected(1)
        yield client


async def following(client: AmiClient) -> Event:
    """The next event of the client's stream."""
    async with asyncio.timeout(20):
        return await client.events.get()


def waiting(client: AmiClient) -> int:
    """How many actions stand in a dictionary, ours or panoramisk's."""
    return 0 if client._wire is None else len(client._wire.responses)


def done(action: Action, result: str) -> str:
    """The end of an AGI command."""
    fields = f"Result: {quote(result + chr(10))}\nCommandId: {action['CommandID']}"
    return event("AsyncAGIExec", fields, uniqueid_of(action["Channel"]))


def uniqueid_of(channel: str) -> str:
    """The id of a channel by its name: CALL_ID of CHANNEL, else one with the number of the name."""
    return CALL_ID if channel == CHANNEL else f"node1-1.{int(channel[-8:])}"


async def deliver(client: AmiClient, find: Callable[[str], AgiChannel | None]) -> None:
    """Read the stream as the switchboard does."""
    while True:
        match await client.events.get():
            case AsyncAgiExec() as done:
                if channel := find(done.uniqueid):
                    channel.exec_done(done)
            case AsyncAgiEnd(uniqueid=uniqueid):
                if channel := find(uniqueid):
                    channel.session_ended()
            case Hangup(uniqueid=uniqueid, cause=cause):
                if channel := find(uniqueid):
                    channel.gone(cause)
            case Disconnected():
                if channel := find(CALL_ID):
                    channel.line_lost()
            case _:
                pass
