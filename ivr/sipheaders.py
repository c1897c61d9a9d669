"""Pure: reads From, P-Asserted-Identity and Privacy as carriers really write them (RFC 3261, 3325, 3323, 3966).

Nothing here raises: what cannot be read is handed on as it stands, and ``ivr.callerid`` calls it no number.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from ivr.model import CallerId

#: RFC 3323: the host of a URI that is meant to say nothing.
_ANONYMOUS_HOST = "anonymous.invalid"
_ANONYMOUS = "anonymous"
#: 3GPP TS 23.003, the unavailable user identity: the network does not know who calls.
_UNKNOWN_HOST = "unknown.invalid"
_UNAVAILABLE = "unavailable@unknown.invalid"
#: Of a header value no more is looked at; the dialplan hands on no more (``HOTLINE_CLAIM``).
_LONGEST_BYTES = 500
#: All that may stand around a value; other white space is no part of a header and stays, to be refused.
_BLANK = " \t"
_SIP_SCHEMES = ("sip:", "sips:")


@dataclass(frozen=True, slots=True)
class Address:
    """One name-addr or addr-spec: the display name, unquoted, and the URI without its brackets."""

    name: str
    uri: str


def from_sip(from_header: str, privacy: str = "", pai: str = "", presentation: int = 0, trunk: str = "") -> CallerId:
    """What the header values of an INVITE claim about the caller.

    A P-Asserted-Identity gives the number (RFC 3325), but does not lift what From or Privacy ask for: a caller whose
    From hides them keeps that as a name. Give ``pai`` and ``privacy`` of trusted trunks alone (``trust_id_inbound``).
    """
    sender = addresses(_cut(from_header))[0]
    number, name = number_of(sender.uri), sender.name
    asserted = [identity for identity in (number_of(address.uri) for address in addresses(_cut(pai))) if identity]
    if asserted:
        if number.lower() == _ANONYMOUS or not (name or _has_digit(number)):
            name = number
        number = next((one for one in asserted if _has_digit(one)), asserted[0])
    return CallerId(number=number, name=name, presentation=presentation, privacy=privacy, trunk=trunk)


def addresses(header: str) -> list[Address]:
    """The addresses of a header value, at least one (it may be empty); P-Asserted-Identity may have two."""
    found: list[Address] = []
    rest = header.strip(_BLANK)
    while rest or not found:
        address, rest = _address(rest)
        found.append(address)
        rest = rest.partition(",")[2].strip(_BLANK)
    return found


def number_of(uri: str) -> str:
    """The telephone number, or user name, of a ``tel:``, ``sip:`` or ``sips:`` URI; other text as it stands.

    A local number takes the country or area of its ``phone-context`` (RFC 3966, 5.1.5). A URI of the anonymous host
    gives "anonymous" whatever its user part says, one of the unknown host "unavailable@unknown.invalid".
    """
    scheme = uri.partition(":")[0].lower() + ":"
    if scheme in _SIP_SCHEMES:
        user, at, host = uri[len(scheme) :].rpartition("@")
        if _host(host) == _ANONYMOUS_HOST:
            return _ANONYMOUS
        if _host(host) == _UNKNOWN_HOST:
            return _UNAVAILABLE
        return _in_context(user.partition(":")[0]) if at else ""
    if scheme == "tel:":
        return _in_context(uri[len(scheme) :])
    return uri


def asks_for_privacy(header: str) -> bool:
    """Whether a Privacy header value (RFC 3323, 3325) asks that the caller stay unknown; ``none`` does not."""
    wishes = {wish.strip().lower() for wish in header.replace(",", ";").split(";")} - {""}
    # "critical" strengthens another wish; beside "none" it strengthens that.
    return wishes == {"critical"} or not wishes <= {"none", "critical"}


def _address(text: str) -> tuple[Address, str]:
    """The first address of a text, and what stands after it."""
    name = ""
    if text.startswith('"'):
        name, text = _quoted(text)
    before, bracket, after = text.partition("<")
    if bracket:
        uri, _, rest = after.partition(">")
        return Address(name or before.strip(), uri.strip(_BLANK)), rest
    uri, comma, rest = text.partition(",")
    return Address(name, uri.strip(_BLANK).removesuffix(">").rstrip(_BLANK)), comma + rest


def _quoted(text: str) -> tuple[str, str]:
    """A quoted string at the start of a text, unescaped, and what stands after it (RFC 3261, 25.1)."""
    name: list[str] = []
    characters = iter(enumerate(text[1:], start=2))
    for after, character in characters:
        if character == '"':
            return "".join(name), text[after:].lstrip()
        # A backslash that ends the text escapes nothing.
        name.append(next(characters, (0, ""))[1] if character == "\\" else character)
    # The closing quote is missing: what looks like an address still is one.
    name_part, bracket, uri = "".join(name).rpartition("<")
    return (name_part.strip(), bracket + uri) if bracket else ("", text)


def _cut(header: str) -> str:
    return header.encode(errors="replace")[:_LONGEST_BYTES].decode(errors="replace")


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _host(text: str) -> str:
    return text.partition(";")[0].partition("?")[0].partition(":")[0].strip().lower()


def _in_context(subscriber: str) -> str:
    number, *parameters = subscriber.split(";")
    number = unquote(number.strip(_BLANK))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        context = unquote(value.strip(_BLANK))
        # A domain name as context names whose numbering plan it is, not where in the world.
        if key.strip().lower() == "phone-context" and context.startswith("+") and not number.startswith("+"):
            return context + number
    return number
