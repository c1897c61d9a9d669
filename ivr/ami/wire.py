"""One connection to Asterisk: bytes to messages, actions to replies. The only importer of panoramisk.

Used of panoramisk are the protocol, the action and the message; not its ``Manager``, which sends unanswered actions
again after a reconnect (a citizen was called twice), reconnects without back-off, never notices a refused login, and
never checks that a ping is answered.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ivr.ami import messages, parsing
from ivr.ami.fields import Headers
from ivr.ami.messages import AmiError, AmiLost, AmiRefused, AmiTimeout, Reply, Value

log = structlog.get_logger(__name__)

_BANNER: Final = b"Asterisk Call Manager/"
#: A message that grows beyond this is no message of Asterisk's; the line is dropped.
_MESSAGE_BYTES: Final = 256 * 1024
_END: Final = b"\r\n\r\n"


@dataclass(slots=True)
class Stats:
    """Counters of a client's life."""

    events: int = 0
    #: Of a kind we do not use.
    ignored: int = 0
    #: Of a kind we use, but not as Asterisk writes it: a forgery, or an Asterisk we do not know.
    malformed: int = 0
    #: Blocks that begin neither an event nor a reply: what is left when a value broke a message in two.
    torn: int = 0
    #: Before ``Connected``: the snapshot that is taken then covers it.
    early: int = 0
    #: Replies and list items that nobody waits for (any more).
    orphans: int = 0
    timeouts: int = 0
    #: Lines dropped because a message had no end, or the consumer did not keep up.
    floods: int = 0
    #: Messages that a fault of ours kept us from reading.
    faults: int = 0
    sessions: int = 0


class Request(Action):  # type: ignore[misc]  # panoramisk publishes no types
    """An action that waits for its reply, or for the list that follows it."""

    def __init__(self, headers: dict[str, Value], listing: tuple[str, str] | None, *, login: bool) -> None:
        super().__init__(headers)
        self.key: str = self["ActionID"]
        self.listing = listing
        self.login = login
        self.listed: list[Headers] = []
        self.reply: Reply | None = None
        #: Failures are results too: an exception in a future that nobody awaits any more would be logged as lost.
        self.outcome: asyncio.Future[AmiError | None] = self.future

    @property
    def answer(self) -> Reply:
        """The reply; there is one when the outcome is None."""
        if self.reply is None:
            raise AmiLost("no reply")
        return self.reply

    def end(self, outcome: AmiError | None) -> None:
        """Let the waiter go on; the first call counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Wire(AMIProtocol):  # type: ignore[misc]  # panoramisk publishes no types
    """One connection. ``responses`` (panoramisk's) is the only place where waiting actions stand.

    ``logged_in`` is called when the login is accepted, ``take`` with each event that belongs to no action:
    synchronously, in the order of the bytes.
    """

    closed: bool
    transport: asyncio.Transport
    responses: dict[str, Request]
    version: str | None

    def __init__(self, stats: Stats, logged_in: Callable[[], None], take: Callable[[Headers], None]) -> None:
        self.closed = True
        self._stats = stats
        self._logged_in = logged_in
        self._take = take
        self._tail = b""
        self._greeting: asyncio.Future[AmiError | None] = asyncio.get_running_loop().create_future()
        self._why = ""
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reads = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open; asyncio calls this."""
        super().connection_made(transport)
        self.encoding = "utf-8"

    async def greeted(self, seconds: float) -> None:
        """Wait for Asterisk's banner: the password goes to nobody else.

        Raises:
            AmiError: it did not come.
        """
        timer = asyncio.get_running_loop().call_later(seconds, self._greet, AmiTimeout("no banner of Asterisk"))
        try:
            outcome = await self._greeting
        finally:
            timer.cancel()
        if outcome is not None:
            raise outcome

    async def ask(
        self, headers: dict[str, Value], seconds: float, listing: tuple[str, str] | None = None, *, login: bool = False
    ) -> Request:
        """Send an action and wait for its end; nothing of it stays, whatever ends the wait.

        Raises:
            AmiRefused, AmiLost, AmiTimeout.
        """
        if self.closed:
            raise AmiLost(self._why)
        name = str(headers["Action"])
        request = Request(headers, listing, login=login)
        timer = asyncio.get_running_loop().call_later(seconds, request.end, AmiTimeout(f"{name}: no reply in time"))
        try:
            self.responses[request.key] = request
            # Not panoramisk's send: it writes an action that it could not send, secret and all, into the log.
            self.transport.write(str(request).encode())
            outcome = await request.outcome
        finally:
            timer.cancel()
            self.responses.pop(request.key, None)
        if isinstance(outcome, AmiTimeout):
            self._stats.timeouts += 1
        if outcome is not None:
            raise outcome
        if not request.answer.success:
            raise AmiRefused(name, request.answer)
        return request

    def data_received(self, data: bytes) -> None:
        """Read what came; asyncio calls this."""
        # Messages are cut out of the bytes and decoded whole: no read can split a character.
        self.reads += 1
        received = self._tail + data
        if self.version is None:
            received = self._banner(received)
        *blocks, self._tail = received.split(_END)
        for block in blocks:
            if self.closed:
                return
            try:
                self._read(block.decode("utf-8", "replace").lstrip("\r\n"))
            except Exception as fault:  # noqa: BLE001 - a message we fail to read must not cost the line and all calls
                self._stats.faults += 1
                # Where, and not with what: a traceback may show the values, and with them a caller's number.
                at = traceback.extract_tb(fault.__traceback__)[-1]
                log.error("ami_message_fault", fault=type(fault).__name__, at=f"{at.name}:{at.lineno}")  # noqa: TRY400
        if len(self._tail) > _MESSAGE_BYTES:
            self._stats.floods += 1
            self.close("a message without end")

    def _banner(self, received: bytes) -> bytes:
        line, end, rest = received.partition(b"\r\n")
        if not (line.startswith(_BANNER) if end else _BANNER.startswith(line[: len(_BANNER)])):
            self._greet(AmiLost("what answers at this port is no Asterisk"))
            self.close("no Asterisk")
            return b""
        if not end:
            return received
        self.version = line.removeprefix(_BANNER).decode("ascii", "replace")
        self._greet(None)
        return rest

    def _greet(self, outcome: AmiError | None) -> None:
        if not self._greeting.done():
            self._greeting.set_result(outcome)

    def _read(self, text: str) -> None:
        if text.startswith("Event: "):
            if text[7:].split("\r\n", 1)[0] not in parsing.KNOWN and "\r\nActionID: " not in text:
                self._stats.ignored += 1
                return
        elif not text.startswith("Response: "):
            self._stats.torn += bool(text)
            return
        message = Message.from_line(text)
        if message is not None:
            self.handle_message(message)

    def handle_message(self, message: Message) -> None:
        """Give a message to whom it is for."""
        headers: Headers = dict(message)
        key = message.action_id
        request = self.responses.get(key) if isinstance(key, str) else None
        name = headers.get("Event")
        if name is None:
            self._answer(request, headers)
        elif request is not None and request.listing is not None:
            self._item(request, request.listing, headers)
        elif isinstance(name, str) and name not in parsing.KNOWN:
            self._stats.orphans += 1  # read only because it has the id of an action
        else:
            self._take(headers)

    def _answer(self, request: Request | None, headers: Headers) -> None:
        if request is None or request.reply is not None:
            self._stats.orphans += 1
            return
        request.reply = messages.reply(headers)
        if request.reply.success and request.login:
            # Here and not in the waiter: the events that follow may stand in the same read.
            self._logged_in()
        if request.listing is None or not request.reply.success:
            del self.responses[request.key]
            request.end(None)

    def _item(self, request: Request, listing: tuple[str, str], headers: Headers) -> None:
        item, complete = listing
        if headers["Event"] == item:
            request.listed.append(headers)
        elif headers["Event"] == complete:
            del self.responses[request.key]
            request.end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone; asyncio calls this."""
        self.close(str(exc) if exc else "closed by Asterisk")

    def close(self, why: str = "") -> None:
        """Drop the connection and fail every waiter; nothing is kept for sending again."""
        if self.closed:
            return
        self.closed = True
        self._why = why
        self._tail = b""
        # abort, not close: to a dead peer what is still to be written would keep it open for ever.
        self.transport.abort()
        waiting = list(self.responses.values())
        self.responses.clear()
        for request in waiting:
            request.end(AmiLost(f"the line was lost: {why}"))
        self._greet(AmiLost(why))
        if not self.lost.done():
            self.lost.set_result(None)
