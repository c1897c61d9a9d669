"""Strict reading of AMI headers: what does not look exactly as Asterisk writes it is not taken.

Asterisk does not escape a caller's number or name, so a CR LF in it starts a header, or a whole message, of the
caller's making. What defends: the headers that describe a channel must stand complete and in Asterisk's order, a
repeated header is no text (panoramisk makes a list of it), and every value has its pattern. Asterisk keeps 79 bytes of
a number or name that came over SIP; a whole forged description of a channel does not fit into that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: Header → value; a header that came more than once has a list.
Headers = Mapping[str, str | list[str]]

#: How Asterisk 22 describes a channel in every event that concerns one.
DESCRIPTION: Final = (
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
)
_UNSET: Final = "<unknown>"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNIQUE_ID: Final = re.compile(r"[A-Za-z0-9-]{0,40}[0-9]{1,12}\.[0-9]{1,12}")
_CHANNEL: Final = re.compile(r"[A-Za-z0-9_.@:+*#;/-]{1,200}(?:<(?:ZOMBIE|MASQ)>)?")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_DURATION: Final = re.compile(r"([0-9]{2,5}):([0-5][0-9]):([0-5][0-9])")
_VARIABLE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_(),]{0,79})=(.*)")


class Malformed(ValueError):  # noqa: N818 - says what it is, as HungUp does
    """A header is missing, repeated, or not of its pattern."""


def described(headers: Headers) -> None:
    """Refuse a message whose description of a channel is incomplete, or has a header in between or twice.

    Raises:
        Malformed: it is not as Asterisk writes it.
    """
    names = tuple(headers)
    try:
        start = names.index(DESCRIPTION[0])
    except ValueError:
        raise Malformed("no channel") from None
    if names[start : start + len(DESCRIPTION)] != DESCRIPTION or any(isinstance(headers[n], list) for n in DESCRIPTION):
        raise Malformed("channel not described as Asterisk does")


def text(headers: Headers, name: str, limit: int = 255) -> str:
    """A value without control characters, at most ``limit`` characters."""
    value = headers.get(name)
    if not isinstance(value, str) or len(value) > limit or _CONTROL.search(value):
        raise Malformed(name)
    return value


def whole(headers: Headers, name: str) -> int:
    """A number of at most nine digits."""
    return int(_matched(_NUMBER, headers, name))


def unique_id(headers: Headers, name: str = "Uniqueid") -> str:
    """The id of a channel, with the node's name before it where one is set."""
    return _matched(_UNIQUE_ID, headers, name)


def channel_name(headers: Headers, name: str = "Channel") -> str:
    """The name of a channel, ``PJSIP/carrier-00000001``."""
    return _matched(_CHANNEL, headers, name)


def seconds(headers: Headers, name: str) -> int:
    """A duration, ``HH:MM:SS``, in seconds."""
    match = _DURATION.fullmatch(text(headers, name))
    if match is None:
        raise Malformed(name)
    hours, minutes, rest = (int(part) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def variables(headers: Headers) -> dict[str, str]:
    """The channel variables that ``channelvars`` in manager.conf adds to every event."""
    value = headers.get("ChanVariable", [])
    found: dict[str, str] = {}
    for item in [value] if isinstance(value, str) else value:
        match = _VARIABLE.fullmatch(item)
        if match is None or match[1] in found or _CONTROL.search(item):
            raise Malformed("ChanVariable")
        found[match[1]] = match[2]
    return found


def claim(value: str | list[str] | None) -> str:
    """What somebody outside said of themselves: control characters become U+FFFD; empty when unset."""
    if not isinstance(value, str) or value == _UNSET:
        return ""
    return _CONTROL.sub("\ufffd", value[:160])


def _matched(pattern: re.Pattern[str], headers: Headers, name: str) -> str:
    value = headers.get(name)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise Malformed(name)
    return value
