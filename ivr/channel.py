"""What a call needs from the network, and how it learns that the other side is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class HungUp(Exception):  # noqa: N818 - a hangup is control flow, not an error
    """The citizen hung up, or the channel was taken away; raised from any await of a script."""


class CallFailed(Exception):  # noqa: N818 - says what happened, as HungUp does
    """Asterisk did not do what was asked within its time although the channel is alive; the message says what."""


@dataclass(frozen=True, slots=True)
class AgiResult:
    """The answer to one AGI command.

    ``code`` is the protocol status (200 is success), ``result`` the number after ``result=`` (-1 is a hangup or an
    error of the application), ``data`` what stands in parentheses, ``endpos`` the position in samples where given.
    """

    code: int
    result: int
    data: str = ""
    endpos: int = 0


class Channel(Protocol):
    """The citizen's channel while a script speaks with it (one AsyncAGI session).

    Two exist: ``ivr.ami.channel.AgiChannel`` and the scripted fake of the tests.
    """

    @property
    def id(self) -> str:
        """The call's id: stable over transfers and sessions."""

    async def command(self, line: str, *, seconds: float) -> AgiResult:
        """Run one AGI command and wait for its end, at most ``seconds``.

        Raises:
            HungUp: the channel went away, or the session was ended by a redirect.
            CallFailed: no answer in time, or Asterisk refused the command.
            ValueError: the command has a line break or a NUL, or is too long for AMI (1,024 bytes).
        """

    async def send_to(self, context: str, exten: str) -> None:
        """Leave this session and continue in the dialplan at ``context,exten,1``.

        Raises:
            HungUp: the channel is gone.
            CallFailed: Asterisk refused.
        """

    async def hang_up(self, cause: int) -> None:
        """End the call with a Q.850 cause; no error if it is gone already."""
