"""What Asterisk reports, as frozen records. ``ivr.ami.parsing`` makes them; nothing else of AMI goes further.

Durations are seconds, positions count from 1. Every ``uniqueid`` is that of the caller's channel unless
the field says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Q.931: number not available; what is said of a caller whose claims cannot be read apart.
UNREADABLE: Final = 0x43


@dataclass(frozen=True, slots=True)
class Connected:
    """The line is up: logged in, Asterisk fully booted. Nothing is known of what happened before."""

    session: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The line of this session is lost; no event of it follows."""

    session: int


@dataclass(frozen=True, slots=True)
class FullyBooted:
    """Asterisk has loaded everything. The client turns it into ``Connected``."""


@dataclass(frozen=True, slots=True)
class AsyncAgiStart:
    """A channel entered ``AGI(agi:async)`` and waits for commands.

    ``number``, ``name`` and ``presentation`` are the caller's claims: characters that control a terminal or a
    protocol are U+FFFD in them; if they were written to forge headers they are empty and ``UNREADABLE``.
    """

    channel: str
    uniqueid: str
    linkedid: str
    context: str
    exten: str
    number: str
    name: str
    presentation: int
    dnid: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AsyncAgiExec:
    """An AGI command ended; ``result`` is the protocol's answer, ``200 result=0``."""

    uniqueid: str
    command_id: str
    result: str


@dataclass(frozen=True, slots=True)
class AsyncAgiEnd:
    """The AGI session of a channel ended; the channel may live on."""

    uniqueid: str
    channel: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """A channel is gone, with its Q.850 cause."""

    uniqueid: str
    linkedid: str
    channel: str
    cause: int


@dataclass(frozen=True, slots=True)
class QueueCallerJoin:
    """A caller began to wait."""

    uniqueid: str
    queue: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class QueueCallerLeave:
    """A caller no longer waits: answered, given up, or led away."""

    uniqueid: str
    queue: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class QueueCallerAbandon:
    """A caller left unanswered, which a redirect also is: only ``Hangup`` means that they are gone."""

    uniqueid: str
    queue: str
    position: int
    original_position: int
    hold_seconds: int


@dataclass(frozen=True, slots=True)
class AgentConnect:
    """A person speaks with the caller; ``member_uniqueid`` is the seat's channel."""

    uniqueid: str
    queue: str
    interface: str
    member: str
    member_uniqueid: str
    hold_seconds: int
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class AgentComplete:
    """That conversation ended; ``reason`` says who ended it: ``caller``, ``agent`` or ``transfer``."""

    uniqueid: str
    queue: str
    interface: str
    member: str
    member_uniqueid: str
    hold_seconds: int
    talk_seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class DialEnd:
    """Dialling a leg came to an end, with ``status`` ``ANSWER``, ``BUSY``, ``NOANSWER``, ``CANCEL`` and the like.

    ``uniqueid`` is the channel that dialled, empty for a leg that nobody but ourselves originated.
    """

    uniqueid: str
    dialled: str
    dialled_uniqueid: str
    status: str


@dataclass(frozen=True, slots=True)
class UserEvent:
    """The dialplan says something; ``fields`` are its own headers."""

    name: str
    uniqueid: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChannelSnapshot:
    """One channel as ``CoreShowChannels`` lists it; ``bridge_id`` is empty when it speaks with nobody."""

    uniqueid: str
    linkedid: str
    channel: str
    state: int
    context: str
    exten: str
    application: str
    application_data: str
    number: str
    bridge_id: str
    seconds: int
    variables: Mapping[str, str]


Event = (
    Connected
    | Disconnected
    | FullyBooted
    | AsyncAgiStart
    | AsyncAgiExec
    | AsyncAgiEnd
    | Hangup
    | QueueCallerJoin
    | QueueCallerLeave
    | QueueCallerAbandon
    | AgentConnect
    | AgentComplete
    | DialEnd
    | UserEvent
)
