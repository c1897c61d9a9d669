"""Actions and replies of AMI, pure: what may be sent, what came back, and how it can fail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.ami.fields import Headers

#: What a header of an action may be given as; a sequence is the header once for each value.
Value = str | int | Sequence[str]

#: Asterisk drops a longer line without a word; with its CR LF.
LINE_BYTES: Final = 1024
#: Asterisk ignores the headers of an action after these.
HEADERS: Final = 128
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_BREAKS: Final = re.compile(r"[\r\n\0]")
_SUCCESS: Final = frozenset({"Success", "Follows", "Goodbye"})


class AmiError(Exception):
    """An action did not succeed."""


class AmiLost(AmiError):  # noqa: N818 - says what happened, as HungUp does
    """There is no line, or it was lost before the reply: whether the action was done is not known.

    Nothing is sent again by itself.
    """


class AmiTimeout(AmiError):  # noqa: N818 - says what happened, as HungUp does
    """No reply in time although the line is up; whether the action was done is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer to an action. A header that came more than once is joined by line breaks."""

    success: bool
    message: str
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields[name]


class AmiRefused(AmiError):  # noqa: N818 - says what happened, as HungUp does
    """Asterisk answered ``Response: Error``; ``reply`` says why."""

    def __init__(self, action: str, reply: Reply) -> None:
        super().__init__(f"{action}: {reply.message}")
        self.reply = reply


def checked(name: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """The headers of an action, if they can be sent as they are.

    Raises:
        ValueError: a CR, LF or NUL in a name or value, a line over 1,024 bytes, or more than 128 headers.
    """
    headers: dict[str, Value] = {"Action": name, **fields}
    count = 1  # the ActionID
    for header, value in headers.items():
        if not _NAME.fullmatch(header):
            raise ValueError(f"not the name of a header: {header[:40]!r}")
        values = [str(value)] if isinstance(value, str | int) else value
        count += len(values)
        for item in values:
            if _BREAKS.search(item):
                raise ValueError(f"{header} has a line break or a NUL")
            if len(header) + len(item.encode()) + len(": \r\n") > LINE_BYTES:
                raise ValueError(f"{header} is too long for a line of AMI ({LINE_BYTES} bytes)")
    if count > HEADERS:
        raise ValueError(f"{count} headers; AMI takes {HEADERS}")
    return headers


def reply(headers: Headers) -> Reply:
    """The reply that a message with ``Response`` is."""
    joined = {name: value if isinstance(value, str) else "\n".join(value) for name, value in headers.items()}
    return Reply(joined.get("Response") in _SUCCESS, joined.get("Message", ""), joined)
