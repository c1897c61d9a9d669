"""A citizen's channel under AsyncAGI, as a script's ``Channel``."""

from __future__ import annotations

import asyncio
import re
import secrets
from enum import StrEnum
from typing import Final

import structlog

from ivr.ami.client import AmiClient
from ivr.ami.events import AsyncAgiExec, AsyncAgiStart
from ivr.ami.messages import AmiError, AmiRefused
from ivr.channel import AgiResult, CallFailed, HungUp

log = structlog.get_logger(__name__)

#: Asterisk answers an action at once; what takes longer is a sick Asterisk.
_REPLY_SECONDS: Final = 5.0
#: After ``result=-1`` the news that the channel or the session is over follows at once, if that was the cause.
_GRACE_SECONDS: Final = 1.0
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_ANSWER: Final = re.compile(r"([0-9]{3}) result=(-?[^ ]*)(?: \((.*)\))?(?: endpos=([0-9]+))?.*")
_STATUS: Final = re.compile(r"([0-9]{3})[ -](.*)")
_NO_CHANNEL: Final = re.compile(r"no such channel|channel does not exist|channel \S+ does not exist", re.IGNORECASE)
_DEAD: Final = 511
_SUCCESS: Final = 200


class SessionState(StrEnum):
    """How far an AGI session is; each but the first is final."""

    LIVE = "live"
    #: The call goes on in the dialplan, or another session has it.
    ENDED = "ended"
    #: The channel is hung up.
    GONE = "gone"
    #: The line to Asterisk was lost; the channel is taken up anew when it is back.
    LOST = "lost"


class AgiChannel:
    """One AsyncAGI session of a channel (``ivr.channel.Channel``).

    Whoever reads the client's events tells it what concerns it: ``exec_done``, ``session_ended``, ``gone``,
    ``line_lost``. Its command ids carry a secret epoch, so that neither the end of a command left over from an
    earlier session nor a forged one is taken for the end of a command of this session.
    """

    def __init__(self, client: AmiClient, channel: str, call_id: str) -> None:
        self.channel = channel
        self.state = SessionState.LIVE
        self.cause = 0
        #: Ends of commands that are none of this session's.
        self.strays = 0
        self._client = client
        self._id = call_id
        self._epoch = secrets.token_hex(8)
        self._count = 0
        self._waiting: dict[str, asyncio.Future[str | Exception]] = {}
        self._over = asyncio.Event()

    @classmethod
    def of(cls, client: AmiClient, start: AsyncAgiStart) -> AgiChannel:
        """The session that this event began."""
        return cls(client, start.channel, start.uniqueid)

    @property
    def id(self) -> str:
        """The call's id: Asterisk's Uniqueid of the channel."""
        return self._id

    async def command(self, line: str, *, seconds: float) -> AgiResult:
        """Run one AGI command and wait for its end, at most ``seconds``.

        ``result=-1`` is returned only if the channel and the session outlive it: then the application failed.

        Raises:
            HungUp: the channel went away, or the session was ended by a redirect.
            CallFailed: no answer in time, Asterisk refused the command, or the line was lost.
            ValueError: the command has a line break or a NUL, or is too long for AMI (1,024 bytes).
        """
        self._guard()
        loop = asyncio.get_running_loop()
        self._count += 1
        command_id = f"{self._epoch}-{self._count}"
        end: asyncio.Future[str | Exception] = loop.create_future()
        self._waiting[command_id] = end
        timer = loop.call_later(seconds, _settle, end, CallFailed(f"no end of an AGI command after {seconds} s"))
        try:
            await self._ask("AGI", min(seconds, _REPLY_SECONDS), Command=line, CommandID=command_id)
            outcome = await end
        finally:
            timer.cancel()
            del self._waiting[command_id]
        if isinstance(outcome, Exception):
            raise outcome
        result = parsed(outcome)
        if result.result < 0:
            await self._outlived(result)
        return result

    async def send_to(self, context: str, exten: str) -> None:
        """Leave this session and continue in the dialplan at ``context,exten,1``.

        Raises:
            HungUp: the channel is gone.
            CallFailed: Asterisk refused, did not answer, or the line was lost.
            ValueError: a name that the dialplan does not have for sure.
        """
        if not (_NAME.fullmatch(context) and _NAME.fullmatch(exten)):
            raise ValueError("not the name of a place in the dialplan")
        self._guard()
        await self._ask("Redirect", _REPLY_SECONDS, Context=context, Exten=exten, Priority=1)
        self.session_ended()

    async def hang_up(self, cause: int) -> None:
        """End the call with a Q.850 cause; no error if it is gone already.

        Raises:
            CallFailed: Asterisk did not answer, or the line was lost: the call may live.
        """
        if self.state is SessionState.GONE:
            return
        try:
            await self._ask("Hangup", _REPLY_SECONDS, Cause=cause)
        except HungUp:
            return

    def exec_done(self, event: AsyncAgiExec) -> None:
        """A command ended; if it is none of ours it is counted and forgotten."""
        end = self._waiting.get(event.command_id)
        if end is None:
            self.strays += 1
            log.debug("agi_stray_end", call=self._id)
            return
        _settle(end, event.result)

    def session_ended(self) -> None:
        """The channel left AGI: what is waited for will not come."""
        self._end(SessionState.ENDED, HungUp("the session was ended"))

    def gone(self, cause: int) -> None:
        """The channel is hung up, with a Q.850 cause."""
        self._end(SessionState.GONE, HungUp(f"hung up, cause {cause}"))
        self.state = SessionState.GONE  # also when the session had ended before
        self.cause = cause

    def line_lost(self) -> None:
        """The line to Asterisk is lost: the end of a command cannot be seen any more."""
        self._end(SessionState.LOST, CallFailed("the line to Asterisk was lost"))

    def _end(self, state: SessionState, why: Exception) -> None:
        if self.state is not SessionState.LIVE:
            return
        self.state = state
        self._over.set()
        for end in self._waiting.values():
            _settle(end, why)

    def _guard(self) -> None:
        if self.state is SessionState.LOST:
            raise CallFailed("the line to Asterisk was lost")
        if self.state is not SessionState.LIVE:
            raise HungUp(f"the session is {self.state}")

    async def _ask(self, name: str, seconds: float, **fields: str | int) -> None:
        try:
            await self._client.action(name, seconds=seconds, Channel=self.channel, **fields)
        except AmiRefused as refusal:
            if _NO_CHANNEL.search(refusal.reply.message):
                raise HungUp("no such channel") from None
            raise CallFailed(str(refusal)) from refusal
        except AmiError as trouble:
            raise CallFailed(f"{name}: {trouble}") from trouble

    async def _outlived(self, result: AgiResult) -> None:
        if result.data != "hangup":
            try:
                async with asyncio.timeout(_GRACE_SECONDS):
                    await self._over.wait()
            except TimeoutError:
                return
        self._guard()
        raise HungUp("hung up during a command")


def parsed(answer: str) -> AgiResult:
    """The answer to an AGI command.

    The last line counts: Asterisk cuts answers at 1,024 bytes and puts the rest before the next one. A result that is
    no number (digits with ``*``) stands in ``data``, with 0 in its place.

    Raises:
        HungUp: the channel was dead when the command ran.
        CallFailed: Asterisk does not know the command (510) or its arguments (520), or the answer is none.
    """
    lines = [line for line in answer.split("\n") if line.strip()]
    last = lines[-1] if lines else ""
    match = _ANSWER.fullmatch(last)
    if match is not None and int(match[1]) == _SUCCESS:
        number = re.fullmatch(r"-?[0-9]{1,18}", match[2])
        data = match[3] or ""
        return AgiResult(
            code=_SUCCESS,
            result=int(match[2]) if number else 0,
            data=data if number or not match[2] else match[2],
            endpos=int(match[4] or 0),
        )
    status = _STATUS.match(last)
    if last.strip() == "HANGUP" or (status is not None and int(status[1]) == _DEAD):
        raise HungUp("the channel was dead")
    raise CallFailed(f"AGI: {status[1]}" if status else "AGI: no answer in it")


def _settle(end: asyncio.Future[str | Exception], outcome: str | Exception) -> None:
    # Exceptions are results here: one set on a future whose waiter was cancelled would be logged as never retrieved.
    if not end.done():
        end.set_result(outcome)
