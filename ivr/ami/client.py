"""The line to Asterisk: one owner coroutine that connects, checks, watches and reconnects, and one stream of events.

What is sent and received, and panoramisk, is in ``ivr.ami.wire``.
"""

from __future__ import annotations

import asyncio
import random
from enum import StrEnum

import structlog

from ivr.ami import messages, parsing
from ivr.ami.events import ChannelSnapshot, Connected, Disconnected, Event, FullyBooted
from ivr.ami.fields import Headers
from ivr.ami.messages import AmiError, AmiLost, AmiRefused, AmiTimeout, Reply, Value
from ivr.ami.wire import Stats, Wire

log = structlog.get_logger(__name__)


class LinkState(StrEnum):
    """How the line is."""

    DOWN = "down"
    #: Logged in; Asterisk is still loading.
    BOOTING = "booting"
    UP = "up"
    #: Asterisk refused the credentials: somebody has to correct them.
    REFUSED = "refused"


class AmiClient:
    """A line to Asterisk's manager interface.

    ``run`` owns it: start it once as a task; cancel it to end the line. ``events`` is the one stream of what happens,
    in Asterisk's order; of each session it has ``Connected``, its events, ``Disconnected``. A session that the
    consumer does not keep up with (``backlog`` events wait) is dropped, so that the stream never has a silent hole.

    Seconds: a ping every ``ping_seconds``; a line on which nothing came for ``pong_seconds`` after it is dead;
    ``connect_seconds`` for the connection, the banner, the login each; ``boot_seconds`` for Asterisk to load;
    ``retry_seconds`` the first and the longest pause before trying again, ``refused_seconds`` that after a refused
    login; pauses are shortened by chance to half at most.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        ping_seconds: float = 3.0,
        pong_seconds: float = 5.0,
        connect_seconds: float = 5.0,
        boot_seconds: float = 60.0,
        retry_seconds: tuple[float, float] = (0.1, 2.0),
        refused_seconds: float = 60.0,
        backlog: int = 100_000,
    ) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.state = LinkState.DOWN
        self.stats = Stats()
        self.session = 0
        self._address = (host, port)
        self._login = {"Username": username, "Secret": secret, "Events": "on"}
        self._ping_seconds = ping_seconds
        self._pong_seconds = pong_seconds
        self._connect_seconds = connect_seconds
        self._boot_seconds = boot_seconds
        self._retry_seconds = retry_seconds
        self._refused_seconds = refused_seconds
        self._backlog = backlog
        self._wire: Wire | None = None
        self._reported = ""

    @property
    def connected(self) -> bool:
        """Whether actions can be sent now."""
        return self.state is LinkState.UP and self._wire is not None and not self._wire.closed

    async def action(self, name: str, /, *, seconds: float = 5.0, **fields: Value) -> Reply:
        """Send one action and wait for its reply, at most ``seconds``. Its bytes leave before the first await.

        Raises:
            AmiRefused: Asterisk answered with an error.
            AmiLost: there is no line, or it was lost before the reply; the action is not sent again.
            AmiTimeout: no reply in time.
            ValueError: it cannot be sent as it is (``messages.checked``).
        """
        headers = messages.checked(name, fields)
        return (await self._up().ask(headers, seconds)).answer

    async def listing(
        self, name: str, /, *, item_event: str, complete_event: str, seconds: float = 10.0, **fields: Value
    ) -> list[Headers]:
        """Send an action that is answered by a list of events, and wait for its end.

        Raises:
            AmiRefused, AmiLost, AmiTimeout, ValueError: as ``action``; a part of a list is never returned.
        """
        headers = messages.checked(name, fields)
        return (await self._up().ask(headers, seconds, (item_event, complete_event))).listed

    async def channels(self) -> list[ChannelSnapshot]:
        """All channels that Asterisk has now; malformed ones are left out and counted.

        Raises:
            AmiRefused, AmiLost, AmiTimeout: as ``action``.
        """
        items = await self.listing(
            "CoreShowChannels", item_event="CoreShowChannel", complete_event="CoreShowChannelsComplete"
        )
        found = [snapshot for item in items if (snapshot := parsing.snapshot(item)) is not None]
        self.stats.malformed += len(items) - len(found)
        return found

    async def run(self) -> None:
        """Keep the line up until cancelled; trouble is logged once for each kind in a row, not at every try."""
        first, longest = self._retry_seconds
        pause = first
        clock = asyncio.get_running_loop().time
        while True:
            before, opened_at = self.stats.sessions, clock()
            try:
                await self._live()
            except AmiRefused as refusal:
                self.state = LinkState.REFUSED
                self._report("ami_login_refused", error=True, answer=refusal.reply.message)
                await _pause(self._refused_seconds)
                continue
            except (OSError, AmiError) as trouble:
                self._report("ami_line_lost" if self.stats.sessions > before else "ami_unreachable", why=str(trouble))
            if self.stats.sessions > before and clock() - opened_at > longest:
                pause = first  # a line that is lost as soon as it is up must not be sought in a storm
            await _pause(pause)
            pause = min(pause * 2, longest)

    async def _live(self) -> None:
        """One connection from its opening to its loss.

        Raises:
            AmiRefused: the credentials are wrong.
            AmiError, OSError: anything else that ended it.
        """
        loop = asyncio.get_running_loop()
        wire = Wire(self.stats, lambda: self._logged_in(wire), lambda headers: self._take(wire, headers))
        try:
            try:
                async with asyncio.timeout(self._connect_seconds):
                    await loop.create_connection(lambda: wire, *self._address)
            except TimeoutError:
                raise AmiTimeout("no connection in time") from None
            await wire.greeted(self._connect_seconds)
            await self._log_in(wire)
            await self._watch(wire)
        finally:
            wire.close("closed by us")
            self._closed(wire)

    async def _log_in(self, wire: Wire) -> None:
        try:
            await wire.ask({"Action": "Login", **self._login}, self._connect_seconds, login=True)
        except AmiRefused as refusal:
            # "Asterisk is shutting down" and the like are refusals too, but not of the credentials.
            if "authentication" in refusal.reply.message.lower():
                raise
            raise AmiLost(f"login: {refusal.reply.message}") from None

    async def _watch(self, wire: Wire) -> None:
        """Ping until the line is lost.

        Raises:
            AmiError: why it was lost.
        """
        loop = asyncio.get_running_loop()
        boot_until = loop.time() + self._boot_seconds
        while True:
            await asyncio.wait({wire.lost}, timeout=self._ping_seconds)
            reads = wire.reads
            try:
                await wire.ask({"Action": "Ping"}, self._pong_seconds)
            except AmiTimeout:
                # While events come the line is alive, however long Asterisk is busy with an action.
                if wire.reads == reads:
                    raise AmiTimeout("silent: no answer to a ping") from None
            if not self.connected and loop.time() > boot_until:
                raise AmiTimeout("FullyBooted did not come; the account needs the read class system")

    def _up(self) -> Wire:
        if self._wire is None or self.state is not LinkState.UP:
            raise AmiLost("no line to Asterisk")
        return self._wire

    def _report(self, event: str, *, error: bool = False, **details: str) -> None:
        if self._reported != event:
            self._reported = event
            (log.error if error else log.warning)(event, **details)

    def _logged_in(self, wire: Wire) -> None:
        self._wire = wire
        self.state = LinkState.BOOTING

    def _take(self, wire: Wire, headers: Headers) -> None:
        event = parsing.parse(headers)
        if event is None:
            self.stats.malformed += 1
        elif isinstance(event, FullyBooted):
            self._booted(wire)
        elif self.state is not LinkState.UP:
            self.stats.early += 1
        elif self.events.qsize() >= self._backlog:
            self.stats.floods += 1
            wire.close("the consumer of events does not keep up")
        else:
            self.stats.events += 1
            self.events.put_nowait(event)

    def _booted(self, wire: Wire) -> None:
        if wire is self._wire and self.state is LinkState.BOOTING:
            self.state = LinkState.UP
            self.session += 1
            self.stats.sessions += 1
            self._reported = ""
            self.events.put_nowait(Connected(self.session))
            log.info("ami_up", session=self.session)

    def _closed(self, wire: Wire) -> None:
        was_up = wire is self._wire and self.state is LinkState.UP
        self._wire = None
        self.state = LinkState.DOWN
        if was_up:
            self.events.put_nowait(Disconnected(self.session))


async def _pause(seconds: float) -> None:
    # By chance, so that several services of one Asterisk do not all come back in the same instant.
    await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load; nothing secret
