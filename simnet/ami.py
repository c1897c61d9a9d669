"""A small AMI client: one process, one session, nothing clever. It shares no code with the product's on purpose."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Self

Message = dict[str, str]


class AmiError(Exception):
    """The simulated network's Asterisk refused an action, or went away; the message says which."""


class Ami:
    """One logged-in AMI session. Actions are answered one by one; events are read with ``events``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._replies: dict[str, asyncio.Future[Message]] = {}
        self._events: asyncio.Queue[Message | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(), name="simnet-ami")

    @classmethod
    async def open(cls, port: int, user: str, secret: str, *, events: bool = True) -> Self:
        """Connect to 127.0.0.1 and log in.

        Raises:
            OSError: nobody listens there (yet).
            AmiError: the login was refused or the connection ended.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        ami = cls(reader, writer)
        try:
            await ami.action("Login", Username=user, Secret=secret, Events="on" if events else "off")
        except BaseException:
            await ami.close()
            raise
        return ami

    async def action(self, name: str, *more: tuple[str, str], **headers: str | int) -> Message:
        """Send one action and wait for its reply; ``more`` is for headers that come several times.

        Raises:
            AmiError: the reply is an error, or the connection ended.
            ValueError: a value has a line break.
        """
        action_id = str(next(self._ids))
        lines = [("Action", name), ("ActionID", action_id), *((k, str(v)) for k, v in headers.items()), *more]
        text = "".join(f"{key}: {value}\r\n" for key, value in lines)
        if text.count("\n") != len(lines) or text.count("\r") != len(lines):
            raise ValueError("an AMI value must not have a line break")
        if self._reading.done():
            raise AmiError(f"{name}: the connection has ended")
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._replies[action_id] = reply
        self._writer.write(text.encode() + b"\r\n")
        try:
            message = await reply
        finally:
            self._replies.pop(action_id, None)
        if message["Response"] not in ("Success", "Goodbye"):
            raise AmiError(f"{name}: {message.get('Message', 'refused')}")
        return message

    async def events(self) -> AsyncIterator[Message]:
        """Every event from the login on, in order, until the connection ends."""
        while (event := await self._events.get()) is not None:
            yield event

    async def close(self) -> None:
        """End the session; waiters get ``AmiError``."""
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        message: Message = {}
        try:
            await self._reader.readline()  # the banner
            while line := await self._reader.readline():
                key, colon, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
                if colon:
                    message[key] = value.removeprefix(" ")
                elif message:
                    self._take(message)
                    message = {}
        except OSError:
            pass
        finally:
            self._events.put_nowait(None)
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(AmiError("the connection has ended"))

    def _take(self, message: Message) -> None:
        reply = self._replies.get(message.get("ActionID", ""))
        if "Response" in message and reply is not None and not reply.done():
            reply.set_result(message)
        elif "Event" in message:
            self._events.put_nowait(message)
