"""The door where an AMI message becomes an event or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from ivr.ami import fields
from ivr.ami.events import (
    UNREADABLE,
    AgentComplete,
    AgentConnect,
    AsyncAgiEnd,
    AsyncAgiExec,
    AsyncAgiStart,
    ChannelSnapshot,
    DialEnd,
    Event,
    FullyBooted,
    Hangup,
    QueueCallerAbandon,
    QueueCallerJoin,
    QueueCallerLeave,
    UserEvent,
)
from ivr.ami.fields import Headers, Malformed


def parse(headers: Headers) -> Event | None:
    """The event that a message is, or None: of a kind we do not use, or not as Asterisk writes it.

    ``headers`` are as panoramisk reads them: in the order of the message, names as written, ``Result`` unquoted.
    """
    name = headers.get("Event")
    read = _READERS.get(name) if isinstance(name, str) else None
    if read is None:
        return None
    try:
        if read is not _fully_booted and (read is not _dial_end or "Channel" in headers):
            fields.described(headers)
        return read(headers)
    except Malformed:
        return None


def snapshot(headers: Headers) -> ChannelSnapshot | None:
    """The channel that an item of ``CoreShowChannels`` describes, or None if it is malformed."""
    try:
        fields.described(headers)
        return ChannelSnapshot(
            uniqueid=fields.unique_id(headers),
            linkedid=fields.unique_id(headers, "Linkedid"),
            channel=fields.channel_name(headers),
            state=fields.whole(headers, "ChannelState"),
            context=fields.text(headers, "Context", 80),
            exten=fields.text(headers, "Exten", 80),
            application=fields.text(headers, "Application", 80),
            application_data=fields.claim(headers.get("ApplicationData")),
            number=fields.claim(headers.get("CallerIDNum")),
            bridge_id=fields.text(headers, "BridgeId", 80),
            seconds=fields.seconds(headers, "Duration"),
            variables=fields.variables(headers),
        )
    except Malformed:
        return None


def _fully_booted(_: Headers) -> Event:
    return FullyBooted()


def _agi_start(headers: Headers) -> Event:
    environment = _environment(headers)
    number, name, presentation, dnid = "", "", UNREADABLE, ""
    if environment is not None:
        presentation = fields.whole(environment, "agi_callingpres")
        number = _claimed(headers, "CallerIDNum", environment, "agi_callerid")
        name = _claimed(headers, "CallerIDName", environment, "agi_calleridname")
        dnid = fields.claim(environment.get("agi_dnid"))
    return AsyncAgiStart(
        channel=fields.channel_name(headers),
        uniqueid=fields.unique_id(headers),
        linkedid=fields.unique_id(headers, "Linkedid"),
        context=fields.text(headers, "Context", 80),
        exten=fields.text(headers, "Exten", 80),
        number=number,
        name=name,
        presentation=presentation,
        dnid="" if dnid == "unknown" else dnid,
        variables=fields.variables(headers),
    )


def _claimed(headers: Headers, header: str, environment: Mapping[str, str], name: str) -> str:
    # The environment writes "unknown" for a number that is not set, and for one that says so; the header tells.
    return fields.claim(environment.get(name)) if fields.claim(headers.get(header)) else ""


def _environment(headers: Headers) -> dict[str, str] | None:
    """What AGI tells a script at its start; None if a value of the caller's broke out of its line."""
    env = headers.get("Env")
    if not isinstance(env, str):
        raise Malformed("Env")
    found: dict[str, str] = {}
    for line in unquote(env).rstrip("\n").split("\n"):
        name, colon, value = line.partition(": ")
        if not colon or not name.startswith("agi_") or name in found:
            return None
        found[name] = value
    if found.get("agi_uniqueid") != headers.get("Uniqueid") or "agi_callingpres" not in found:
        raise Malformed("Env")
    return found


def _agi_exec(headers: Headers) -> Event:
    result = headers.get("Result")
    if not isinstance(result, str):
        raise Malformed("Result")
    return AsyncAgiExec(fields.unique_id(headers), fields.text(headers, "CommandId"), result)


def _agi_end(headers: Headers) -> Event:
    return AsyncAgiEnd(fields.unique_id(headers), fields.channel_name(headers))


def _hangup(headers: Headers) -> Event:
    return Hangup(
        fields.unique_id(headers),
        fields.unique_id(headers, "Linkedid"),
        fields.channel_name(headers),
        fields.whole(headers, "Cause"),
    )


def _join(headers: Headers) -> Event:
    return QueueCallerJoin(*_place(headers), fields.whole(headers, "Count"))


def _leave(headers: Headers) -> Event:
    return QueueCallerLeave(*_place(headers), fields.whole(headers, "Count"))


def _abandon(headers: Headers) -> Event:
    return QueueCallerAbandon(
        *_place(headers), fields.whole(headers, "OriginalPosition"), fields.whole(headers, "HoldTime")
    )


def _place(headers: Headers) -> tuple[str, str, int]:
    return fields.unique_id(headers), fields.text(headers, "Queue", 80), fields.whole(headers, "Position")


def _connect(headers: Headers) -> Event:
    return AgentConnect(*_served(headers), ring_seconds=fields.whole(headers, "RingTime"))


def _complete(headers: Headers) -> Event:
    return AgentComplete(
        *_served(headers), talk_seconds=fields.whole(headers, "TalkTime"), reason=fields.text(headers, "Reason", 20)
    )


def _served(headers: Headers) -> tuple[str, str, str, str, str, int]:
    return (
        fields.unique_id(headers),
        fields.text(headers, "Queue", 80),
        fields.channel_name(headers, "Interface"),
        fields.text(headers, "MemberName", 80),
        fields.unique_id(headers, "DestUniqueid"),
        fields.whole(headers, "HoldTime"),
    )


def _dial_end(headers: Headers) -> Event:
    return DialEnd(
        fields.unique_id(headers) if "Channel" in headers else "",
        fields.channel_name(headers, "DestChannel"),
        fields.unique_id(headers, "DestUniqueid"),
        fields.text(headers, "DialStatus", 20),
    )


def _user_event(headers: Headers) -> Event:
    names = list(headers)
    own = names[names.index("UserEvent") + 1 :] if "UserEvent" in names else []
    return UserEvent(
        fields.text(headers, "UserEvent", 80),
        fields.unique_id(headers),
        {name: fields.text(headers, name, 1024) for name in own if name != "content"},
    )


_READERS: Final[Mapping[str, Callable[[Headers], Event]]] = {
    "FullyBooted": _fully_booted,
    "AsyncAGIStart": _agi_start,
    "AsyncAGIExec": _agi_exec,
    "AsyncAGIEnd": _agi_end,
    "Hangup": _hangup,
    "QueueCallerJoin": _join,
    "QueueCallerLeave": _leave,
    "QueueCallerAbandon": _abandon,
    "AgentConnect": _connect,
    "AgentComplete": _complete,
    "DialEnd": _dial_end,
    "UserEvent": _user_event,
}

#: The events that ``parse`` knows, by Asterisk's names.
KNOWN: Final = frozenset(_READERS)
