"""One task per live script: what happens on a ring, a hangup, a crash, a restart and a shutdown.

Events come in one ordered stream and are taken one at a time; nothing here waits for a caller.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from common import clock
from ivr import claims, progress
from ivr.adoption import Adoption
from ivr.ami.channel import AgiChannel
from ivr.ami.client import AmiClient
from ivr.ami.events import (
    AgentConnect,
    AsyncAgiEnd,
    AsyncAgiExec,
    AsyncAgiStart,
    Connected,
    Disconnected,
    Event,
    Hangup,
    QueueCallerJoin,
    QueueCallerLeave,
    UserEvent,
)
from ivr.ami.messages import AmiError
from ivr.book import Book
from ivr.call import Call, Facts
from ivr.channel import CallFailed, HungUp
from ivr.heartbeat import Heartbeat
from ivr.model import CallerId, CallRecord

log = structlog.get_logger(__name__)

#: A script as the switchboard starts it; it knows nothing of tickets (docs/architecture.md, imports).
Script = Callable[[Call], Awaitable[None]]

#: A channel of an endpoint is PJSIP/<endpoint>-<eight hex digits>.
_ENDPOINT: Final = re.compile(r"PJSIP/([A-Za-z0-9-]{1,40})-[0-9a-f]{8}")
_HEARTBEAT_SECONDS: Final = 2.0
_DRAIN_LOOK_SECONDS: Final = 0.5
_FIRST_STEP: Final = "new"


class Switchboard:
    """Takes what happens on the line, and starts the script that each step asks for.

    ``pick`` gives the script of a step, ``adoption`` finds what lives after a gap, ``call_ended`` hears of each end
    (the recordings' sweeper), ``alarm`` of what an operator must know, ``shed`` how many calls were refused for want of
    capacity since it last heard.
    """

    def __init__(
        self,
        client: AmiClient,
        book: Book,
        adoption: Adoption,
        pick: Callable[[str], Script],
        *,
        live_recordings: Path,
        call_ended: Callable[[], None],
        alarm: Callable[[str, str], None],
        shed: Callable[[int], Awaitable[None]],
    ) -> None:
        self._client = client
        self._book = book
        self._adoption = adoption
        self._pick = pick
        self._live_recordings = live_recordings
        self._call_ended = call_ended
        self._alarm = alarm
        self._shed = shed
        self._heartbeat = Heartbeat(client)
        self._shed_calls = 0
        self._unreadable = 0
        self._sessions: dict[str, AgiChannel] = {}
        self._scripts: dict[str, asyncio.Task[None]] = {}
        self._left_at: dict[str, int] = {}
        #: Events that were under way when live calls were looked up: a start among them is known already.
        self._stale_events = 0
        self.line_is_up = asyncio.Event()
        self.line_is_down = asyncio.Event()
        self.line_is_down.set()

    async def run(self) -> None:
        """Take events until cancelled. Scripts end with it; their callers wait in Asterisk and are found again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat(), name="heartbeat")
            try:
                while True:
                    event = await self._client.events.get()
                    stale = self._stale_events > 0
                    self._stale_events -= stale
                    await self._take(event, tasks, stale=stale)
            finally:
                for task in self._scripts.values():
                    task.cancel()

    async def drain(self, seconds: float) -> None:
        """Take no new calls (the dialplan leads them to the seats by itself) until those of now have ended.

        Gives up after ``seconds``: what still lives then goes on in Asterisk and is taken into the books later.
        """
        await self._heartbeat.leaving()
        try:
            async with asyncio.timeout(seconds):
                while len(self._book):  # noqa: ASYNC110 - the last of many calls has no event of its own
                    await asyncio.sleep(_DRAIN_LOOK_SECONDS)
        except TimeoutError:
            log.warning("calls outlive the drain; they go on without the service", calls=len(self._book))
        await self._book.written()

    # ── Events ──

    async def _take(self, event: Event, tasks: asyncio.TaskGroup, *, stale: bool) -> None:
        match event:
            case AsyncAgiStart() if stale and event.uniqueid in self._sessions:
                log.debug("a start was seen twice", call=event.uniqueid)
            case AsyncAgiStart():
                self._start(event, tasks)
            case UserEvent():
                await self._said(event)
            case Connected():
                await self._connected(tasks)
            case Disconnected():
                self._disconnected()
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        """What a session or the record of a call must know."""
        match event:
            case AsyncAgiExec() if session := self._sessions.get(event.uniqueid):
                session.exec_done(event)
            case AsyncAgiEnd() if session := self._sessions.pop(event.uniqueid, None):
                session.session_ended()
            case Hangup():
                self._hung_up(event)
            case AgentConnect():
                self._book.update(event.uniqueid, progress.answered, event.member, clock.now())
            case QueueCallerJoin():
                self._book.update(event.uniqueid, progress.queued, clock.now())
            case QueueCallerLeave():
                self._left_at[event.uniqueid] = event.position
            case _:
                pass

    def _start(self, event: AsyncAgiStart, tasks: asyncio.TaskGroup) -> None:
        call_id = event.uniqueid
        trunk = _trunk(event.channel)
        caller_id = claims.read(event.variables.get(claims.VARIABLE, ""), trunk) or CallerId(
            event.number, event.name, event.presentation, trunk=trunk
        )
        if call_id not in self._book:
            self._book.open(
                CallRecord(
                    id=call_id,
                    trunk=caller_id.trunk,
                    dialled=event.dnid,
                    claimed_number=caller_id.number,
                    number="",
                    reason="",
                    shadowed=False,
                    rang_at=clock.now(),
                )
            )
        self._speak(event.channel, Facts(event.exten, caller_id, event.dnid), call_id, tasks)

    def _speak(self, channel: str, facts: Facts, call_id: str, tasks: asyncio.TaskGroup) -> None:
        if old := self._sessions.pop(call_id, None):
            old.session_ended()
        session = AgiChannel(self._client, channel, call_id)
        self._sessions[call_id] = session
        task = tasks.create_task(self._script(session, facts), name=f"script {facts.step}")
        self._scripts[call_id] = task
        task.add_done_callback(lambda done: self._scripts.pop(call_id) if self._scripts.get(call_id) is done else None)

    async def _script(self, session: AgiChannel, facts: Facts) -> None:
        """Run one script to its end; whatever happens in it, the caller does not stay in silence."""
        call = Call(session, facts, self._live_recordings)
        try:
            await self._pick(facts.step)(call)
        except HungUp:
            pass
        except CallFailed as failure:
            log.warning("a step failed on the line", call=call.id, step=facts.step, why=str(failure))
        except Exception:
            log.exception("a script is wrong", call=call.id, step=facts.step)
            self._alarm("script", facts.step)
        if call.sent_on or self._sessions.get(call.id) is not session:
            return
        try:
            await (call.open() if facts.step == _FIRST_STEP else call.wait(first=True))
        except (HungUp, CallFailed):
            log.warning("a caller could not be led on; the dialplan's time limit does it", call=call.id)

    def _hung_up(self, event: Hangup) -> None:
        self._left_at.pop(event.uniqueid, None)
        if session := self._sessions.pop(event.uniqueid, None):
            session.gone(event.cause)
        if script := self._scripts.get(event.uniqueid):
            # It may still have to keep what was said until the hangup, as a message with its ticket.
            now = clock.now()
            script.add_done_callback(lambda _: self._over(event, now))
        else:
            self._over(event, clock.now())

    def _over(self, event: Hangup, at: datetime) -> None:
        if event.uniqueid in self._book:
            self._book.update(event.uniqueid, progress.ended, event.cause, at)
            self._call_ended()

    async def _said(self, event: UserEvent) -> None:
        if event.name == "HotlineShed":
            self._shed_calls += 1
        elif event.name == "HotlineKey":
            # The key may have been pressed by mistake: then the caller goes back to where they stood.
            if position := self._left_at.get(event.uniqueid):
                await self._heartbeat.set("HOTLINE_POSITION", str(position), event.fields.get("On", ""))
        elif event.name == "HotlineEmergency":
            service, answered = event.fields.get("Service", ""), event.fields.get("Status") == "answered"
            at = clock.now() if answered else None
            self._book.update(event.fields.get("Call", ""), progress.emergency, service, at)
            if not answered:
                self._alarm("emergency-route", service)

    # ── The line ──

    async def _connected(self, tasks: asyncio.TaskGroup) -> None:
        await self._heartbeat.arrived()
        try:
            found = await self._adoption.adopt(self._book)
        except AmiError as error:
            log.warning("the line was lost before the calls of now were found", why=type(error).__name__)
            return
        self._stale_events = self._client.events.qsize()
        for live in found:
            log.info("a live call is taken over", call=live.call_id, step=live.facts.step)
            self._speak(live.channel, live.facts, live.call_id, tasks)
        self._call_ended()
        self.line_is_down.clear()
        self.line_is_up.set()

    def _disconnected(self) -> None:
        self.line_is_up.clear()
        self.line_is_down.set()
        for session in self._sessions.values():
            session.line_lost()
        self._sessions.clear()
        self._left_at.clear()
        self._book.forget()

    async def _beat(self) -> None:
        """Tell the dialplan every two seconds that somebody listens, and look after what nobody waits for."""
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            if self.line_is_up.is_set():
                await self._heartbeat.here()
            stats = self._client.stats
            unreadable = stats.malformed + stats.torn + stats.faults
            if unreadable > self._unreadable:
                self._unreadable = unreadable
                self._alarm("ami-unreadable", f"Asterisk 的消息有 {unreadable} 条无法解读,可能有人伪造,也可能版本不符")
            if self._shed_calls:
                calls, self._shed_calls = self._shed_calls, 0
                await self._shed(calls)


def _trunk(channel: str) -> str:
    found = _ENDPOINT.fullmatch(channel)
    return found[1] if found else ""
